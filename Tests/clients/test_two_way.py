"""`dyad replicate --two-way`: writers on both sides, and both tables equal in the end."""

import json
import random
import subprocess
import threading
import urllib.request

import pytest

import support
from commands import LOG_KEY, STREAM, Replicator, dyad, items, link, replicating, serving, succeed
from serving import client, wait_active
from support import BEIJING, NINGXIA, eventually

#: The machine may be loaded.
PATIENCE = 60


def key(number):
    return {"requestid": {"N": str(number)}}


def put(client, table, number, text):
    client.put_item(TableName=table, Item={**key(number), "text": {"S": text}})


def texts(client, table):
    return {int(item["requestid"]["N"]): item["text"]["S"] for item in items(client, table).values()}


def records(streams, region, client, table):
    """The number of records that the table's stream holds."""
    arn = client.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    reader, count = streams(region), 0
    for shard in reader.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = reader.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while iterator:
            page = reader.get_records(ShardIterator=iterator)
            count += len(page["Records"])
            iterator = page.get("NextShardIterator")
            if not page["Records"]:
                break
    return count


@pytest.fixture
def beijing(dynamodb):
    return dynamodb(BEIJING)


@pytest.fixture
def ningxia(dynamodb):
    return dynamodb(NINGXIA)


@pytest.fixture
def first(make_table, beijing):
    name = make_table(BEIJING, StreamSpecification=STREAM, **LOG_KEY)
    yield name
    drop_bookkeeping(beijing, name)


@pytest.fixture
def second(make_table, ningxia):
    name = make_table(NINGXIA, StreamSpecification=STREAM, **LOG_KEY)
    yield name
    drop_bookkeeping(ningxia, name)


def drop_bookkeeping(client, table):
    if f"{table}.dyad" in client.list_tables()["TableNames"]:
        client.delete_table(TableName=f"{table}.dyad")


@pytest.fixture
def options(server, first, second, tmp_path):
    return [*link(first, second, server.url), "--two-way", "--checkpoint", tmp_path / "forth"]


def last_line(done):
    return done.stderr.strip().splitlines()[-1]


def catch_up(options, *more):
    done = dyad("replicate", *options, "--until-caught-up", *more)
    assert done.returncode == 0, done.stderr
    return last_line(done)


def test_changes_of_both_sides_arrive_at_the_other(options, server, first, second, beijing, ningxia):
    for number in range(30):
        put(beijing, first, number, "from Beijing")
    for number in range(20, 50):
        put(ningxia, second, number + 100, "from Ningxia")
    beijing.delete_item(TableName=first, Key=key(3))
    ningxia.delete_item(TableName=second, Key=key(125))
    said = catch_up(options)
    assert said.startswith("dyad replicate: both ways, 0 conflicts: ") and said.count("caught up") == 2
    expected = {n: "from Beijing" for n in range(30) if n != 3}
    expected |= {n + 100: "from Ningxia" for n in range(20, 50) if n != 25}
    assert texts(beijing, first) == expected
    assert texts(ningxia, second) == expected
    assert "equal" in succeed("verify", *link(first, second, server.url))


def test_deletes_of_what_came_from_the_other_side_go_back(options, first, second, beijing, ningxia):
    put(beijing, first, 1, "made in Beijing")
    put(ningxia, second, 2, "made in Ningxia")
    catch_up(options)
    ningxia.delete_item(TableName=second, Key=key(1))
    beijing.delete_item(TableName=first, Key=key(2))
    catch_up(options)
    assert texts(beijing, first) == {} == texts(ningxia, second)


def test_nothing_goes_in_circles(options, first, second, beijing, ningxia, streams):
    with replicating(*options) as replicator:
        for number in range(50):
            put(beijing, first, number, "a")
            put(ningxia, second, number + 1000, "b")
        eventually(lambda: len(texts(beijing, first)) == 100 == len(texts(ningxia, second)), timeout=PATIENCE)
        put(beijing, first, 5000, "the last")
        eventually(lambda: 5000 in texts(ningxia, second), timeout=PATIENCE, because=replicator.said())
    # Each write is one record here and one there, and a second run finds nothing to write.
    said = catch_up(options)
    assert records(streams, BEIJING, beijing, first) == 101 == records(streams, NINGXIA, ningxia, second), said


def advance(server, seconds):
    order = json.dumps({"advanceSeconds": seconds}).encode()
    request = urllib.request.Request(
        f"{server.url}/_dyad/clock", data=order, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 200


def test_of_writes_that_did_not_see_each_other_the_later_wins_and_the_other_is_logged(tmp_path):
    with serving("--memory", "--port", "0") as server:
        beijing, ningxia = client(server, BEIJING), client(server, NINGXIA)
        for side, table in ((beijing, "first"), (ningxia, "second")):
            side.create_table(
                TableName=table, BillingMode="PAY_PER_REQUEST", StreamSpecification=STREAM, **LOG_KEY
            )
            wait_active(side, table)
        put(ningxia, "second", 1, "earlier")
        put(beijing, "first", 2, "earlier")
        put(ningxia, "second", 2, "goes")
        # Records carry whole seconds.
        advance(server, 5)
        put(beijing, "first", 1, "later")
        ningxia.delete_item(TableName="second", Key=key(2))
        log = tmp_path / "conflicts.jsonl"
        options = [*link("first", "second", server.url), "--two-way", "--checkpoint", tmp_path / "forth"]
        said = catch_up(options, "--conflict-log", log)
        assert texts(beijing, "first") == {1: "later"} == texts(ningxia, "second")
    lines = {line["keys"]["requestid"]["N"]: line for line in map(json.loads, log.read_text().splitlines())}
    assert set(lines) == {"1", "2"} and "both ways, 0 conflicts" not in said
    one, two = lines["1"], lines["2"]
    assert one["winner"]["region"] == BEIJING and one["loser"]["region"] == NINGXIA
    assert one["loser"]["item"] == {**key(1), "text": {"S": "earlier"}}
    assert one["winner"].get("item", {"text": {"S": "later"}})["text"] == {"S": "later"}
    assert one["winner"]["eventTime"] >= one["loser"]["eventTime"] + 4000 and one["winner"]["sequenceNumber"]
    assert two["loser"]["region"] == BEIJING and two["loser"]["item"]["text"] == {"S": "earlier"}
    assert two["winner"]["region"] == NINGXIA


def test_items_are_left_as_they_are_and_the_bookkeeping_expires(options, first, second, beijing, ningxia):
    put(beijing, first, 1, "plain")
    put(ningxia, second, 2, "plain")
    catch_up(options)
    for client, table in ((beijing, first), (ningxia, second)):
        for item in items(client, table).values():
            assert set(item) == {"requestid", "text"}
        rows = items(client, f"{table}.dyad").values()
        assert len(rows) == 2 and all("dyad:applied" not in row for row in rows)
        expiry = client.describe_time_to_live(TableName=f"{table}.dyad")["TimeToLiveDescription"]
        assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "dyad:expires"}
        billing = client.describe_table(TableName=f"{table}.dyad")["Table"]["BillingModeSummary"]
        assert billing["BillingMode"] == "PAY_PER_REQUEST"


def test_a_backfill_makes_both_equal_and_the_source_wins(options, server, first, second, beijing, ningxia, tmp_path):
    for client, table in ((beijing, first), (ningxia, second)):
        client.update_table(TableName=table, StreamSpecification={"StreamEnabled": False})
        eventually(lambda: client.describe_table(TableName=table)["Table"]["TableStatus"] == "ACTIVE")
    for number in range(300):
        put(beijing, first, number, "source")
    for number in range(200, 500):
        put(ningxia, second, number, "target" if number < 250 else "source" if number < 300 else "only here")
    for client, table in ((beijing, first), (ningxia, second)):
        client.update_table(TableName=table, StreamSpecification=STREAM)
        eventually(lambda: client.describe_table(TableName=table)["Table"]["TableStatus"] == "ACTIVE")
    said = catch_up(options, "--backfill", "--conflict-log", tmp_path / "conflicts.jsonl")
    expected = {n: "source" if n < 300 else "only here" for n in range(500)}
    assert texts(beijing, first) == expected
    assert texts(ningxia, second) == expected
    lost = [json.loads(line) for line in (tmp_path / "conflicts.jsonl").read_text().splitlines()]
    assert len(lost) == 50 and "both ways, 50 conflicts" in said
    assert all(line["loser"]["item"]["text"]["S"] == "target" for line in lost)


class Writer(threading.Thread):
    """Puts, updates and deletes items of a few keys at one side until it is told to stop."""

    def __init__(self, client, table, seed, keys):
        super().__init__(daemon=True)
        self.client, self.table, self.chance, self.keys = client, table, random.Random(seed), keys
        self.stopping = threading.Event()
        self.writes, self.error = 0, None

    def run(self):
        try:
            while not self.stopping.is_set():
                self.write()
                self.writes += 1
        except Exception as error:
            self.error = error

    def write(self):
        number = self.chance.randrange(self.keys)
        kind = self.chance.random()
        if kind < 0.2:
            self.client.delete_item(TableName=self.table, Key=key(number))
        elif kind < 0.6:
            put(self.client, self.table, number, f"{self.table} {self.writes}")
        else:
            self.client.update_item(
                TableName=self.table,
                Key=key(number),
                UpdateExpression="SET #t = :t ADD turns :one",
                ExpressionAttributeNames={"#t": "text"},
                ExpressionAttributeValues={":one": {"N": "1"}, ":t": {"S": f"{self.table} u{self.writes}"}},
            )


def test_writers_on_both_sides_and_a_replicator_killed_again_and_again(
    options, server, first, second, beijing, ningxia, streams, tmp_path
):
    writers = [
        Writer(support.make_client("dynamodb", server.url, region), table, seed=table, keys=40)
        for region, table in ((BEIJING, first), (NINGXIA, second))
    ]
    log = ["--conflict-log", tmp_path / "conflicts.jsonl"]
    chance = random.Random(7)
    for writer in writers:
        writer.start()
    try:
        for _ in range(8):
            replicator = Replicator(*options, *log)
            try:
                # The moment of death is what this test varies; there is nothing to wait for.
                replicator.process.wait(chance.uniform(0.3, 1.5))
                raise AssertionError(f"it ended by itself\n{replicator.said()}")
            except subprocess.TimeoutExpired:
                pass
            finally:
                replicator.kill()
    finally:
        for writer in writers:
            writer.stopping.set()
        for writer in writers:
            writer.join(30)
    assert all(writer.error is None and writer.writes > 40 for writer in writers), [w.error for w in writers]
    said = catch_up(options, *log)
    done = dyad("verify", *link(first, second, server.url))
    assert done.returncode == 0, done.stdout + done.stderr + said
    lines = [json.loads(line) for line in (tmp_path / "conflicts.jsonl").read_text().splitlines()]
    assert lines and all(line["winner"]["region"] != line["loser"]["region"] for line in lines)
    counts = records(streams, BEIJING, beijing, first), records(streams, NINGXIA, ningxia, second)
    catch_up(options)
    assert counts == (records(streams, BEIJING, beijing, first), records(streams, NINGXIA, ningxia, second))
    for client, table in ((beijing, first), (ningxia, second)):
        assert all(not name.startswith("dyad") for item in items(client, table).values() for name in item)
        assert all("dyad:applied" not in row for row in items(client, f"{table}.dyad").values())


def test_a_table_without_a_stream_at_the_target_is_refused(server, make_table, first, tmp_path):
    plain = make_table(NINGXIA, **LOG_KEY)
    done = dyad("replicate", *link(first, plain, server.url), "--two-way", "--checkpoint", tmp_path / "c")
    assert done.returncode == 1 and f"the table {plain} in {NINGXIA} has no stream" in done.stderr


def test_bookkeeping_of_another_pair_is_refused(server, options, make_table, first, second, beijing, tmp_path):
    put(beijing, first, 1, "a")
    catch_up(options)
    third = make_table(support.VIRGINIA, StreamSpecification=STREAM, **LOG_KEY)
    other = ["--source-region", BEIJING, "--source-table", first, "--target-region", support.VIRGINIA]
    other += ["--target-table", third, "--endpoint", server.url, "--two-way", "--checkpoint", tmp_path / "other"]
    put(beijing, first, 1, "b")
    done = dyad("replicate", *other, "--until-caught-up")
    assert done.returncode == 1 and "belongs to another link" in done.stderr
    succeed("replicate", *other, "--until-caught-up", "--bookkeeping-table", f"{third}-books")


def test_options_of_two_way_need_it(server, first, second, tmp_path):
    sides = link(first, second, server.url)
    assert dyad("replicate", *sides, "--conflict-log", tmp_path / "log").returncode == 64
    assert dyad("replicate", *sides, "--bookkeeping-table", "books").returncode == 64
    latest = ["--two-way", "--until-caught-up", "--starting-position", "LATEST"]
    assert dyad("replicate", *sides, *latest).returncode == 64


def test_what_is_refused_goes_to_the_dead_letters_and_the_rest_arrives(
    server, make_table, first, beijing, dynamodb, tmp_path
):
    indexed = make_table(
        NINGXIA,
        StreamSpecification=STREAM,
        KeySchema=LOG_KEY["KeySchema"],
        AttributeDefinitions=[*LOG_KEY["AttributeDefinitions"], {"AttributeName": "host", "AttributeType": "S"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-host",
                "KeySchema": [{"AttributeName": "host", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    for number in range(20):
        beijing.put_item(
            TableName=first, Item={**key(number), "host": {"N": "5"} if number == 7 else {"S": "example.com"}}
        )
    options = [*link(first, indexed, server.url), "--two-way", "--checkpoint", tmp_path / "c", "--until-caught-up"]
    done = dyad("replicate", *options)
    assert done.returncode == 1 and '{"requestid":{"N":"7"}}' in last_line(done)
    letters = tmp_path / "letters"
    done = dyad("replicate", *options, "--on-error", "skip-to-dead-letter", "--dead-letters", letters)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["record"]["keys"] for line in letters.read_text().splitlines()] == [key(7)]
    assert len(items(dynamodb(NINGXIA), indexed)) == 19


def test_progress_and_metrics_tell_of_both_ways(options, first, second, beijing, ningxia):
    put(beijing, first, 1, "a")
    put(ningxia, second, 2, "b")
    with replicating(*options, "--progress", "1", "--progress-format", "json", "--metrics-port", "0") as replicator:

        def page():
            said = replicator.said()
            url = said.split("metrics are at ")[1].split("/metrics")[0] + "/metrics"
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.read().decode()

        def shows_both():
            text = page()
            echoes = [line for line in text.splitlines() if line.startswith("dyad_replicate_echoes_total")]
            return len(echoes) == 2 and all(line.endswith(" 1") for line in echoes) and text

        eventually(lambda: "metrics are at " in replicator.said(), timeout=PATIENCE)
        text = eventually(shows_both, timeout=PATIENCE)
        assert text.count("# HELP dyad_replicate_conflicts_total") == 1
        eventually(lambda: '"conflicts":0' in replicator.said(), timeout=PATIENCE)
        told = [json.loads(line) for line in replicator.said().splitlines() if line.startswith("{")]
        assert {line["source"]["region"] for line in told} == {BEIJING, NINGXIA}
