"""A backfill whose copying takes longer than the stream keeps its changes: they are spooled, and nothing is lost."""

import contextlib
import os
import random
import re
import socket
import sqlite3
import threading
import urllib.request

import pytest

from commands import Replicator, dyad, link, succeed
from dataplane import N, S
from serving import client, make_table, running
from streamreader import read_all
from support import BEIJING, NINGXIA, eventually, files_of_at_most
from test_clock import HOUR, STREAM, Clock
from test_replicate_shards import KEYS, SOURCE, TARGET, Writer, reshard

pytestmark = pytest.mark.skipif(bool(os.environ.get("DYAD_ENDPOINT")), reason="a foreign endpoint is tested")

ITEMS = 400


@pytest.fixture
def server():
    """One of the test's own, since its clock is moved, with both tables, the source's filled before its stream."""
    with running("--memory", "--port", "0") as server:
        beijing = client(server, BEIJING)
        make_table(beijing, SOURCE, StreamSpecification=STREAM)
        make_table(client(server, NINGXIA), TARGET)
        for first in range(0, ITEMS, 25):
            puts = [{"PutRequest": {"Item": {"pk": S(f"old-{first + n}"), "n": N(n)}}} for n in range(25)]
            beijing.batch_write_item(RequestItems={SOURCE: puts})
        yield server


class Gate:
    """Passes connections on to a server, and holds what writes items until it is opened."""

    def __init__(self, url):
        host, _, port = url.removeprefix("http://").rpartition(":")
        self.there = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.opened, self.held, self.ended = threading.Event(), threading.Event(), threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self.ended.is_set():
            try:
                ours, _ = self.listener.accept()
                theirs = socket.create_connection(self.there)
            except OSError:
                return
            threading.Thread(target=self._pump, args=(ours, theirs, True), daemon=True).start()
            threading.Thread(target=self._pump, args=(theirs, ours, False), daemon=True).start()

    def _pump(self, source, sink, is_request):
        try:
            while data := source.recv(65536):
                if is_request and b"BatchWriteItem" in data:
                    self.held.set()
                    self.opened.wait(600)
                sink.sendall(data)
        except OSError:
            pass
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.opened.set()
        self.listener.close()


class Link:
    """A replication through a gate, started as often as it is killed."""

    def __init__(self, server, gate, folder, *options):
        self.server, self.folder, self.spool = server, folder, folder / "checkpoint.spool"
        self.tables = link(SOURCE, TARGET, source_url=server.url, target_url=gate.url)
        self.options = ["--checkpoint", folder / "checkpoint", "--backfill", "--parallelism", 4, *options]
        self.replicator = None

    def start(self, *options):
        self.replicator = Replicator(*self.tables, *self.options, *options, "--metrics-port", 0)

    def metric(self, name):
        """Nil while there is none."""
        assert self.replicator.is_running(), self.replicator.said()
        found = re.search(r"metrics are at (\S+)", self.replicator.said())
        if not found:
            return None
        with urllib.request.urlopen(found.group(1)) as answer:
            value = re.search(rf"^dyad_replicate_{name}{{[^}}]*}} ([0-9.]+)$", answer.read().decode(), re.MULTILINE)
        return float(value.group(1)) if value else None

    def wait_spooled(self, count):
        def is_spooled():
            found = self.metric("spool_records") or 0
            assert found >= count, f"{found:.0f} of {count}\n{self.replicator.said()}"
            return True

        eventually(is_spooled, timeout=60, because="spooled records")

    def wait_consistent(self):
        def is_consistent():
            said = self.replicator.said()
            assert "the replica is consistent" in said, said
            return True

        eventually(is_consistent, timeout=60, because="a consistent replica")

    def verify(self):
        done = dyad("verify", *link(SOURCE, TARGET, self.server.url))
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def replication(server, tmp_path):
    with Gate(server.url) as gate:
        made = Link(server, gate, tmp_path)
        made.gate = gate
        try:
            yield made
        finally:
            if made.replicator:
                made.replicator.kill()


def kept_by_stream(server):
    streams = client(server, BEIJING, "dynamodbstreams")
    arn = client(server, BEIJING).describe_table(TableName=SOURCE)["Table"]["LatestStreamArn"]
    return read_all(streams, arn)


def pass_hours(server, writer, replication, hours, step=6):
    """Time goes by while it is written; what is written is read within a step."""
    clock = Clock(server)
    for _ in range(0, hours, step):
        writer.more(40)
        replication.wait_spooled(writer.writes - writer.unstreamed)
        clock.advance(step * HOUR)


@pytest.fixture
def writer(server):
    class Counted(Writer):
        """Knows how many of its writes changed nothing, which a stream does not tell."""

        unstreamed = 0

        def run(self):
            try:
                while not self.ended.is_set():
                    key = {"pk": S(f"{self.chance.choice(['key', 'old'])}-{self.chance.randrange(KEYS)}")}
                    if self.chance.random() < 0.3:
                        gone = self.client.delete_item(TableName=SOURCE, Key=key, ReturnValues="ALL_OLD")
                        self.unstreamed += "Attributes" not in gone
                    else:
                        self.client.put_item(TableName=SOURCE, Item={**key, "n": N(self.writes)})
                    self.writes += 1
            except Exception as error:
                self.error = error

    return Counted(server, seed=5)


def test_a_scan_that_takes_days_loses_nothing(server, replication, writer):
    replication.start()
    assert replication.gate.held.wait(60), replication.replicator.said()
    with writer:
        # What the filling told is in the stream too.
        pass_hours(server, writer, replication, 30)
        replication.replicator.kill()
        writer.more(40)
        replication.start()
        pass_hours(server, writer, replication, 30)
        reshard(server, splitAll=True)
        pass_hours(server, writer, replication, 30)
        assert replication.metric("items_copied_total") == 0
        # The stream has forgotten most of it, the file has it.
        spooled = replication.metric("spool_records")
        assert len(kept_by_stream(server)) < spooled / 2
        assert replication.spool.stat().st_size > 0
        replication.gate.opened.set()
        eventually(lambda: replication.metric("records_applied_total"), timeout=60)
        replication.replicator.kill()
        # It may have been quicker than the kill.
        said = replication.replicator.said()
        replication.start()
        writer.more(40)
        if "the replica is consistent" not in said:
            replication.wait_consistent()
            said += replication.replicator.said()
        assert said.index("the spool is removed") < said.index("the replica is consistent")
        writer.more(40)
    assert replication.replicator.end() == 0
    succeed("replicate", *replication.tables, *replication.options, "--until-caught-up")
    assert "equal" in replication.verify()
    assert [file.name for file in replication.folder.iterdir() if "spool" in file.name] == []


def test_killed_at_any_moment_it_goes_on(server, replication, writer):
    chance = random.Random(8)
    clock = Clock(server)
    with writer:
        for turn in range(12):
            if turn == 6:
                replication.gate.opened.set()
            replication.start()
            with contextlib.suppress(AssertionError):
                # The moment of death is what this test varies.
                eventually(lambda: False, timeout=chance.uniform(0.05, 1.0))
            assert replication.replicator.is_running(), replication.replicator.said()
            if turn in (2, 4):
                replication.wait_spooled(writer.writes - writer.unstreamed)
            replication.replicator.kill()
            if turn in (2, 4):
                clock.advance(15 * HOUR)
    assert writer.error is None and writer.writes > 0
    succeed("replicate", *replication.tables, *replication.options, "--until-caught-up")
    assert "equal" in replication.verify()
    assert not replication.spool.exists()


def test_a_gap_ends_it_and_is_never_silent(server, replication, writer):
    replication.start()
    assert replication.gate.held.wait(60)
    with writer:
        writer.more(40)
        replication.wait_spooled(writer.writes - writer.unstreamed)
        replication.replicator.kill()
        writer.more(40)
    # Nobody spooled these, and the stream keeps them no longer.
    Clock(server).advance(30 * HOUR)
    replication.gate.opened.set()
    once = [option for option in replication.options if option != "--backfill"]
    done = dyad("replicate", *replication.tables, *once, "--until-caught-up")
    assert done.returncode == 1
    assert "so changes are lost" in done.stderr and "--backfill" in done.stderr
    # Asked for a backfill it copies anew, and says what may be left.
    done = dyad("replicate", *replication.tables, *replication.options, "--until-caught-up")
    assert done.returncode == 0, done.stderr
    assert "copying the table anew" in done.stderr


def test_a_spool_that_is_gone_is_missed(server, replication):
    replication.start()
    assert replication.gate.held.wait(60)
    replication.wait_spooled(1)
    replication.replicator.kill()
    replication.gate.opened.set()
    once = [option for option in replication.options if option != "--backfill"]
    done = dyad("replicate", *replication.tables, *once, "--no-spool")
    assert done.returncode == 1 and "leave --no-spool out" in done.stderr
    for file in replication.folder.glob("checkpoint.spool*"):
        file.unlink()
    done = dyad("replicate", *replication.tables, *once, "--until-caught-up")
    assert done.returncode == 1 and "changes that were made during the copying are lost" in done.stderr
    done = dyad("replicate", *replication.tables, *replication.options, "--until-caught-up")
    assert done.returncode == 0 and "The table is copied anew" in done.stderr
    assert "equal" in replication.verify()


def test_a_file_of_something_else_is_left_alone(server, replication):
    diary = sqlite3.connect(replication.spool)
    diary.execute("CREATE TABLE diary(day TEXT)")
    diary.commit()
    diary.close()
    before = replication.spool.read_bytes()
    done = dyad("replicate", *replication.tables, *replication.options, "--until-caught-up")
    assert done.returncode == 1 and "it is a database of something else" in done.stderr
    assert replication.spool.read_bytes() == before


def test_a_full_disk_ends_it_and_loses_nothing(server, replication):
    beijing = client(server, BEIJING)

    def fill():
        for number in range(100):
            beijing.put_item(TableName=SOURCE, Item={"pk": S(f"large-{number}"), "filler": S("f" * 10_000)})

    with files_of_at_most(300_000):
        replication.start()
    assert replication.gate.held.wait(60)
    fill()
    assert replication.replicator.process.wait(60) == 1
    last = replication.replicator.said().strip().splitlines()[-1]
    assert "cannot be spooled" in last and str(replication.spool) in last, last
    replication.gate.opened.set()
    succeed("replicate", *replication.tables, *replication.options, "--until-caught-up")
    assert "equal" in replication.verify()


def test_a_full_spool_rests_on_the_stream(server, replication, writer):
    replication.start("--spool-max-bytes", 60_000)
    assert replication.gate.held.wait(60)
    with writer:
        writer.more(300)
        eventually(lambda: "all that --spool-max-bytes allows" in replication.replicator.said(), timeout=60)
        writer.more(400)
        # The page shows each second's status.
        spooled = eventually(lambda: replication.metric("spool_records"), timeout=60)
        assert spooled < writer.writes - writer.unstreamed - 200
        replication.gate.opened.set()
        replication.wait_consistent()
    assert replication.replicator.end() == 0
    succeed("replicate", *replication.tables, *replication.options, "--until-caught-up")
    assert "equal" in replication.verify()
