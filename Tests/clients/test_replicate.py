"""`dyad replicate`: the changes of a table in one region, applied to a table in another."""

import signal
import threading

import pytest

import support
from commands import LOG_KEY, STREAM, Replicator, dyad, items, link, replicating, serving, succeed
from support import BEIJING, NINGXIA, eventually
from throttling import throttle

EVERY_KIND = {
    "text": {"S": "Möwe 🐦"},
    "empty": {"S": ""},
    "number": {"N": "-12345678901234567890.123456789"},
    "binary": {"B": b"\x00\xff\x7f"},
    "yes": {"BOOL": True},
    "nothing": {"NULL": True},
    "list": {"L": [{"N": "1"}, {"L": []}, {"M": {}}]},
    "map": {"M": {"in": {"M": {"deeper": {"S": "still"}}}}},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "22", "3.5"]},
    "binaries": {"BS": [b"\x01", b"\x02"]},
}


def key(number):
    return {"requestid": {"N": str(number)}}


def put(client, table, number, text):
    client.put_item(TableName=table, Item={**key(number), "text": {"S": text}})


def texts(client, table):
    """The texts of all items, by requestid."""
    return {int(item["requestid"]["N"]): item["text"]["S"] for item in items(client, table).values()}


@pytest.fixture
def source(make_table):
    return make_table(BEIJING, StreamSpecification=STREAM, **LOG_KEY)


@pytest.fixture
def replica(make_table):
    return make_table(NINGXIA, **LOG_KEY)


@pytest.fixture
def beijing(dynamodb):
    return dynamodb(BEIJING)


@pytest.fixture
def ningxia(dynamodb):
    return dynamodb(NINGXIA)


@pytest.fixture
def options(server, source, replica, tmp_path):
    """Source, target, endpoint and a checkpoint file of the test's own."""
    return [*link(source, replica, server.url), "--checkpoint", tmp_path / "link.dyad-checkpoint"]


def test_inserts_changes_and_removals_arrive(options, source, replica, beijing, ningxia):
    put(beijing, source, 1, "stays")
    put(beijing, source, 2, "first")
    put(beijing, source, 2, "second")
    put(beijing, source, 3, "goes")
    beijing.delete_item(TableName=source, Key=key(3))
    put(beijing, source, 4, "goes")
    beijing.delete_item(TableName=source, Key=key(4))
    put(beijing, source, 4, "comes back")
    succeed("replicate", *options, "--until-caught-up")
    assert texts(ningxia, replica) == {1: "stays", 2: "second", 4: "comes back"}


def test_the_last_of_many_changes_to_one_key_wins(options, source, replica, beijing, ningxia):
    for turn in range(150):
        put(beijing, source, turn % 3, f"turn {turn}")
    succeed("replicate", *options, "--until-caught-up", "--batch-size", "7")
    assert texts(ningxia, replica) == {0: "turn 147", 1: "turn 148", 2: "turn 149"}


def test_values_of_every_type_arrive_whole(options, source, replica, beijing, ningxia):
    beijing.put_item(TableName=source, Item={**key(1), **EVERY_KIND})
    succeed("replicate", *options, "--until-caught-up")
    assert items(ningxia, replica) == items(beijing, source)


def test_keys_of_two_parts_arrive_and_go(server, make_table, dynamodb, tmp_path):
    source = make_table(BEIJING, key={"pk": "S", "sk": "B"}, StreamSpecification=STREAM)
    replica = make_table(NINGXIA, key={"pk": "S", "sk": "B"})
    for sort in (b"\x00", b"\x00\x01", b"\xff"):
        dynamodb(BEIJING).put_item(TableName=source, Item={"pk": {"S": "é"}, "sk": {"B": sort}})
    dynamodb(BEIJING).delete_item(TableName=source, Key={"pk": {"S": "é"}, "sk": {"B": b"\x00\x01"}})
    checkpoint = ["--checkpoint", tmp_path / "link.dyad-checkpoint"]
    succeed("replicate", *link(source, replica, server.url), *checkpoint, "--until-caught-up")
    assert items(dynamodb(NINGXIA), replica) == items(dynamodb(BEIJING), source)
    assert len(items(dynamodb(NINGXIA), replica)) == 2


def test_changes_arrive_while_it_runs_and_sigterm_ends_it_with_0(options, source, replica, beijing, ningxia):
    with replicating(*options):
        for turn in range(5):
            put(beijing, source, turn, f"turn {turn}")
            eventually(lambda: texts(ningxia, replica).get(turn) == f"turn {turn}", because=f"turn {turn}")


def test_a_restart_goes_on_from_the_checkpoint_and_applies_nothing_again(options, source, replica, beijing, ningxia):
    put(beijing, source, 1, "one")
    succeed("replicate", *options, "--until-caught-up")
    ningxia.delete_item(TableName=replica, Key=key(1))
    put(beijing, source, 2, "two")
    succeed("replicate", *options, "--until-caught-up")
    assert texts(ningxia, replica) == {2: "two"}


def test_without_its_checkpoint_it_starts_at_the_horizon(options, source, replica, beijing, ningxia):
    put(beijing, source, 1, "one")
    succeed("replicate", *options, "--until-caught-up")
    ningxia.delete_item(TableName=replica, Key=key(1))
    options[-1].unlink()
    succeed("replicate", *options, "--until-caught-up")
    assert texts(ningxia, replica) == {1: "one"}


def test_latest_leaves_out_what_was_there(options, source, replica, beijing, ningxia):
    put(beijing, source, 1, "before")
    numbers = iter(range(2, 10_000))
    with replicating(*options, "--starting-position", "LATEST"):

        def arrives():
            put(beijing, source, next(numbers), "after")
            return texts(ningxia, replica)

        eventually(arrives, because="a change after the start")
    assert 1 not in texts(ningxia, replica)


def test_a_backfill_copies_what_the_stream_never_saw(server, make_table, replica, beijing, ningxia, tmp_path):
    source = make_table(BEIJING, **LOG_KEY)
    for number in range(60):
        put(beijing, source, number, "before the stream")
    beijing.update_table(TableName=source, StreamSpecification=STREAM)
    eventually(lambda: beijing.describe_table(TableName=source)["Table"]["TableStatus"] == "ACTIVE")
    beijing.delete_item(TableName=source, Key=key(7))
    put(beijing, source, 8, "after")
    options = [*link(source, replica, server.url), "--checkpoint", tmp_path / "link.dyad-checkpoint"]
    succeed("replicate", *options, "--backfill", "--until-caught-up")
    assert texts(ningxia, replica) == texts(beijing, source)
    assert len(texts(ningxia, replica)) == 59


def test_a_restart_after_a_backfill_does_not_copy_again(options, source, replica, beijing, ningxia):
    put(beijing, source, 1, "one")
    succeed("replicate", *options, "--backfill", "--until-caught-up")
    ningxia.delete_item(TableName=replica, Key=key(1))
    succeed("replicate", *options, "--backfill", "--until-caught-up")
    assert texts(ningxia, replica) == {}


@pytest.mark.parametrize("broken", ["source", "target"])
def test_it_survives_a_kill_of_the_server_at_either_end(broken, tmp_path):
    """Source and target are servers of their own; one is killed, comes back on the same port, and nothing is lost."""
    arguments = {end: ["--data", str(tmp_path / end)] for end in ("source", "target")}
    with serving(*arguments["source"], "--port", "0") as first, serving(*arguments["target"], "--port", "0") as second:
        servers = {"source": first, "target": second}
        beijing = support.make_client("dynamodb", first.url, BEIJING, retries={"total_max_attempts": 8})
        ningxia = support.make_client("dynamodb", second.url, NINGXIA, retries={"total_max_attempts": 8})
        beijing.create_table(TableName="tlog", BillingMode="PAY_PER_REQUEST", StreamSpecification=STREAM, **LOG_KEY)
        ningxia.create_table(TableName="copy", BillingMode="PAY_PER_REQUEST", **LOG_KEY)
        for client, table in ((beijing, "tlog"), (ningxia, "copy")):
            eventually(lambda: client.describe_table(TableName=table)["Table"]["TableStatus"] == "ACTIVE")
        options = link("tlog", "copy", source_url=first.url, target_url=second.url)
        with replicating(*options, "--checkpoint", tmp_path / "link.dyad-checkpoint"):
            put(beijing, "tlog", 1, "before")
            eventually(lambda: texts(ningxia, "copy") == {1: "before"}, because="the first change")
            gone = servers[broken]
            gone.kill()
            if broken == "target":
                put(beijing, "tlog", 2, "meanwhile")
            with serving(*arguments[broken], "--port", str(gone.port)):
                put(beijing, "tlog", 3, "after")
                eventually(lambda: texts(ningxia, "copy") == texts(beijing, "tlog"), timeout=30, because="equality")
                assert 3 in texts(ningxia, "copy")


def test_a_source_without_a_stream_is_said_so(server, make_table, replica, tmp_path):
    source = make_table(BEIJING, **LOG_KEY)
    done = dyad("replicate", *link(source, replica, server.url), "--checkpoint", tmp_path / "x", timeout=60)
    assert done.returncode == 1
    assert source in done.stderr and "stream" in done.stderr.lower()


def test_a_source_that_is_not_there_is_said_so(server, replica, tmp_path):
    done = dyad("replicate", *link("no-such-table", replica, server.url), "--checkpoint", tmp_path / "x", timeout=60)
    assert done.returncode == 1
    assert "no-such-table" in done.stderr


def test_sigint_ends_it_with_0_too(options, source, replica, beijing, ningxia):
    replicator = Replicator(*options)
    try:
        put(beijing, source, 1, "one")
        eventually(lambda: texts(ningxia, replica) == {1: "one"}, because="the change")
        assert replicator.end(signal.SIGINT) == 0, replicator.said()
    finally:
        replicator.kill()


class Holding:
    """Keeps back writes until they are released."""

    def __init__(self):
        self.met, self.released = threading.Event(), threading.Event()

    def __call__(self, operation):
        if operation in ("BatchWriteItem", "TransactWriteItems"):
            self.met.set()
            self.released.wait(120)


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("how", [[], ["--guard"]], ids=["plain", "guarded"])
def test_a_signal_lets_the_batch_in_flight_arrive_and_the_checkpoint_says_so(
    how, with_signal, server, source, replica, beijing, ningxia, tmp_path
):
    for number in range(5):
        put(beijing, source, number, "once")
    hold = Holding()
    with throttle(server.url, hold=hold) as slow:
        options = [*link(source, replica, source_url=server.url, target_url=slow.url), "--checkpoint", tmp_path / "c"]
        options += [*how, "--parallelism", 1]
        if how:
            options += ["--coordination-table", f"{replica}.positions"]
            hold.released.set()
            succeed("replicate", *options, "--until-caught-up")
            hold.met.clear(), hold.released.clear()
            put(beijing, source, 5, "once")
        replicator = Replicator(*options)
        try:
            assert hold.met.wait(60), replicator.said()
            replicator.process.send_signal(with_signal)
            hold.released.set()
            assert replicator.process.wait(60) == 0, replicator.said()
        finally:
            hold.released.set()
            replicator.kill()
    last = replicator.said().strip().splitlines()[-1]
    read = 1 if how else 5
    assert f"stopped ({with_signal.name})" in last and f"{read} records read, {read} applied" in last
    assert texts(ningxia, replica) == texts(beijing, source)
    again = dyad("replicate", *options, "--until-caught-up", "--target-endpoint", server.url)
    assert again.returncode == 0 and "caught up; 0 records read" in again.stderr, again.stderr
    if how:
        ningxia.delete_table(TableName=f"{replica}.positions")


def test_a_target_that_hangs_is_not_waited_for_for_ever(server, source, replica, beijing, ningxia, tmp_path):
    put(beijing, source, 1, "once")
    hold = Holding()
    with throttle(server.url, hold=hold) as slow:
        tables = link(source, replica, source_url=server.url, target_url=slow.url)
        replicator = Replicator(*tables, "--checkpoint", tmp_path / "c")
        try:
            assert hold.met.wait(60), replicator.said()
            assert replicator.end(timeout=60) == 0, replicator.said()
        finally:
            hold.released.set()
            replicator.kill()
    assert "checkpoint: shard" in replicator.said().strip().splitlines()[-1]
    succeed("replicate", *link(source, replica, server.url), "--checkpoint", tmp_path / "c", "--until-caught-up")
    assert texts(ningxia, replica) == {1: "once"}
