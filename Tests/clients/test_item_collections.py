"""Item collections of tables with local indexes: their limit of 10 GB and what writes tell of their size.

Sources: docs, "Local secondary indexes", item collections, and "TransactWriteItems", cancellation reasons; the
conformance suite's itemCollectionMetrics (two regions). Ten gigabytes are not written here: the server finds the size
of a collection as it keeps it, in the file of its region, and that is changed while it is down.
"""

import contextlib
import os
import sqlite3

import pytest

from dataplane import N, S, shape
from serving import client, make_table, running
from support import expect_error

pytestmark = pytest.mark.skipif(bool(os.environ.get("DYAD_ENDPOINT")), reason="a foreign endpoint is tested")

GIGABYTE = 1 << 30
LIMIT = 10 * GIGABYTE
MESSAGE = "Collection size exceeded"
TABLE = shape({"pk": "S", "sk": "N"}, lsi={"by-l": ({"pk": "S", "l": "S"}, "ALL")})


def item(pk, sk, size=1):
    return {"pk": S(pk), "sk": N(sk), "l": S("l"), "v": S("v" * size)}


def set_size(folder, size):
    """Gives the one collection that is kept another size; `None` makes the file one of a time before sizes."""
    (file,) = folder.rglob("*.sqlite")
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        if size is None:
            connection.executescript(
                "DROP TABLE collections; DROP TABLE documents; ALTER TABLE tokens DROP COLUMN sizes; PRAGMA user_version=2"
            )
        else:
            assert connection.execute("UPDATE collections SET bytes = ?", (size,)).rowcount == 1


@pytest.fixture
def at_size(tmp_path):
    """A client of a server whose table `tlog` has one collection, "full", of a size."""

    @contextlib.contextmanager
    def start(size):
        options = ("--port", "0", "--data", str(tmp_path))
        with running(*options) as server:
            dynamodb = client(server)
            make_table(dynamodb, "tlog", **TABLE)
            dynamodb.put_item(TableName="tlog", Item=item("full", 1, 100))
        set_size(tmp_path, size)
        with running(*options) as server:
            yield client(server)

    return start


def test_a_full_collection_takes_no_more(at_size):
    with at_size(LIMIT) as dynamodb:
        with pytest.raises(dynamodb.exceptions.ItemCollectionSizeLimitExceededException) as caught:
            dynamodb.put_item(TableName="tlog", Item=item("full", 2))
        assert caught.value.response["Error"]["Message"] == MESSAGE
        key = {"pk": S("full"), "sk": N(1)}
        with expect_error("ItemCollectionSizeLimitExceededException", MESSAGE):
            dynamodb.update_item(
                TableName="tlog",
                Key=key,
                UpdateExpression="SET w = :w",
                ExpressionAttributeValues={":w": S("more")},
            )
        with expect_error("ItemCollectionSizeLimitExceededException", MESSAGE):
            requests = [{"PutRequest": {"Item": item(pk, 2)}} for pk in ("other", "full")]
            dynamodb.batch_write_item(RequestItems={"tlog": requests})
        members = [{"Put": {"TableName": "tlog", "Item": item(pk, 2)}} for pk in ("other", "full")]
        with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as caught:
            dynamodb.transact_write_items(TransactItems=members)
        assert caught.value.response["CancellationReasons"] == [
            {"Code": "None"},
            {"Code": "ItemCollectionSizeLimitExceeded", "Message": MESSAGE},
        ]
        assert dynamodb.scan(TableName="tlog", Select="COUNT")["Count"] == 1
        dynamodb.put_item(TableName="tlog", Item=item("other", 2))
        assert dynamodb.get_item(TableName="tlog", Key=key)["Item"] == item("full", 1, 100)


def test_a_full_collection_shrinks_and_takes_as_much_again(at_size):
    with at_size(LIMIT) as dynamodb:
        dynamodb.put_item(TableName="tlog", Item=item("full", 1, 50))
        dynamodb.put_item(TableName="tlog", Item=item("full", 1, 100))
        with expect_error("ItemCollectionSizeLimitExceededException", MESSAGE):
            dynamodb.put_item(TableName="tlog", Item=item("full", 1, 101))
        dynamodb.delete_item(TableName="tlog", Key={"pk": S("full"), "sk": N(1)})
        dynamodb.put_item(TableName="tlog", Item=item("full", 2, 100))


@pytest.mark.parametrize(
    "size, bounds", [(GIGABYTE - 1000, [0, 1]), (GIGABYTE, [1, 2]), (19 * GIGABYTE // 2, [9, 10]), (LIMIT, [10, 11])]
)
def test_a_size_is_told_in_whole_gigabytes(at_size, size, bounds):
    with at_size(size) as dynamodb:
        key = {"pk": S("full"), "sk": N(1)}
        asked = {"TableName": "tlog", "ReturnItemCollectionMetrics": "SIZE"}
        update = dict(UpdateExpression="SET l = :l", ExpressionAttributeValues={":l": S("m")})
        answers = [
            dynamodb.put_item(Item=item("full", 1, 100), **asked)["ItemCollectionMetrics"],
            dynamodb.update_item(Key=key, **update, **asked)["ItemCollectionMetrics"],
            dynamodb.delete_item(Key={**key, "sk": N(2)}, **asked)["ItemCollectionMetrics"],
        ]
        del asked["TableName"]
        put = {"Item": item("full", 1, 100)}
        batch = dynamodb.batch_write_item(RequestItems={"tlog": [{"PutRequest": put}]}, **asked)
        transaction = dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": "tlog", **put}}], **asked)
        answers += batch["ItemCollectionMetrics"]["tlog"] + transaction["ItemCollectionMetrics"]["tlog"]
        expected = {"ItemCollectionKey": {"pk": S("full")}, "SizeEstimateRangeGB": bounds}
        assert answers == [expected] * 5


def test_a_folder_from_before_sizes_were_kept_goes_on(at_size):
    with at_size(None) as dynamodb:
        answer = dynamodb.put_item(TableName="tlog", Item=item("full", 2), ReturnItemCollectionMetrics="SIZE")
        assert answer["ItemCollectionMetrics"]["SizeEstimateRangeGB"] == [0, 1]
        assert dynamodb.query(
            TableName="tlog",
            IndexName="by-l",
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": S("full")},
        )["Count"] == 2
