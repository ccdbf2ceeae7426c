"""`dyad replicate --log-format json`: every line of standard error is a log record as OpenTelemetry has them."""

import datetime
import json

import pytest

import support
from commands import LOG_KEY, STREAM, dyad, link
from support import BEIJING, NINGXIA
from test_dead_letters import INDEXED
from throttling import SLOW_DOWN, throttle

SEVERITIES = {"TRACE": 1, "DEBUG": 5, "INFO": 9, "NOTICE": 10, "WARNING": 13, "ERROR": 17, "CRITICAL": 18}


@pytest.fixture
def pair(make_table):
    return make_table(BEIJING, StreamSpecification=STREAM, **LOG_KEY), make_table(NINGXIA, **INDEXED)


def put(client, table, number, host):
    client.put_item(TableName=table, Item={"requestid": {"N": str(number)}, "host": host})


def records(done, pair):
    """All lines, each of them looked at."""
    source, target = pair
    found = [json.loads(line) for line in done.stderr.splitlines()]
    for record in found:
        assert datetime.datetime.fromisoformat(record["timestamp"]).utcoffset() == datetime.timedelta(0)
        assert record["severityNumber"] == SEVERITIES[record["severityText"]]
        assert record["body"] and record["resource"]["service.name"] == "dyad"
        assert record["instrumentationScope"]["name"] == "replicate"
        attributes = record["attributes"]
        assert attributes["dyad.source.region"] == BEIJING and attributes["dyad.source.table"] == source
        assert attributes["dyad.target.region"] == NINGXIA and attributes["dyad.target.table"] == target
        assert set(attributes.get("aws.dynamodb.table_names", [])) <= {source, target}
        if "error.type" in attributes:
            assert attributes["exception.message"]
    return found


def named(found, event):
    return [record["attributes"] for record in found if record.get("eventName") == f"dyad.replication.{event}"]


def sequence_numbers(streams, table):
    """Of all records of a stream with one shard, by requestid."""
    client = streams(BEIJING)
    arn = client.list_streams(TableName=table)["Streams"][0]["StreamArn"]
    shard = client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    start = client.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    found = client.get_records(ShardIterator=start["ShardIterator"])["Records"]
    return shard, {int(each["dynamodb"]["Keys"]["requestid"]["N"]): each["dynamodb"]["SequenceNumber"] for each in found}


def test_every_line_is_a_record_that_names_what_it_is_about(server, dynamodb, streams, pair, tmp_path):
    source, target = pair
    for number in range(8):
        put(dynamodb(BEIJING), source, number, {"N": "5"} if number == 5 else {"S": "example.com"})
    shard, sequences = sequence_numbers(streams, source)
    refusals = iter([SLOW_DOWN, SLOW_DOWN])
    with throttle(server.url, refuse=lambda operation: next(refusals, None) if operation == "BatchWriteItem" else None) as busy:
        options = ["--checkpoint", tmp_path / "checkpoint", "--until-caught-up", "--log-format", "json"]
        options += ["--on-error", "skip-to-dead-letter", "--dead-letters", tmp_path / "letters", "--parallelism", 1]
        tables = link(source, target, source_url=server.url, target_url=busy.url)
        done = dyad("replicate", *tables, *options)
    assert done.returncode == 0, done.stderr
    found = records(done, pair)
    assert named(found, "started")[0]["dyad.shard.count"] == 1
    assert named(found, "shard_started")[0]["dyad.shard.id"] == shard
    retry = named(found, "retry")[0]
    assert retry["dyad.side"] == "target" and retry["cloud.region"] == NINGXIA
    assert retry["aws.dynamodb.table_names"] == [target] and retry["db.operation.name"] == "BatchWriteItem"
    assert retry["dyad.shard.id"] == shard and retry["dyad.sequence_number"] == sequences[0]
    assert retry["error.type"] == "ProvisionedThroughputExceededException" and retry["dyad.attempt"] == 1
    refused = named(found, "refused")
    assert refused and all(each["error.type"] == "ValidationException" for each in refused)
    assert {each["dyad.shard.id"] for each in refused} == {shard}
    letter = named(found, "dead_letter")[0]
    assert letter["dyad.sequence_number"] == sequences[5] and letter["dyad.key"] == '{"requestid":{"N":"5"}}'
    end = named(found[-1:], "ended")[0]
    assert end["dyad.ending"] == "caught_up" and end["dyad.dead_letter.count"] == 1
    assert end["dyad.checkpoint.shards"] == {shard: sequences[7]}

    again = records(dyad("replicate", *link(source, target, server.url), *options), pair)
    assert named(again, "resumed")[0]["dyad.shard.count"] == 1
    assert named(again, "shard_started")[0]["dyad.sequence_number"] == sequences[7]


def test_a_shard_that_is_done_is_told_with_its_last_sequence_number(server, dynamodb, streams, pair, tmp_path):
    source, target = pair
    for number in range(3):
        put(dynamodb(BEIJING), source, number, {"S": "example.com"})
    shard, sequences = sequence_numbers(streams, source)
    body = {"region": BEIJING, "tableName": source, "rollAll": True}
    kind = {"Content-Type": "application/json"}
    assert support.raw_request(server.url, None, body, kind, path="/_dyad/streams", sign=False).status == 200
    options = ["--checkpoint", tmp_path / "checkpoint", "--until-caught-up", "--log-format", "json"]
    found = records(dyad("replicate", *link(source, target, server.url), *options), pair)
    done = named(found, "shard_finished")[0]
    assert done["dyad.shard.id"] == shard and done["dyad.sequence_number"] == sequences[2]
    assert done["aws.dynamodb.table_names"] == [source] and done["cloud.region"] == BEIJING


def test_an_end_with_an_error_names_the_record(server, dynamodb, streams, pair, tmp_path):
    source, target = pair
    put(dynamodb(BEIJING), source, 1, {"N": "5"})
    shard, sequences = sequence_numbers(streams, source)
    done = dyad("replicate", *link(source, target, server.url), "--checkpoint", tmp_path / "checkpoint", "--log-format", "json")
    assert done.returncode == 1
    last = records(done, pair)[-1]
    assert last["severityText"] == "ERROR" and last["eventName"] == "dyad.replication.ended"
    attributes = last["attributes"]
    assert attributes["dyad.ending"] == "failed" and attributes["error.type"] == "refused"
    assert attributes["dyad.sequence_number"] == sequences[1] and attributes["dyad.shard.id"] == shard


def test_what_cannot_begin_is_a_record_too(server, pair, tmp_path):
    missing = (pair[0], "no-such-table")
    done = dyad("replicate", *link(*missing, server.url), "--checkpoint", tmp_path / "checkpoint", "--log-format", "json")
    assert done.returncode == 1
    found = records(done, missing)
    assert found[-1]["eventName"] == "dyad.replication.not_started" and "no-such-table" in found[-1]["body"]


def test_progress_is_a_record_and_json_progress_stays_on_standard_output(server, dynamodb, pair, tmp_path):
    put(dynamodb(BEIJING), pair[0], 1, {"S": "example.com"})
    options = ["--checkpoint", tmp_path / "checkpoint", "--until-caught-up", "--log-format", "json", "--progress-format", "json"]
    done = dyad("replicate", *link(*pair, server.url), *options)
    assert done.returncode == 0 and records(done, pair)
    for line in done.stdout.splitlines():
        assert "stage" in json.loads(line)


def test_lines_for_people_name_shard_and_sequence_number(server, dynamodb, streams, pair, tmp_path):
    source, target = pair
    put(dynamodb(BEIJING), source, 5, {"N": "5"})
    shard, sequences = sequence_numbers(streams, source)
    options = ["--checkpoint", tmp_path / "checkpoint", "--until-caught-up"]
    options += ["--on-error", "skip-to-dead-letter", "--dead-letters", tmp_path / "letters"]
    done = dyad("replicate", *link(source, target, server.url), *options)
    letter = next(line for line in done.stderr.splitlines() if "went to the dead letters" in line)
    assert f"shard={shard}" in letter and f"sequenceNumber={sequences[5]}" in letter
    assert "event.name" not in done.stderr and "cloud.region" not in done.stderr


def test_a_live_line_between_objects_is_a_wrong_command_line(pair):
    done = dyad("replicate", *link(*pair, "http://127.0.0.1:1"), "--log-format", "json", "--progress-format", "live")
    assert done.returncode == 64 and "--log-format json" in done.stderr
