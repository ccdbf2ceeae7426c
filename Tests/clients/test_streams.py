"""ListStreams, DescribeStream, GetShardIterator: shapes, paging, and what is refused.

The shapes are those of localstack's snapshots, recorded from AWS; Alternator's test_streams.py says which error comes
when. Where only the code is asserted, AWS's words were not seen.
"""

import re
import time

import pytest

from streamreader import iterator, read_all, shards
from support import ACCOUNT, BEIJING, assert_constraints, assert_error, eventually, expect_error
from tables import hash_key, range_key

BOTH = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
SHARD_ID = re.compile(r"shardId-\d{20}-[0-9a-f]{8}")
SEQUENCE_NUMBER = re.compile(r"\d{21,40}")


@pytest.fixture
def stream(make_table, dynamodb):
    """A table with a stream: its name and its stream's ARN."""
    name = make_table(key={"p": "S", "c": "N"}, StreamSpecification=BOTH)
    return name, dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"]


class TestListStreams:
    def test_of_a_table(self, raw, stream):
        name, arn = stream
        answer = raw("ListStreams", {"TableName": name}).json
        assert answer == {"Streams": [{"StreamArn": arn, "TableName": name, "StreamLabel": arn.rsplit("/", 1)[1]}]}

    def test_of_a_table_without_one(self, raw, make_table):
        assert raw("ListStreams", {"TableName": make_table()}).json == {"Streams": []}

    def test_pages(self, raw, streams, make_table):
        names = {make_table(access_key="111122223333", StreamSpecification=BOTH) for _ in range(4)}
        everything = raw("ListStreams", {}, access_key="111122223333").json["Streams"]
        assert names <= {stream["TableName"] for stream in everything}
        listed, body = [], {"Limit": 1}
        while True:
            page = raw("ListStreams", body, access_key="111122223333").json
            assert len(page["Streams"]) <= 1
            listed += page["Streams"]
            if "LastEvaluatedStreamArn" not in page:
                break
            assert page["LastEvaluatedStreamArn"] == page["Streams"][-1]["StreamArn"]
            body["ExclusiveStartStreamArn"] = page["LastEvaluatedStreamArn"]
        assert listed == everything

    def test_regions_and_accounts_have_their_own(self, raw, stream):
        name, _ = stream
        for elsewhere in ({"region": "us-east-1"}, {"access_key": "444455556666"}):
            assert name not in {each["TableName"] for each in raw("ListStreams", {}, **elsewhere).json["Streams"]}

    def test_errors(self, raw):
        assert_constraints(
            raw("ListStreams", {"Limit": 0}), "Value '0' at 'limit': Member must have value greater than or equal to 1"
        )
        reply = raw("ListStreams", {"ExclusiveStartStreamArn": "kossapaaasdafsdaasdasdasdasasdasfadfadfasdasdas"})
        assert reply.status == 400 and reply.type.endswith("#ValidationException"), reply.text
        assert_error(
            raw("ListStreams", {"Limit": "x"}), "SerializationException", "STRING_VALUE cannot be converted to Integer"
        )

    def test_old_streams_stay_listed(self, raw, dynamodb, stream, wait_active):
        """Each time it is switched on there is a new one (ack-api-quirks DDB-TABLE-378)."""
        name, first = stream
        dynamodb.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})
        wait_active(name)
        dynamodb.update_table(TableName=name, StreamSpecification=BOTH)
        wait_active(name)
        second = dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"]
        assert second != first
        assert {each["StreamArn"] for each in raw("ListStreams", {"TableName": name}).json["Streams"]} == {
            first,
            second,
        }


class TestDescribeStream:
    def test_shape(self, raw, stream):
        name, arn = stream
        reply = raw("DescribeStream", {"StreamArn": arn})
        assert set(reply.json) == {"StreamDescription"}
        description = reply.json["StreamDescription"]
        created, found = description.pop("CreationRequestDateTime"), description.pop("Shards")
        assert description == {
            "KeySchema": [hash_key("p"), range_key("c")],
            "StreamArn": arn,
            "StreamLabel": arn.rsplit("/", 1)[1],
            "StreamStatus": "ENABLED",
            "StreamViewType": "NEW_AND_OLD_IMAGES",
            "TableName": name,
        }
        assert isinstance(created, (int, float)) and abs(created - time.time()) < 60
        assert arn.startswith(f"arn:aws-cn:dynamodb:{BEIJING}:{ACCOUNT}:table/{name}/stream/")
        assert found
        for shard in found:
            assert SHARD_ID.fullmatch(shard["ShardId"])
            assert set(shard["SequenceNumberRange"]) == {"StartingSequenceNumber"}  # open: no end
            assert SEQUENCE_NUMBER.fullmatch(shard["SequenceNumberRange"]["StartingSequenceNumber"])
        assert [shard["ShardId"] for shard in found] == sorted(shard["ShardId"] for shard in found)

    def test_paging(self, streams, stream):
        _, arn = stream
        everything = shards(streams, arn)
        assert shards(streams, arn, limit=1) == everything
        after = streams.describe_stream(StreamArn=arn, ExclusiveStartShardId=everything[-1]["ShardId"])
        assert after["StreamDescription"]["Shards"] == []
        assert "LastEvaluatedShardId" not in after["StreamDescription"]

    def test_an_unknown_start_is_no_error(self, streams, stream):
        """Alternator's test_describe_stream_with_nonexistent_last_shard: real DynamoDB lists nothing."""
        _, arn = stream
        start = "zzzzzzzzzzzzzzzzzzzzzzzzsfasdgagadfadfgagkjsdfsfsdjfjks"
        assert streams.describe_stream(StreamArn=arn, ExclusiveStartShardId=start)["StreamDescription"]["Shards"] == []

    def test_errors(self, raw, stream):
        _, arn = stream
        assert_constraints(raw("DescribeStream", {}), "Value null at 'streamArn': Member must not be null")
        assert_constraints(
            raw("DescribeStream", {"StreamArn": "short"}),
            "Value 'short' at 'streamArn': Member must have length greater than or equal to 37",
        )
        assert_constraints(
            raw("DescribeStream", {"StreamArn": arn, "Limit": 0, "ExclusiveStartShardId": "x"}),
            "Value '0' at 'limit': Member must have value greater than or equal to 1",
            "Value 'x' at 'exclusiveStartShardId': Member must have length greater than or equal to 28",
        )
        assert_error(
            raw("DescribeStream", {"StreamArn": 1}),
            "SerializationException",
            "NUMBER_VALUE cannot be converted to String",
        )

    def test_a_malformed_arn(self, raw):
        reply = raw("DescribeStream", {"StreamArn": "sdfadfsdfnlfkajakfgjalksfgklasjklasdjfklasdfasdfgasf"})
        assert reply.status == 400 and reply.type.endswith("#ValidationException"), reply.text

    def test_no_such_stream(self, raw):
        arn = f"arn:aws-cn:dynamodb:{BEIJING}:{ACCOUNT}:table/no-such-table/stream/2017-10-05T14:36:01.514"
        assert_error(
            raw("DescribeStream", {"StreamArn": arn}),
            "ResourceNotFoundException",
            f"Requested resource not found: Stream: {arn} not found",
        )

    def test_disabled(self, dynamodb, streams, stream):
        """Its shards close and what is in it stays readable to the end."""
        name, arn = stream
        dynamodb.put_item(TableName=name, Item={"p": {"S": "x"}, "c": {"N": "1"}})
        dynamodb.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})

        def disabled():
            return streams.describe_stream(StreamArn=arn)["StreamDescription"]["StreamStatus"] == "DISABLED"

        eventually(disabled)
        dynamodb.put_item(TableName=name, Item={"p": {"S": "y"}, "c": {"N": "1"}})
        assert [record["dynamodb"]["Keys"]["p"]["S"] for record in read_all(streams, arn)] == ["x"]
        for shard in shards(streams, arn):
            assert "EndingSequenceNumber" in shard["SequenceNumberRange"]
            page = streams.get_records(ShardIterator=iterator(streams, arn, shard["ShardId"]))
            while "NextShardIterator" in page and page["Records"]:
                page = streams.get_records(ShardIterator=page["NextShardIterator"])
            assert "NextShardIterator" not in page

    def test_outlives_its_table(self, dynamodb, streams, make_table, remove_table, table_name):
        make_table(TableName=table_name, StreamSpecification=BOTH)
        arn = dynamodb.describe_table(TableName=table_name)["Table"]["LatestStreamArn"]
        dynamodb.put_item(TableName=table_name, Item={"pk": {"S": "x"}})
        remove_table(table_name)

        def disabled():
            return streams.describe_stream(StreamArn=arn)["StreamDescription"]["StreamStatus"] == "DISABLED"

        eventually(disabled)
        assert [record["eventName"] for record in read_all(streams, arn)] == ["INSERT"]
        assert arn in {each["StreamArn"] for each in streams.list_streams(TableName=table_name)["Streams"]}


class TestGetShardIterator:
    @pytest.fixture
    def shard(self, streams, stream):
        return shards(streams, stream[1])[0]

    def test_all_types(self, streams, stream, shard):
        _, arn = stream
        number = shard["SequenceNumberRange"]["StartingSequenceNumber"]
        for kind in ("TRIM_HORIZON", "LATEST"):
            assert 0 < len(iterator(streams, arn, shard["ShardId"], kind)) <= 2048
        for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
            assert iterator(streams, arn, shard["ShardId"], kind, SequenceNumber=number)

    @pytest.mark.parametrize("kind", ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"])
    def test_a_sequence_number_is_required(self, streams, stream, shard, kind):
        with expect_error("ValidationException"):
            iterator(streams, stream[1], shard["ShardId"], kind)

    @pytest.mark.parametrize("kind", ["TRIM_HORIZON", "LATEST"])
    def test_a_sequence_number_is_forbidden(self, streams, stream, shard, kind):
        with expect_error("ValidationException"):
            iterator(
                streams,
                stream[1],
                shard["ShardId"],
                kind,
                SequenceNumber=shard["SequenceNumberRange"]["StartingSequenceNumber"],
            )

    def test_unknown_shard(self, streams, stream):
        with expect_error("ResourceNotFoundException"):
            iterator(streams, stream[1], "shardId-00000000000000000000-00000000", "LATEST")
        with expect_error("ResourceNotFoundException"):
            iterator(streams, stream[1], "semprinidfaasdasfsdvacsdcfsdsvsdvsdvsdvsdvsdv", "LATEST")

    def test_unknown_stream(self, streams, shard):
        arn = f"arn:aws-cn:dynamodb:{BEIJING}:{ACCOUNT}:table/no-such-table/stream/2017-10-05T14:36:01.514"
        with expect_error("ResourceNotFoundException"):
            iterator(streams, arn, shard["ShardId"])
        with expect_error("ValidationException"):
            iterator(streams, "sdfadfsddafgdafsgjnadflkgnalngalsdfnlkasnlkasdfasdfasf", shard["ShardId"])

    def test_constraints(self, raw, stream):
        _, arn = stream
        assert_constraints(
            raw("GetShardIterator", {}),
            "Value null at 'streamArn': Member must not be null",
            "Value null at 'shardId': Member must not be null",
            "Value null at 'shardIteratorType': Member must not be null",
        )
        shard = "shardId-00000000000000000000-00000000"
        reply = raw("GetShardIterator", {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "bulle"})
        # Which order AWS lists this set in was not seen.
        assert reply.message.startswith(
            "1 validation error detected: Value 'bulle' at 'shardIteratorType' failed to satisfy constraint: "
            "Member must satisfy enum value set: ["
        )
        assert_constraints(
            raw(
                "GetShardIterator",
                {
                    "StreamArn": arn,
                    "ShardId": "x" * 66,
                    "ShardIteratorType": "AT_SEQUENCE_NUMBER",
                    "SequenceNumber": "1",
                },
            ),
            f"Value '{'x' * 66}' at 'shardId': Member must have length less than or equal to 65",
            "Value '1' at 'sequenceNumber': Member must have length greater than or equal to 21",
        )

    def test_a_sequence_number_that_is_none(self, streams, stream, shard):
        with expect_error("ValidationException"):
            iterator(
                streams,
                stream[1],
                shard["ShardId"],
                "AT_SEQUENCE_NUMBER",
                SequenceNumber="sdfsafglldfngjdafnasdflgnald",
            )
