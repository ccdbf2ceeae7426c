"""What the target does not take: the end, or a file of dead letters that `dyad replay` applies later."""

import json

import pytest
import support
from commands import LOG_KEY, STREAM, dyad, link, succeed

# In the target `host` is the key of an index and must be a string, so an item with another one is refused there.
INDEXED = {
    "KeySchema": LOG_KEY["KeySchema"],
    "AttributeDefinitions": [*LOG_KEY["AttributeDefinitions"], {"AttributeName": "host", "AttributeType": "S"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-host",
            "KeySchema": [{"AttributeName": "host", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}


@pytest.fixture
def pair(dynamodb, make_table):
    """Clients and names of a source and of a target that takes no host but a string."""
    source = make_table(region=support.BEIJING, StreamSpecification=STREAM, **LOG_KEY)
    target = make_table(region=support.NINGXIA, **INDEXED)
    return dynamodb(support.BEIJING), source, dynamodb(support.NINGXIA), target


def put(client, table, number, host):
    client.put_item(TableName=table, Item={"requestid": {"N": str(number)}, "host": host})


def got(client, table, number):
    return client.get_item(TableName=table, Key={"requestid": {"N": str(number)}}, ConsistentRead=True).get("Item")


def replicate(server, source, target, folder, *options):
    files = ["--checkpoint", folder / "checkpoint", "--until-caught-up"]
    return dyad("replicate", *link(source, target, server.url), *files, *options)


def test_without_being_asked_to_skip_it_ends_at_the_record_and_names_it(server, pair, tmp_path):
    beijing, source, _, target = pair
    put(beijing, source, 1, {"N": "5"})
    done = replicate(server, source, target, tmp_path)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "sequence number" in last and '{"requestid":{"N":"1"}}' in last and "Type mismatch" in last


def test_a_refused_record_is_kept_and_all_others_arrive(server, pair, tmp_path):
    beijing, source, ningxia, target = pair
    for number in range(40):
        put(beijing, source, number, {"N": "5"} if number == 17 else {"S": "example.com"})
    letters = tmp_path / "letters.jsonl"
    skip = ["--on-error", "skip-to-dead-letter", "--dead-letters", letters]
    done = replicate(server, source, target, tmp_path, *skip)
    assert done.returncode == 0, done.stderr
    assert "1 dead letters" in done.stderr.strip().splitlines()[-1]
    assert [number for number in range(40) if not got(ningxia, target, number)] == [17]
    (line,) = map(json.loads, letters.read_text().splitlines())
    assert line["record"]["keys"] == {"requestid": {"N": "17"}}
    assert line["record"]["newImage"] == {"requestid": {"N": "17"}, "host": {"N": "5"}}
    assert len(line["record"]["sequenceNumber"]) >= 21 and line["record"]["shardId"].startswith("shardId-")
    assert "Type mismatch" in line["error"] and line["attempts"] == 1 and line["time"].endswith("Z")
    assert line["source"] == {"region": support.BEIJING, "table": source}
    assert line["target"] == {"region": support.NINGXIA, "table": target}


def test_replay_says_what_is_refused_again_and_applies_what_the_source_has_by_then(server, pair, tmp_path):
    beijing, source, ningxia, target = pair
    put(beijing, source, 1, {"N": "5"})
    put(beijing, source, 2, {"N": "6"})
    letters = tmp_path / "letters.jsonl"
    skip = ["--on-error", "skip-to-dead-letter", "--dead-letters", letters]
    assert replicate(server, source, target, tmp_path, *skip).returncode == 0
    again = dyad("replay", letters, "--endpoint", server.url)
    assert again.returncode == 1
    assert "refused {" in again.stdout and "0 items put" in again.stdout
    # One is mended, one deleted; the target must end like the source and not like the letters.
    put(beijing, source, 1, {"S": "mended.example.com"})
    beijing.delete_item(TableName=source, Key={"requestid": {"N": "2"}})
    assert "2 dead letters: 1 items put, 1 deleted" in succeed("replay", letters, "--endpoint", server.url)
    assert got(ningxia, target, 1)["host"] == {"S": "mended.example.com"}
    assert got(ningxia, target, 2) is None
    assert "equal" in succeed("verify", *link(source, target, server.url))


def test_a_line_that_is_no_dead_letter_is_named(server, tmp_path):
    letters = tmp_path / "letters.jsonl"
    letters.write_text('{"time":"20')
    done = dyad("replay", letters, "--endpoint", server.url)
    assert done.returncode == 1
    assert "unreadable line 1" in done.stdout


def test_a_file_that_is_not_there_is_an_error(server, tmp_path):
    done = dyad("replay", tmp_path / "none", "--endpoint", server.url)
    assert done.returncode == 2
    assert "there is no file" in done.stderr


def test_a_file_for_letters_goes_with_skipping(server, tmp_path):
    done = replicate(server, "a-table", "b-table", tmp_path, "--dead-letters", tmp_path / "letters")
    assert done.returncode == 64
