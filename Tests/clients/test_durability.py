"""What a data folder keeps: over restarts, and over kill -9 under load."""

import concurrent.futures
import os
import threading
import time

import botocore.exceptions
import pytest

from serving import Load, client, make_table, running, wait_active
from streamreader import read_all
from support import BEIJING, NINGXIA, Server, eventually, files_of_at_most
from tables import gsi, hash_key, strings

pytestmark = pytest.mark.skipif(bool(os.environ.get("DYAD_ENDPOINT")), reason="a foreign endpoint is tested")


class TestDataFolder:
    def test_everything_survives(self, tmp_path):
        options = ("--port", "0", "--data", str(tmp_path))
        stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        with running(*options) as server:
            for region in (BEIJING, NINGXIA):
                dynamodb = client(server, region)
                make_table(
                    dynamodb,
                    "kept",
                    AttributeDefinitions=strings("pk", "x"),
                    GlobalSecondaryIndexes=[gsi("by-x", hash_key("x"))],
                    StreamSpecification=stream,
                    DeletionProtectionEnabled=True,
                )
                for number in range(10):
                    dynamodb.put_item(TableName="kept", Item={"pk": {"S": str(number)}, "x": {"S": region}})
                dynamodb.delete_item(TableName="kept", Key={"pk": {"S": "0"}})
            before = {region: self.everything(server, region) for region in (BEIJING, NINGXIA)}
        for _ in range(2):
            with running(*options) as server:
                for region in (BEIJING, NINGXIA):
                    assert self.everything(server, region) == before[region]
        with running(*options) as server:
            # Sequence numbers go on growing and are never given twice.
            last = max(int(record["dynamodb"]["SequenceNumber"]) for record in before[BEIJING]["records"])
            client(server).put_item(TableName="kept", Item={"pk": {"S": "new"}})
            records = self.everything(server, BEIJING)["records"]
            (new,) = [record for record in records if record["dynamodb"]["Keys"]["pk"]["S"] == "new"]
            assert int(new["dynamodb"]["SequenceNumber"]) > last

    @staticmethod
    def everything(server, region):
        dynamodb, streams = client(server, region), client(server, region, "dynamodbstreams")
        table = dynamodb.describe_table(TableName="kept")["Table"]
        return {
            "table": table,
            "items": dynamodb.scan(TableName="kept")["Items"],
            "index": dynamodb.scan(TableName="kept", IndexName="by-x")["Items"],
            "records": read_all(streams, table["LatestStreamArn"]),
        }

    def test_a_folder_is_made(self, tmp_path):
        with running("--port", "0", "--data", str(tmp_path / "new")) as server:
            client(server).list_tables()
        assert (tmp_path / "new" / "dyad.json").exists()

    def test_deleted_tables_stay_deleted(self, tmp_path):
        with running("--port", "0", "--data", str(tmp_path)) as server:
            dynamodb = client(server)
            make_table(dynamodb, "gone")
            dynamodb.delete_table(TableName="gone")
            eventually(lambda: dynamodb.list_tables()["TableNames"] == [])
        with running("--port", "0", "--data", str(tmp_path)) as server:
            assert client(server).list_tables()["TableNames"] == []


class TestKilled:
    """kill -9 under write load: nothing that was acknowledged is lost, in the table, its indexes or its stream."""

    ROUNDS = 3
    WORKERS = 4

    def test_rounds(self, tmp_path):
        options = ("--port", "0", "--data", str(tmp_path))
        acknowledged = {}  # (key, number) of every acknowledged write, over all rounds
        for round_number in range(self.ROUNDS):
            server = Server(*options)
            try:
                if round_number == 0:
                    make_table(
                        client(server),
                        "kept",
                        AttributeDefinitions=strings("pk", "x"),
                        GlobalSecondaryIndexes=[gsi("by-x", hash_key("x"))],
                        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
                    )
                load = Load(server, "kept", self.WORKERS, first=round_number * 1_000_000)
                load.start()
                eventually(lambda: load.acknowledged() > 300 * (round_number + 1), timeout=60)
            finally:
                server.kill()
            load.join()
            for worker, done in enumerate(load.done):
                acknowledged.update({(load.key(worker, number), number): True for number in done})
            with running(*options) as again:
                self.assert_consistent(again, load, acknowledged)

    def assert_consistent(self, server, load, acknowledged):
        dynamodb, streams = client(server), client(server, service="dynamodbstreams")
        table = dynamodb.describe_table(TableName="kept")["Table"]
        assert table["TableStatus"] == "ACTIVE"
        assert [index["IndexStatus"] for index in table["GlobalSecondaryIndexes"]] == ["ACTIVE"]
        numbers = load.assert_kept(dynamodb, "kept")

        def rows(**where):
            pages = dynamodb.get_paginator("scan").paginate(TableName="kept", **where)
            return {item["pk"]["S"]: item for page in pages for item in page["Items"]}

        items = rows(ConsistentRead=True)
        assert rows(IndexName="by-x") == items
        for group in range(7):
            query = {
                "TableName": "kept",
                "IndexName": "by-x",
                "KeyConditionExpression": "x = :x",
                "ExpressionAttributeValues": {":x": {"S": f"group{group}"}},
            }
            found = {item["pk"]["S"] for item in dynamodb.query(**query)["Items"]}
            assert found == {key for key, item in items.items() if item["x"]["S"] == f"group{group}"}

        records = read_all(streams, table["LatestStreamArn"])
        order = [int(record["dynamodb"]["SequenceNumber"]) for record in records]
        assert len(set(order)) == len(order)
        assert len({record["eventID"] for record in records}) == len(records)
        history = {}
        for record in records:
            inner = record["dynamodb"]
            history.setdefault(inner["Keys"]["pk"]["S"], []).append(inner)
        recorded = {(key, int(inner["NewImage"]["n"]["N"])) for key, of_key in history.items() for inner in of_key}
        assert not set(acknowledged) - recorded
        for key, of_key in history.items():
            # Each record begins where the one before it ended, and the last one is what the table holds.
            assert "OldImage" not in of_key[0]
            for before, after in zip(of_key, of_key[1:]):
                assert after["OldImage"] == before["NewImage"]
                assert int(after["SequenceNumber"]) > int(before["SequenceNumber"])
            assert of_key[-1]["NewImage"] == items[key]
            assert int(items[key]["n"]["N"]) == numbers[key]
        assert set(history) == set(items)

    def test_while_an_index_is_being_built(self, tmp_path):
        """However far it was: afterwards it is whole, or it was never made."""
        options = ("--port", "0", "--data", str(tmp_path))
        server = Server(*options)
        try:
            dynamodb = client(server)
            make_table(dynamodb, "kept")
            for start in range(0, 2000, 25):
                puts = [
                    {"PutRequest": {"Item": {"pk": {"S": str(number)}, "x": {"S": str(number % 10)}}}}
                    for number in range(start, start + 25)
                ]
                assert dynamodb.batch_write_item(RequestItems={"kept": puts})["UnprocessedItems"] == {}
            dynamodb.update_table(
                TableName="kept",
                AttributeDefinitions=strings("x"),
                GlobalSecondaryIndexUpdates=[{"Create": gsi("by-x", hash_key("x"))}],
            )
        finally:
            server.kill()
        with running(*options) as server:
            dynamodb = client(server)
            wait_active(dynamodb, "kept")
            assert "GlobalSecondaryIndexes" in dynamodb.describe_table(TableName="kept")["Table"]
            pages = dynamodb.get_paginator("scan").paginate(TableName="kept", IndexName="by-x")
            assert sum(len(page["Items"]) for page in pages) == 2000

    def test_while_tables_come_and_go(self, tmp_path):
        """A table is there wholly or not at all, and its name is usable either way."""
        options = ("--port", "0", "--data", str(tmp_path))
        for _ in range(3):
            server = Server(*options)
            stop = threading.Event()

            def churn(worker):
                dynamodb = client(server)
                name = f"churn{worker}"
                while not stop.is_set():
                    try:
                        make_table(dynamodb, name)
                        dynamodb.put_item(TableName=name, Item={"pk": {"S": "x"}})
                        dynamodb.delete_table(TableName=name)
                        eventually(lambda: name not in dynamodb.list_tables()["TableNames"])
                    except botocore.exceptions.ClientError as error:
                        assert error.response["Error"]["Code"] in (
                            "ResourceInUseException",
                            "ResourceNotFoundException",
                        )
                    except (botocore.exceptions.BotoCoreError, AssertionError):
                        return

            with concurrent.futures.ThreadPoolExecutor(3) as pool:
                workers = [pool.submit(churn, worker) for worker in range(3)]
                time.sleep(0.5)  # any moment will do
                server.kill()
                stop.set()
                for worker in workers:
                    worker.result(60)
            with running(*options) as server:
                dynamodb = client(server)
                for name in dynamodb.list_tables()["TableNames"]:
                    eventually(lambda: self.settled(dynamodb, name), timeout=20)
                for worker in range(3):
                    name = f"churn{worker}"
                    if name not in dynamodb.list_tables()["TableNames"]:
                        make_table(dynamodb, name)
                    dynamodb.put_item(TableName=name, Item={"pk": {"S": "y"}})
                    dynamodb.delete_table(TableName=name)
                    eventually(lambda: name not in dynamodb.list_tables()["TableNames"], timeout=20)

    @staticmethod
    def settled(dynamodb, name):
        try:
            return dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE"
        except botocore.exceptions.ClientError as error:
            return error.response["Error"]["Code"] == "ResourceNotFoundException"


class TestFullDisk:
    @pytest.mark.parametrize("kind", ["data", "memory"])
    def test_what_does_not_fit_is_refused_and_all_else_stays(self, tmp_path, kind):
        options = ("--data", str(tmp_path)) if kind == "data" else ("--memory",)
        with files_of_at_most(3 << 20):
            server = Server("--port", "0", *options)
        try:
            dynamodb = client(server)
            make_table(dynamodb, "full")
            acknowledged = []
            with pytest.raises(botocore.exceptions.ClientError) as caught:
                for number in range(1000):
                    item = {"pk": {"S": str(number)}, "text": {"S": "x" * 20_000}}
                    dynamodb.put_item(TableName="full", Item=item)
                    acknowledged.append(number)
            assert caught.value.response["Error"]["Code"] == "InternalServerError"
            assert caught.value.response["Error"]["Message"].startswith("Internal server error: ")
            assert 20 < len(acknowledged) < 200
            pages = dynamodb.get_paginator("scan").paginate(TableName="full")
            assert sorted(int(item["pk"]["S"]) for page in pages for item in page["Items"]) == acknowledged
            # What takes no room is still possible, and makes some.
            for number in acknowledged[:20]:
                dynamodb.delete_item(TableName="full", Key={"pk": {"S": str(number)}})
            dynamodb.put_item(TableName="full", Item={"pk": {"S": "last"}})
            assert dynamodb.get_item(TableName="full", Key={"pk": {"S": "last"}})["Item"] == {"pk": {"S": "last"}}
        finally:
            assert server.end() == 0
