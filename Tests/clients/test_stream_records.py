"""GetRecords: what a change leaves in the stream, in which order, and where an iterator stands."""

import base64
import re
import time

import pytest

from streamreader import drain, iterator, read_all, shards
from support import BEIJING, assert_constraints, assert_error, expect_error

VIEWS = ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]


@pytest.fixture
def streamed(make_table, dynamodb):
    """`streamed(view, region=…, **key)`: a new table with a stream: its name and its stream's ARN."""

    def make(view="NEW_AND_OLD_IMAGES", region=BEIJING, **key):
        specification = {"StreamEnabled": True, "StreamViewType": view}
        name = make_table(region, key=key or {"id": "S"}, StreamSpecification=specification)
        return name, dynamodb(region).describe_table(TableName=name)["Table"]["LatestStreamArn"]

    return make


def item(**attributes):
    return {name: {"S": value} for name, value in attributes.items()}


class TestRecord:
    def test_shape_as_sent(self, raw, dynamodb, streams, streamed):
        name, arn = streamed()
        dynamodb.put_item(TableName=name, Item=item(id="Fred"))
        (shard,) = [
            shard for shard in shards(streams, arn) if drain(streams, iterator(streams, arn, shard["ShardId"]))[0]
        ]
        reply = raw("GetRecords", {"ShardIterator": iterator(streams, arn, shard["ShardId"])})
        assert set(reply.json) == {"Records", "NextShardIterator"}
        (record,) = reply.json["Records"]
        inner = record["dynamodb"]
        # localstack snapshot test_batch_write_items_streaming; a time to live alone adds userIdentity.
        assert record == {
            "awsRegion": BEIJING,
            "dynamodb": {
                "ApproximateCreationDateTime": inner["ApproximateCreationDateTime"],
                "Keys": item(id="Fred"),
                "NewImage": item(id="Fred"),
                "SequenceNumber": inner["SequenceNumber"],
                "SizeBytes": 12,
                "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
            "eventID": record["eventID"],
            "eventName": "INSERT",
            "eventSource": "aws:dynamodb",
            "eventVersion": "1.1",
        }
        assert re.fullmatch(r"[0-9a-f]{32}", record["eventID"])
        assert re.fullmatch(r"\d{21,40}", inner["SequenceNumber"])
        # Seconds since the epoch, as a number and not as text; AWS gives whole ones.
        assert isinstance(inner["ApproximateCreationDateTime"], (int, float))
        assert abs(inner["ApproximateCreationDateTime"] - time.time()) < 60

    @pytest.mark.parametrize("view", VIEWS)
    def test_views(self, dynamodb, streams, streamed, view):
        name, arn = streamed(view)
        dynamodb.put_item(TableName=name, Item=item(id="Fred"))
        dynamodb.put_item(TableName=name, Item=item(id="Fred", name="Fred"))
        dynamodb.delete_item(TableName=name, Key=item(id="Fred"))
        records = read_all(streams, arn)
        assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
        small, large = item(id="Fred"), item(id="Fred", name="Fred")
        images = [(None, small), (small, large), (large, None)]
        sizes = {
            "KEYS_ONLY": [6, 6, 6],
            "NEW_IMAGE": [12, 20, 6],
            "OLD_IMAGE": [6, 12, 20],
            "NEW_AND_OLD_IMAGES": [12, 26, 20],
        }
        for record, (old, new), size in zip(records, images, sizes[view]):
            inner = record["dynamodb"]
            assert inner["Keys"] == item(id="Fred")
            assert inner.get("OldImage") == (old if view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES") else None)
            assert inner.get("NewImage") == (new if view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES") else None)
            assert inner["StreamViewType"] == view
            assert inner["SizeBytes"] == size

    def test_sizes_that_aws_gave(self, dynamodb, streams, streamed):
        """localstack's snapshots: keys and images, names and values."""
        name, arn = streamed()
        dynamodb.put_item(TableName=name, Item=item(id="NewKey"))
        dynamodb.put_item(TableName=name, Item=item(id="NewKey", attr1="value1", attr2="value2"))
        dynamodb.delete_item(TableName=name, Key=item(id="NewKey"))
        dynamodb.put_item(TableName=name, Item=item(id="NonExistentKey", attr1="value1"))
        sizes = {}
        for record in read_all(streams, arn):
            sizes.setdefault(record["dynamodb"]["Keys"]["id"]["S"], []).append(record["dynamodb"]["SizeBytes"])
        assert sizes == {"NewKey": [16, 46, 38], "NonExistentKey": [43]}

    def test_keys_only_sizes_that_aws_gave(self, dynamodb, streams, streamed):
        name, arn = streamed("KEYS_ONLY", Username="S")
        for user in ("Fred", "Alice"):
            dynamodb.put_item(TableName=name, Item=item(Username=user))
        assert sorted(record["dynamodb"]["SizeBytes"] for record in read_all(streams, arn)) == [12, 13]

    def test_every_kind_of_value(self, dynamodb, streams, streamed):
        name, arn = streamed()
        everything = {
            "id": {"S": "x"},
            "n": {"N": "-1.5"},
            "b": {"B": b"\x90\x00"},
            "ss": {"SS": ["a", "b"]},
            "ns": {"NS": ["1", "2"]},
            "bs": {"BS": [b"1"]},
            "l": {"L": [{"S": ""}, {"M": {}}]},
            "m": {"M": {"k": {"NULL": True}}},
            "t": {"BOOL": True},
        }
        dynamodb.put_item(TableName=name, Item=everything)
        stored = dynamodb.get_item(TableName=name, Key=item(id="x"))["Item"]
        assert read_all(streams, arn)[0]["dynamodb"]["NewImage"] == stored

    def test_bytes_are_base64_once(self, raw, dynamodb, streams, streamed):
        name, arn = streamed(id="B")
        dynamodb.put_item(TableName=name, Item={"id": {"B": b"\x90"}})
        texts = [
            raw("GetRecords", {"ShardIterator": iterator(streams, arn, s["ShardId"])}).json["Records"]
            for s in shards(streams, arn)
        ]
        (record,) = [record for page in texts for record in page]
        assert record["dynamodb"]["Keys"] == {"id": {"B": base64.b64encode(b"\x90").decode()}}

    def test_the_region_is_the_tables(self, dynamodb, streams, streamed):
        name, arn = streamed(region="us-west-2")
        dynamodb("us-west-2").put_item(TableName=name, Item=item(id="x"))
        (record,) = read_all(streams("us-west-2"), arn)
        assert record["awsRegion"] == "us-west-2"
        assert arn.startswith("arn:aws:dynamodb:us-west-2:")


class TestWhatLeavesARecord:
    def test_a_write_that_changes_nothing_leaves_none(self, dynamodb, streams, streamed):
        name, arn = streamed()
        dynamodb.put_item(TableName=name, Item={**item(id="x", a="1"), "s": {"NS": ["1", "2"]}, "n": {"N": "1"}})
        dynamodb.put_item(TableName=name, Item={**item(id="x", a="1"), "s": {"NS": ["2", "1"]}, "n": {"N": "1.0"}})
        update = {"TableName": name, "Key": item(id="x")}
        dynamodb.update_item(**update, UpdateExpression="SET a = :a", ExpressionAttributeValues={":a": {"S": "1"}})
        dynamodb.update_item(**update, UpdateExpression="REMOVE nothing")
        dynamodb.update_item(**update)
        dynamodb.delete_item(TableName=name, Key=item(id="absent"))
        dynamodb.batch_write_item(RequestItems={name: [{"DeleteRequest": {"Key": item(id="absent")}}]})
        assert [record["eventName"] for record in read_all(streams, arn)] == ["INSERT"]

    def test_a_failed_condition_leaves_none(self, dynamodb, streams, streamed):
        name, arn = streamed()
        with expect_error("ConditionalCheckFailedException", "The conditional request failed"):
            dynamodb.put_item(TableName=name, Item=item(id="x"), ConditionExpression="attribute_exists(id)")
        assert read_all(streams, arn) == []

    def test_updates_insert_and_modify(self, dynamodb, streams, streamed):
        name, arn = streamed()
        for value in ("1", "2"):
            dynamodb.update_item(
                TableName=name,
                Key=item(id="x"),
                UpdateExpression="SET a = :a",
                ExpressionAttributeValues={":a": {"S": value}},
            )
        dynamodb.update_item(TableName=name, Key=item(id="y"))  # a key alone is an item too
        records = read_all(streams, arn)
        by_key = [(record["dynamodb"]["Keys"]["id"]["S"], record["eventName"]) for record in records]
        assert [event for key, event in by_key if key == "x"] == ["INSERT", "MODIFY"]
        assert [event for key, event in by_key if key == "y"] == ["INSERT"]

    def test_batches(self, dynamodb, streams, streamed):
        """localstack snapshot test_batch_write_items_streaming, key by key."""
        name, arn = streamed()
        dynamodb.put_item(TableName=name, Item=item(id="Fred"))
        put = [{"PutRequest": {"Item": item(id="Fred", name="Fred")}}, {"PutRequest": {"Item": item(id="NewKey")}}]
        dynamodb.batch_write_item(RequestItems={name: put})
        dynamodb.batch_write_item(RequestItems={name: [{"DeleteRequest": {"Key": item(id="NewKey")}}]})
        events = {}
        for record in read_all(streams, arn):
            events.setdefault(record["dynamodb"]["Keys"]["id"]["S"], []).append(record["eventName"])
        assert events == {"Fred": ["INSERT", "MODIFY"], "NewKey": ["INSERT", "REMOVE"]}

    def test_nothing_from_before_the_stream(self, dynamodb, streams, make_table, wait_active):
        name = make_table(key={"id": "S"})
        dynamodb.put_item(TableName=name, Item=item(id="before"))
        dynamodb.update_table(
            TableName=name, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        )
        wait_active(name)
        dynamodb.put_item(TableName=name, Item=item(id="after"))
        arn = dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"]
        assert [record["dynamodb"]["Keys"]["id"]["S"] for record in read_all(streams, arn)] == ["after"]


class TestOrder:
    def test_many_changes_of_many_keys(self, dynamodb, streams, streamed):
        name, arn = streamed()
        for number in range(20):
            for key in "abcde":
                dynamodb.put_item(TableName=name, Item={**item(id=key), "n": {"N": str(number)}})
        records = read_all(streams, arn, limit=7)
        assert len(records) == 100
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        assert len(set(numbers)) == 100
        assert len({record["eventID"] for record in records}) == 100
        for key in "abcde":
            of_key = [record["dynamodb"] for record in records if record["dynamodb"]["Keys"] == item(id=key)]
            assert [each["NewImage"]["n"]["N"] for each in of_key] == [str(number) for number in range(20)]
            in_order = [int(each["SequenceNumber"]) for each in of_key]
            assert in_order == sorted(in_order)

    def test_sequence_numbers_grow_within_a_shard_and_lie_in_its_range(self, dynamodb, streams, streamed):
        name, arn = streamed()
        for number in range(30):
            dynamodb.put_item(TableName=name, Item=item(id=str(number)))
        total = 0
        for shard in shards(streams, arn):
            records, _ = drain(streams, iterator(streams, arn, shard["ShardId"]))
            numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in records]
            assert numbers == sorted(set(numbers))
            assert all(number >= int(shard["SequenceNumberRange"]["StartingSequenceNumber"]) for number in numbers)
            total += len(records)
        assert total == 30


class TestIterators:
    @pytest.fixture
    def filled(self, dynamodb, streams, streamed):
        """A shard with five records of one key: the stream's ARN, the shard's id and the records."""
        name, arn = streamed()
        for number in range(5):
            dynamodb.put_item(TableName=name, Item={**item(id="x"), "n": {"N": str(number)}})
        for shard in shards(streams, arn):
            records, _ = drain(streams, iterator(streams, arn, shard["ShardId"]))
            if records:
                return name, arn, shard["ShardId"], records

    def test_at_and_after(self, streams, filled):
        _, arn, shard, records = filled
        third = records[2]["dynamodb"]["SequenceNumber"]
        at = iterator(streams, arn, shard, "AT_SEQUENCE_NUMBER", SequenceNumber=third)
        after = iterator(streams, arn, shard, "AFTER_SEQUENCE_NUMBER", SequenceNumber=third)
        assert drain(streams, at)[0] == records[2:]
        assert drain(streams, after)[0] == records[3:]

    def test_after_the_last(self, streams, filled):
        _, arn, shard, records = filled
        last = records[-1]["dynamodb"]["SequenceNumber"]
        page = streams.get_records(
            ShardIterator=iterator(streams, arn, shard, "AFTER_SEQUENCE_NUMBER", SequenceNumber=last)
        )
        assert page["Records"] == [] and "NextShardIterator" in page

    def test_limit(self, streams, filled):
        _, arn, shard, records = filled
        first = streams.get_records(ShardIterator=iterator(streams, arn, shard), Limit=2)
        assert first["Records"] == records[:2]
        second = streams.get_records(ShardIterator=first["NextShardIterator"], Limit=2)
        assert second["Records"] == records[2:4]

    def test_an_iterator_may_be_used_again(self, streams, filled):
        _, arn, shard, records = filled
        position = iterator(streams, arn, shard)
        assert drain(streams, position)[0] == drain(streams, position)[0] == records

    def test_latest_sees_only_what_comes(self, dynamodb, streams, filled):
        name, arn, shard, _ = filled
        position = iterator(streams, arn, shard, "LATEST")
        page = streams.get_records(ShardIterator=position)
        assert page["Records"] == []
        dynamodb.put_item(TableName=name, Item={**item(id="x"), "n": {"N": "99"}})
        (record,), position = drain(streams, page["NextShardIterator"])
        assert record["dynamodb"]["NewImage"]["n"] == {"N": "99"}
        assert position is not None

    def test_an_open_shard_goes_on(self, dynamodb, streams, filled):
        name, arn, shard, _ = filled
        _, position = drain(streams, iterator(streams, arn, shard))
        for number in range(3):
            dynamodb.delete_item(TableName=name, Key=item(id="x"))
            dynamodb.put_item(TableName=name, Item=item(id="x"))
            records, position = drain(streams, position)
            assert [record["eventName"] for record in records] == ["REMOVE", "INSERT"]

    def test_a_page_ends_at_a_megabyte(self, dynamodb, streams, streamed):
        name, arn = streamed("NEW_IMAGE")
        for number in range(8):
            dynamodb.put_item(TableName=name, Item={**item(id=str(number), filler="x" * 300_000)})
        for shard in shards(streams, arn):
            page = streams.get_records(ShardIterator=iterator(streams, arn, shard["ShardId"]))
            assert sum(record["dynamodb"]["SizeBytes"] for record in page["Records"]) <= 1 << 20
        assert len(read_all(streams, arn)) == 8

    def test_a_page_has_a_thousand_at_most(self, dynamodb, streams, streamed):
        name, arn = streamed("KEYS_ONLY")
        for start in range(0, 1100, 25):
            puts = [{"PutRequest": {"Item": item(id=str(number))}} for number in range(start, start + 25)]
            assert dynamodb.batch_write_item(RequestItems={name: puts})["UnprocessedItems"] == {}
        for shard in shards(streams, arn):
            page = streams.get_records(ShardIterator=iterator(streams, arn, shard["ShardId"]))
            assert len(page["Records"]) <= 1000
        assert len(read_all(streams, arn)) == 1100

    def test_errors(self, raw, streams, filled):
        _, arn, shard, _ = filled
        position = iterator(streams, arn, shard)
        assert_constraints(raw("GetRecords", {}), "Value null at 'shardIterator': Member must not be null")
        assert_constraints(
            raw("GetRecords", {"ShardIterator": position, "Limit": 0}),
            "Value '0' at 'limit': Member must have value greater than or equal to 1",
        )
        assert_error(
            raw("GetRecords", {"ShardIterator": [], "Limit": 1}),
            "SerializationException",
            "Unrecognized collection type class java.lang.String",
        )
        for garbage in ("sdfsdfsgagaddafgagasgasgasdfasdfasdfasdfasdgasdasdgasdg", position[:-5], position + "x"):
            reply = raw("GetRecords", {"ShardIterator": garbage})
            assert reply.status == 400 and reply.type.endswith("#ValidationException"), reply.text
