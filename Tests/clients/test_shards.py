"""Streams of several shards: split and rolled through /_dyad/streams, rolled by age, read as consumers do.

Each test has a server of its own, since its clock is moved.
"""

import http.client
import json
import os

import pytest

from dataplane import S
from serving import client, make_table, running
from streamreader import drain, iterator, shards
from support import NINGXIA, expect_error
from test_clock import HOUR, MINUTE, STREAM, Clock, stream_of

pytestmark = pytest.mark.skipif(bool(os.environ.get("DYAD_ENDPOINT")), reason="a foreign endpoint is tested")

REGION = "cn-north-1"


@pytest.fixture
def server():
    with running("--memory", "--port", "0") as server:
        yield server


@pytest.fixture
def dynamodb(server):
    return client(server, REGION)


@pytest.fixture
def streams(server):
    return client(server, REGION, service="dynamodbstreams")


@pytest.fixture
def arn(dynamodb):
    make_table(dynamodb, "sharded", StreamSpecification=STREAM)
    return stream_of(dynamodb, "sharded")


def ask(server, order, method="POST", headers=None):
    """Status and answer of the control."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
    try:
        body = order if isinstance(order, str) else json.dumps(order)
        connection.request(method, "/_dyad/streams", body, headers or {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def reshard(server, **order):
    status, answer = ask(server, {"region": REGION, "tableName": "sharded", **order})
    assert status == 200, answer
    return answer["shards"]


def put(dynamodb, numbers, value):
    for number in numbers:
        dynamodb.put_item(TableName="sharded", Item={"pk": S(f"key-{number}"), "value": S(value)})


def records_of(streams, arn, shard):
    return drain(streams, iterator(streams, arn, shard["ShardId"]))[0]


def pk(record):
    return record["dynamodb"]["Keys"]["pk"]["S"]


def is_open(shard):
    return "EndingSequenceNumber" not in shard["SequenceNumberRange"]


def test_a_split_shard_has_two_children(server, dynamodb, streams, arn):
    put(dynamodb, range(20), "before")
    (parent,) = shards(streams, arn)
    answer = reshard(server, split=parent["ShardId"])
    put(dynamodb, range(20), "after")
    first, *children = shards(streams, arn)
    assert [shard["shardId"] for shard in answer] == [shard["ShardId"] for shard in [first, *children]]
    assert [shard["open"] for shard in answer] == [False, True, True]
    assert first["ShardId"] == parent["ShardId"] and not is_open(first)
    assert [shard["ParentShardId"] for shard in children] == [parent["ShardId"]] * 2
    assert all(is_open(shard) for shard in children)
    assert len(records_of(streams, arn, first)) == 20
    read = [{pk(record) for record in records_of(streams, arn, shard)} for shard in children]
    assert read[0] and read[1] and not read[0] & read[1] and len(read[0] | read[1]) == 20
    hashes = sorted((int(shard["firstHash"]), int(shard["lastHash"])) for shard in answer if shard["open"])
    assert hashes[0][0] == 0 and hashes[0][1] + 1 == hashes[1][0] and hashes[1][1] == 2**64 - 1


def test_a_reader_that_follows_the_lineage_sees_each_keys_changes_in_order(server, dynamodb, streams, arn):
    for step, order in enumerate([{"splitAll": True}, {"rollAll": True}, {"splitAll": True}, {"rollAll": True}]):
        put(dynamodb, range(30), str(step))
        reshard(server, **order)
    put(dynamodb, range(30), "4")
    seen, events, done = {}, set(), set()
    for shard in shards(streams, arn):
        assert shard.get("ParentShardId") is None or shard["ParentShardId"] in done
        for record in records_of(streams, arn, shard):
            events.add(record["eventID"])
            seen.setdefault(pk(record), []).append(record["dynamodb"]["NewImage"]["value"]["S"])
        done.add(shard["ShardId"])
    assert len(seen) == 30 and len(events) == 150
    assert all(values == ["0", "1", "2", "3", "4"] for values in seen.values())


def test_a_closed_shard_ends(server, dynamodb, streams, arn):
    put(dynamodb, range(3), "x")
    (shard,) = shards(streams, arn)
    waiting = iterator(streams, arn, shard["ShardId"], "LATEST")
    reshard(server, roll=shard["ShardId"])
    page = streams.get_records(ShardIterator=iterator(streams, arn, shard["ShardId"]), Limit=2)
    assert len(page["Records"]) == 2 and "NextShardIterator" in page
    page = streams.get_records(ShardIterator=page["NextShardIterator"], Limit=1)
    assert len(page["Records"]) == 1 and "NextShardIterator" not in page
    page = streams.get_records(ShardIterator=waiting)
    assert page["Records"] == [] and "NextShardIterator" not in page


def test_shards_are_paged_and_filtered(server, streams, arn):
    for _ in range(3):
        reshard(server, splitAll=True)
    everything = shards(streams, arn)
    assert len(everything) == 15
    for limit in (1, 4, 15):
        assert shards(streams, arn, limit=limit) == everything
    for parent in everything:
        page = streams.describe_stream(
            StreamArn=arn, ShardFilter={"Type": "CHILD_SHARDS", "ShardId": parent["ShardId"]}
        )["StreamDescription"]["Shards"]
        assert page == [shard for shard in everything if shard.get("ParentShardId") == parent["ShardId"]]


def test_shards_roll_after_four_hours_and_are_gone_a_day_later(server, dynamodb, streams, arn):
    clock = Clock(server)
    put(dynamodb, range(3), "old")
    (first,) = shards(streams, arn)
    clock.advance(4 * HOUR - 5 * MINUTE)
    assert len(shards(streams, arn)) == 1
    clock.advance(5 * MINUTE)
    old, child = shards(streams, arn)
    assert old["ShardId"] == child["ParentShardId"] == first["ShardId"] and not is_open(old)
    clock.advance(19 * HOUR)
    place = iterator(streams, arn, first["ShardId"])
    assert len(drain(streams, place)[0]) == 3
    clock.advance(2 * HOUR)
    assert shards(streams, arn)[0]["ShardId"] == first["ShardId"]
    assert records_of(streams, arn, first) == []
    with expect_error("ExpiredIteratorException"):
        streams.get_records(ShardIterator=place)
    clock.advance(3 * HOUR - 5 * MINUTE)
    late = iterator(streams, arn, first["ShardId"])
    clock.advance(10 * MINUTE)
    left = shards(streams, arn)
    assert first["ShardId"] not in {shard["ShardId"] for shard in left}
    assert left[0]["ParentShardId"] == first["ShardId"]
    with expect_error("ResourceNotFoundException"):
        iterator(streams, arn, first["ShardId"])
    with expect_error("TrimmedDataAccessException"):
        streams.get_records(ShardIterator=late)


def test_streams_are_named_by_arn_too_and_other_regions_stay(server, dynamodb, streams, arn):
    elsewhere = client(server, NINGXIA)
    make_table(elsewhere, "sharded", StreamSpecification=STREAM)
    status, answer = ask(server, {"streamArn": arn, "splitAll": True})
    assert status == 200 and answer["streamArn"] == arn and len(answer["shards"]) == 3
    other = stream_of(elsewhere, "sharded")
    assert len(shards(client(server, NINGXIA, service="dynamodbstreams"), other)) == 1


def test_what_cannot_be_done_gets_a_message(server, dynamodb, streams, arn):
    named = {"region": REGION, "tableName": "sharded"}
    (shard,) = shards(streams, arn)
    for order, message in (
        ("[]", "the body is not a JSON object"),
        ({**named}, "give one of split, roll, splitAll and rollAll"),
        ({**named, "rollAll": True, "splitAll": True}, "give one of split, roll, splitAll and rollAll"),
        ({**named, "rollAll": False}, "rollAll is true, or left out"),
        ({**named, "split": 1}, "split is a string"),
        ({"tableName": "sharded", "rollAll": True}, "give the region"),
        ({**named, "region": "../x", "rollAll": True}, "'../x' is no region"),
        ({**named, "account": "1", "rollAll": True}, "an account is twelve digits"),
        ({"region": REGION, "rollAll": True}, "give one of streamArn and tableName"),
        ({**named, "streamArn": arn, "rollAll": True}, "give one of streamArn and tableName"),
        ({**named, "split": "shardId-x"}, "The stream has no shard 'shardId-x'"),
        ({**named, "tableName": "none", "rollAll": True}, "There is no table 'none'"),
        ({**named, "account": "111122223333", "rollAll": True}, "There is no table 'sharded'"),
    ):
        assert ask(server, order) == (400, {"message": message}), order
    assert ask(server, {**named, "all": 1})[1]["message"].startswith("there is no 'all', only region, ")
    reshard(server, roll=shard["ShardId"])
    status, answer = ask(server, {**named, "split": shard["ShardId"]})
    assert (status, answer["message"]) == (400, f"The shard '{shard['ShardId']}' is closed")
    assert len(shards(streams, arn)) == 2
    assert ask(server, {**named, "rollAll": True}, method="PUT")[0] == 405
    assert ask(server, {**named, "rollAll": True}, headers={"Content-Type": "text/plain"})[0] == 415
    page = {"Content-Type": "application/json", "Origin": "http://example.com"}
    assert ask(server, {**named, "rollAll": True}, headers=page)[0] == 403
    assert len(shards(streams, arn)) == 2
