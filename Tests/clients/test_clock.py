"""The server's clock, moved through /_dyad/clock: what AWS does after minutes, hours or days, without waiting.

Each test has a server of its own, since a clock that was moved is moved for everybody.
"""

import http.client
import json
import os

import pytest

from dataplane import N, S
from serving import client, make_table, running, wait_active
from streamreader import drain, iterator, read_all, shards
from support import NINGXIA, expect_error, make_client

pytestmark = pytest.mark.skipif(bool(os.environ.get("DYAD_ENDPOINT")), reason="a foreign endpoint is tested")

STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
MINUTE, HOUR = 60, 3600


class Clock:
    """The clock of a server, as a test uses it."""

    def __init__(self, server):
        self.host, self.port = server.host, server.port

    def ask(self, method="GET", order=None, headers=None):
        """Status and answer."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            body = None if order is None else json.dumps(order)
            connection.request(method, "/_dyad/clock", body, headers or {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def now(self):
        return self.ask()[1]["epochSeconds"]

    def order(self, **order):
        status, answer = self.ask("POST", order)
        assert status == 200, answer
        return answer

    def advance(self, seconds):
        return self.order(advanceSeconds=seconds)


@pytest.fixture
def server():
    with running("--memory", "--port", "0") as server:
        yield server


@pytest.fixture
def clock(server):
    return Clock(server)


@pytest.fixture
def dynamodb(server):
    return client(server)


@pytest.fixture
def streams(server):
    return client(server, service="dynamodbstreams")


def stream_of(dynamodb, table):
    return dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]


def keys(dynamodb, table):
    pages = dynamodb.get_paginator("scan").paginate(TableName=table)
    return sorted(item["pk"]["S"] for page in pages for item in page["Items"])


def test_the_clock_is_read_and_moved(clock):
    before = clock.ask()
    assert before[0] == 200 and before[1]["running"] is True
    answer = clock.advance(HOUR)
    assert HOUR <= answer["epochSeconds"] - before[1]["epochSeconds"] < HOUR + 60
    later = int(answer["epochSeconds"]) + 100_000
    assert clock.order(epochSeconds=later, running=False)["epochSeconds"] == later
    assert clock.ask() == (200, clock.order(running=False))
    status, answer = clock.ask("POST", {"epochSeconds": later - 1})
    assert status == 400
    assert answer["message"].startswith("the clock only moves forward, and it is ")
    assert clock.now() == later
    assert clock.order(running=True)["epochSeconds"] >= later


def test_a_page_of_a_browser_cannot_move_it(clock):
    before = clock.order(running=False)
    for headers, status in (
        ({"Content-Type": "text/plain"}, 415),
        ({}, 415),
        ({"Content-Type": "application/json", "Origin": "http://example.com"}, 403),
    ):
        # http.client itself names no type of a body.
        assert clock.ask("POST", {"advanceSeconds": 1}, headers or {"X": "y"})[0] == status
    assert clock.ask()[1] == before


def test_every_region_moves_and_no_other_server(server, clock):
    with running("--memory", "--port", "0") as other:
        there = Clock(other).order(running=False)
        for region in ("cn-north-1", NINGXIA):
            dynamodb = client(server, region)
            make_table(dynamodb, "moved")
            dynamodb.update_time_to_live(
                TableName="moved", TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"}
            )
            dynamodb.put_item(TableName="moved", Item={"pk": S("a"), "ttl": N(int(clock.now()) + HOUR)})
        clock.advance(2 * HOUR)
        for region in ("cn-north-1", NINGXIA):
            assert keys(client(server, region), "moved") == []
        assert Clock(other).ask()[1] == there


def test_items_that_expired_are_gone_when_the_clock_answers(clock, dynamodb, streams):
    make_table(dynamodb, "expiring", StreamSpecification=STREAM)
    dynamodb.update_time_to_live(
        TableName="expiring", TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"}
    )
    clock.advance(1)
    now = int(clock.now())
    # More than one turn of the chores.
    for first in range(0, 2500, 25):
        dynamodb.batch_write_item(
            RequestItems={
                "expiring": [
                    {"PutRequest": {"Item": {"pk": S(f"soon-{first + n}"), "ttl": N(now + HOUR)}}} for n in range(25)
                ]
            }
        )
    dynamodb.put_item(TableName="expiring", Item={"pk": S("later"), "ttl": N(now + 3 * HOUR)})
    dynamodb.put_item(TableName="expiring", Item={"pk": S("never"), "ttl": S("never")})
    clock.order(epochSeconds=now + HOUR - 60)
    assert len(keys(dynamodb, "expiring")) == 2502
    clock.advance(120)
    assert keys(dynamodb, "expiring") == ["later", "never"]
    removed = [r for r in read_all(streams, stream_of(dynamodb, "expiring")) if r["eventName"] == "REMOVE"]
    assert len(removed) == 2500
    assert all("userIdentity" in record for record in removed)
    clock.advance(2 * HOUR)
    assert keys(dynamodb, "expiring") == ["never"]


def test_a_token_is_good_for_ten_minutes(clock, dynamodb):
    make_table(dynamodb, "counted")
    clock.order(running=False)

    def add(amount):
        update = {
            "TableName": "counted",
            "Key": {"pk": S("counter")},
            "UpdateExpression": "ADD n :n",
            "ExpressionAttributeValues": {":n": N(amount)},
        }
        dynamodb.transact_write_items(TransactItems=[{"Update": update}], ClientRequestToken="once")
        return dynamodb.get_item(TableName="counted", Key={"pk": S("counter")})["Item"]["n"]["N"]

    assert add(1) == "1"
    clock.advance(10 * MINUTE - 1)
    assert add(1) == "1"
    with expect_error("IdempotentParameterMismatchException"):
        add(2)
    clock.advance(1)
    assert add(2) == "3"


def test_a_stream_keeps_a_record_for_a_day(clock, dynamodb, streams):
    make_table(dynamodb, "streamed", StreamSpecification=STREAM)
    arn = stream_of(dynamodb, "streamed")
    (shard,) = shards(streams, arn)
    dynamodb.put_item(TableName="streamed", Item={"pk": S("old")})
    (old,) = read_all(streams, arn)
    clock.advance(23 * HOUR)
    dynamodb.put_item(TableName="streamed", Item={"pk": S("new")})
    assert len(read_all(streams, arn)) == 2
    clock.advance(2 * HOUR)
    (left,) = read_all(streams, arn)
    assert left["dynamodb"]["Keys"] == {"pk": S("new")}
    with expect_error("TrimmedDataAccessException"):
        iterator(
            streams,
            arn,
            shard["ShardId"],
            "AT_SEQUENCE_NUMBER",
            SequenceNumber=old["dynamodb"]["SequenceNumber"],
        )


def test_a_stream_that_was_switched_off_is_gone_after_a_day(clock, dynamodb, streams):
    make_table(dynamodb, "switched", StreamSpecification=STREAM)
    arn = stream_of(dynamodb, "switched")
    dynamodb.update_table(TableName="switched", StreamSpecification={"StreamEnabled": False})
    clock.advance(23 * HOUR)
    assert [stream["StreamArn"] for stream in streams.list_streams()["Streams"]] == [arn]
    clock.advance(2 * HOUR)
    assert streams.list_streams()["Streams"] == []


def test_an_iterator_is_good_for_fifteen_minutes(clock, dynamodb, streams):
    make_table(dynamodb, "iterated", StreamSpecification=STREAM)
    dynamodb.put_item(TableName="iterated", Item={"pk": S("a")})
    clock.order(running=False)
    arn = stream_of(dynamodb, "iterated")
    (shard,) = shards(streams, arn)
    position = iterator(streams, arn, shard["ShardId"])
    clock.advance(15 * MINUTE - 1)
    assert len(drain(streams, position)[0]) == 1
    clock.advance(2)
    with expect_error("ExpiredIteratorException"):
        streams.get_records(ShardIterator=position)


def test_a_table_is_made_when_the_clock_moves(clock, dynamodb):
    clock.order(running=False)
    dynamodb.create_table(
        TableName="made",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    def status():
        return dynamodb.describe_table(TableName="made")["Table"]["TableStatus"]

    assert status() == "CREATING"
    clock.advance(1)
    assert status() == "ACTIVE"


def test_a_folder_is_served_again_with_the_machines_time(tmp_path):
    """What was written in a future that was undone is there, and goes on."""
    with running("--data", str(tmp_path), "--port", "0") as server:
        dynamodb, clock = client(server), Clock(server)
        make_table(dynamodb, "kept", StreamSpecification=STREAM)
        clock.advance(100 * 24 * HOUR)
        dynamodb.put_item(TableName="kept", Item={"pk": S("future")})
        moved = clock.now()
    with running("--data", str(tmp_path), "--port", "0") as server:
        dynamodb = client(server)
        assert moved - Clock(server).now() > 99 * 24 * HOUR
        wait_active(dynamodb, "kept")
        dynamodb.put_item(TableName="kept", Item={"pk": S("now")})
        assert keys(dynamodb, "kept") == ["future", "now"]
        streams = make_client("dynamodbstreams", server.url)
        records = read_all(streams, stream_of(dynamodb, "kept"))
        assert [record["dynamodb"]["Keys"]["pk"]["S"] for record in records] == ["future", "now"]
