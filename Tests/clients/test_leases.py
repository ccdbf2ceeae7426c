"""Several `dyad replicate` of one name: they share the shards by leases, and none brings an old item back.

The long run is asked for: DYAD_FLEET_SECONDS=120 DYAD_FLEET_WRITES=2000 pytest Tests/clients/test_leases.py -k killed
"""

import collections
import functools
import os
import random
import signal
import threading
import time

import pytest

from commands import Replicator, dyad, items, link, succeed
from dataplane import N, S
from serving import client as new_client
from serving import make_table, running
from support import BEIJING, NINGXIA, eventually
from test_clock import STREAM
from test_shards import ask

pytestmark = pytest.mark.skipif(bool(os.environ.get("DYAD_ENDPOINT")), reason="a foreign endpoint is tested")

SOURCE, TARGET, COORDINATION, NAME = "source", "target", "leases", "fleet"
KEYS = 400
WAIT = 60
SECONDS = float(os.environ.get("DYAD_FLEET_SECONDS", "20"))
WRITES = int(os.environ.get("DYAD_FLEET_WRITES", "300"))


@pytest.fixture
def server():
    """One of the test's own, with four open shards."""
    with running("--memory", "--port", "0") as server:
        make_table(client(server, BEIJING), SOURCE, StreamSpecification=STREAM)
        make_table(client(server, NINGXIA), TARGET)
        reshard(server, splitAll=True)
        reshard(server, splitAll=True)
        yield server


@functools.cache
def client(server, region):
    """Made once: that takes longer than many requests."""
    return new_client(server, region)


def reshard(server, **order):
    status, answer = ask(server, {"region": BEIJING, "tableName": SOURCE, **order})
    assert status == 200, answer


def worker(server, *options, lease=2):
    tables = link(SOURCE, TARGET, server.url)
    sharing = ["--name", NAME, "--coordination-table", COORDINATION, "--lease-duration", lease]
    return Replicator(*tables, *sharing, "--progress", 1, "--progress-format", "text", *options)


class Workers:
    """Those that a test has started; all are gone with it."""

    def __init__(self, server):
        self.server, self.all = server, []

    def start(self, *options, **settings):
        self.all.append(worker(self.server, *options, **settings))
        return self.all[-1]

    def said(self):
        return "\n".join(f"--- {number}\n{one.said()}" for number, one in enumerate(self.all))


@pytest.fixture
def workers(server):
    workers = Workers(server)
    yield workers
    for one in workers.all:
        one.kill()


def leases(server):
    """The rows of all leases."""
    try:
        rows = items(client(server, NINGXIA), COORDINATION).values()
    except client(server, NINGXIA).exceptions.ResourceNotFoundException:
        return []
    return [row for row in rows if row["row"]["S"].startswith("lease/")]


def loads(server):
    """How many open leases each owner has, most first; None is nobody."""
    is_open = [row for row in leases(server) if not row["checkpoint"]["S"].startswith("finished")]
    return sorted(collections.Counter(row.get("owner", {}).get("S") for row in is_open).items(), key=lambda x: -x[1])


def counts(server):
    return [count for owner, count in loads(server) if owner is not None]


def put(server, number, value=0):
    client(server, BEIJING).put_item(TableName=SOURCE, Item={"pk": S(f"key-{number}"), "n": N(value)})


def assert_equal(server):
    done = dyad("verify", *link(SOURCE, TARGET, server.url))
    assert done.returncode == 0, done.stdout + done.stderr


def equal(server):
    return items(client(server, BEIJING), SOURCE) == items(client(server, NINGXIA), TARGET)


def test_two_and_three_workers_share_the_shards_and_all_changes_arrive(server, workers):
    first = workers.start()
    eventually(lambda: counts(server) == [4], timeout=WAIT, because="one holds all")
    second = workers.start()
    eventually(lambda: counts(server) == [2, 2], timeout=WAIT, because="two share")
    third = workers.start()
    eventually(lambda: counts(server) == [2, 1, 1], timeout=WAIT, because="three share")
    for number in range(200):
        put(server, number)
    eventually(lambda: equal(server), timeout=WAIT, because=f"equality\n{workers.said()}")
    for one in (first, second, third):
        assert one.is_running(), one.said()
        assert one.end() == 0, one.said()
        assert "leases, " in one.said().strip().splitlines()[-1], one.said()
    assert [owner for owner, _ in loads(server)] == [None]
    assert_equal(server)


def test_who_ends_lets_go_at_once(server, workers):
    # Nobody could take over before five minutes are past, if the leases were not let go of.
    first = workers.start(lease=300)
    eventually(lambda: counts(server) == [4], timeout=WAIT)
    second = workers.start(lease=300)
    eventually(lambda: counts(server) == [2, 2], timeout=WAIT)
    assert first.end() == 0, first.said()
    eventually(lambda: counts(server) == [4], timeout=WAIT, because=f"the other holds all\n{second.said()}")
    put(server, 1)
    eventually(lambda: equal(server), timeout=WAIT)


def test_the_leases_of_a_worker_that_was_killed_are_taken(server, workers):
    first, second = workers.start(), workers.start()
    eventually(lambda: counts(server) == [2, 2], timeout=WAIT)
    first.kill()
    for number in range(100):
        put(server, number)
    eventually(lambda: equal(server), timeout=WAIT, because=f"equality\n{second.said()}")
    assert counts(server) == [4]


def test_children_wait_for_parents_of_another_worker(server, workers):
    workers.start(), workers.start()
    eventually(lambda: counts(server) == [2, 2], timeout=WAIT)
    for turn in range(3):
        for number in range(100):
            put(server, number % 20, turn * 100 + number)
        reshard(server, rollAll=True)
    put(server, 1, 1000)
    eventually(lambda: equal(server), timeout=WAIT, because=f"equality\n{workers.said()}")


def test_a_backfill_is_scanned_by_one_and_outlives_it(server, workers):
    for number in range(3000):
        put(server, number)
    first = workers.start("--backfill", "--batch-size", 5, "--parallelism", 1)
    second = workers.start("--backfill", "--batch-size", 5, "--parallelism", 1)
    eventually(lambda: items(client(server, NINGXIA), TARGET), timeout=WAIT)
    first.kill()
    eventually(lambda: equal(server), timeout=WAIT, because=f"equality\n{second.said()}")
    eventually(lambda: "the replica is consistent" in workers.said(), timeout=WAIT)
    for number in range(10):
        client(server, BEIJING).delete_item(TableName=SOURCE, Key={"pk": S(f"key-{number}")})
    eventually(lambda: equal(server), timeout=WAIT, because=f"equality\n{second.said()}")


def test_each_ends_when_all_shards_have_caught_up(server, workers):
    for number in range(300):
        put(server, number)
    both = [workers.start("--until-caught-up", "--backfill") for _ in range(2)]
    for one in both:
        assert one.process.wait(WAIT) == 0, workers.said()
        assert "caught up" in one.said().strip().splitlines()[-1]
    assert_equal(server)


def test_a_guarded_process_alone(server, tmp_path):
    for number in range(300):
        put(server, number)
    options = [*link(SOURCE, TARGET, server.url), "--checkpoint", tmp_path / "checkpoint", "--guard"]
    succeed("replicate", *options, "--until-caught-up", "--backfill")
    put(server, 5, 7)
    succeed("replicate", *options, "--until-caught-up", "--parallelism", "3")
    assert_equal(server)


def test_what_does_not_go_together_is_said(server):
    tables = link(SOURCE, TARGET, server.url)
    done = dyad("replicate", *tables, "--name", "x", "--checkpoint", "y")
    assert done.returncode != 0 and "--checkpoint does not go with --name" in done.stderr
    done = dyad("replicate", *tables, "--name", "a/b", "--coordination-table", COORDINATION)
    assert done.returncode == 1 and "a replication's name is" in done.stderr
    done = dyad("replicate", *tables, "--name", "x", "--coordination-table", TARGET)
    assert done.returncode == 1 and "no coordination table" in done.stderr


class Writer(threading.Thread):
    """Puts, at a rate, items whose number only grows, and deletes some."""

    def __init__(self, server, place, of, rate):
        super().__init__(daemon=True)
        self.client, self.chance, self.rate = new_client(server, BEIJING), random.Random(place), rate
        self.keys = range(place, KEYS, of)
        self.ended, self.writes, self.error = threading.Event(), 0, None

    def run(self):
        start = time.monotonic()
        try:
            while not self.ended.is_set():
                ahead = self.writes / self.rate - (time.monotonic() - start)
                if ahead > 0:
                    self.ended.wait(ahead)
                self.client.batch_write_item(RequestItems={SOURCE: [self.request(key) for key in self.some()]})
        except Exception as error:
            self.error = error

    def some(self):
        return self.chance.sample(self.keys, min(25, len(self.keys)))

    def request(self, key):
        self.writes += 1
        key = {"pk": S(f"key-{key}")}
        if self.chance.random() < 0.15:
            return {"DeleteRequest": {"Key": key}}
        return {"PutRequest": {"Item": {**key, "n": N(self.writes)}}}


class Reader(threading.Thread):
    """Looks at the replica all the time: no key may show a number that it has shown to be past."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.client, self.ended = new_client(server, NINGXIA), threading.Event()
        self.seen, self.gone, self.looks, self.regressions = {}, set(), 0, []

    def run(self):
        while not self.ended.is_set():
            found = {key[0]: int(item["n"]["N"]) for key, item in items(self.client, TARGET).items()}
            for key, number in found.items():
                former = self.seen.get(key, -1)
                if number < former or (key in self.gone and number <= former):
                    self.regressions.append((key, former, key in self.gone, number))
                self.seen[key] = number
            self.gone = set(self.seen) - set(found)
            self.looks += 1
            # It shares this process with the writers.
            self.ended.wait(0.1)


def test_killed_in_turn_they_lose_nothing_and_nothing_goes_back(server, workers):
    chance = random.Random(1)
    writers = [Writer(server, place, 4, WRITES / 4) for place in range(4)]
    reader = Reader(server)
    alive = [workers.start(), workers.start()]
    kills = 0
    for thread in (*writers, reader):
        thread.start()
    try:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            # When they die is what this test varies; some stand still longer than a lease is good for, and come back.
            time.sleep(chance.uniform(1, 4))
            victim = kills % 2
            if chance.random() < 0.3:
                alive[victim].process.send_signal(signal.SIGSTOP)
                time.sleep(3)
                alive[victim].process.send_signal(signal.SIGCONT)
            else:
                alive[victim].kill()
                alive[victim] = workers.start()
            kills += 1
            if chance.random() < 0.3:
                reshard(server, rollAll=True)
    finally:
        for thread in writers:
            thread.ended.set()
        for thread in writers:
            thread.join(30)
    eventually(lambda: equal(server), timeout=120, because=f"equality\n{workers.said()}")
    reader.ended.set()
    reader.join(30)
    for thread in writers:
        assert thread.error is None, thread.error
    writes = sum(thread.writes for thread in writers)
    print(f"{writes} writes, {kills} kills and pauses, {reader.looks} looks at the replica")
    assert kills >= 3 and reader.looks > 20 and writes > SECONDS * WRITES / 3
    assert reader.regressions == []
    for one in alive:
        assert one.is_running(), one.said()
        assert one.end() == 0, one.said()
    assert_equal(server)


def test_a_fleet_is_proven_equal_under_load_and_a_planted_difference_is_found_and_mended(server, workers):
    tables = link(SOURCE, TARGET, server.url)
    live = ["verify", "--live", *tables, "--name", NAME, "--coordination-table", COORDINATION]
    beijing, ningxia = client(server, BEIJING), client(server, NINGXIA)
    workers.start(), workers.start()
    for number in range(5000, 5050):
        put(server, number)
    eventually(lambda: len(items(ningxia, TARGET)) == 50, timeout=WAIT, because=workers.said())
    writers = [Writer(server, place, 2, 100) for place in range(2)]
    for thread in writers:
        thread.start()
    try:
        for turn in range(2):
            done = dyad(*live)
            assert done.returncode == 0, done.stdout + done.stderr
            assert done.stdout.strip().splitlines()[-1] == "equal"
            # Once more with children that nobody has begun before.
            reshard(server, rollAll=True)
        ningxia.put_item(TableName=TARGET, Item={"pk": S("key-5001"), "n": N(99)})
        ningxia.put_item(TableName=TARGET, Item={"pk": S("key-9999"), "n": N(99)})
        ningxia.delete_item(TableName=TARGET, Key={"pk": S("key-5002")})
        done = dyad(*live)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "missing 1, extra 1, different 1" in done.stdout
        for line in ("different {\"pk\":{\"S\":\"key-5001\"}}", "  target {\"n\":{\"N\":\"99\"},\"pk\":{\"S\":\"key-5001\"}}"):
            assert line in done.stdout.splitlines(), done.stdout
        assert "last applied sequence number none" not in done.stdout
        done = dyad(*live, "--repair")
        assert done.returncode == 0 and "repaired 3" in done.stdout, done.stdout + done.stderr
        done = dyad(*live)
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        for thread in writers:
            thread.ended.set()
        for thread in writers:
            thread.join(30)
    assert all(thread.error is None and thread.writes > 100 for thread in writers)
    for one in workers.all:
        assert one.end() == 0, one.said()
    # Nobody moves the watermark any more.
    beijing.put_item(TableName=SOURCE, Item={"pk": S("key-5001"), "n": N(1)})
    done = dyad(*live, "--patience", 1)
    assert done.returncode == 2 and "Is dyad replicate running?" in done.stderr, done.stdout + done.stderr


def test_a_fleet_that_is_none_cannot_prove_anything(server, tmp_path):
    tables = link(SOURCE, TARGET, server.url)
    put(server, 1)
    live = ["verify", "--live", *tables, "--coordination-table", COORDINATION]
    done = dyad(*live, "--name", "nobody")
    assert done.returncode == 2 and COORDINATION in done.stderr, done.stderr
    tables_before = client(server, NINGXIA).list_tables()["TableNames"]
    assert COORDINATION not in tables_before, "to verify makes no table"
    alone = ["--checkpoint", tmp_path / "checkpoint", "--guard", "--coordination-table", COORDINATION]
    succeed("replicate", *tables, *alone, "--until-caught-up")
    put(server, 1, 2)
    done = dyad(*live, "--name", "nobody")
    assert done.returncode == 2 and "there is no replication nobody" in done.stderr, done.stderr
    name = f"{BEIJING}-{SOURCE}-{NINGXIA}-{TARGET}"
    done = dyad(*live, "--name", name)
    assert done.returncode == 2 and "of a single process" in done.stderr, done.stderr
    replicator = Replicator(*tables, *alone)
    try:
        done = dyad("verify", "--live", *tables, "--checkpoint", tmp_path / "checkpoint")
        assert done.returncode == 0, done.stdout + done.stderr
        assert replicator.end() == 0, replicator.said()
    finally:
        replicator.kill()
    done = dyad("verify", *tables, "--name", "x")
    assert done.returncode == 64 and "--name goes with --live" in done.stderr
