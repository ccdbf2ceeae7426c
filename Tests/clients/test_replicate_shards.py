"""The replicator beside a stream whose shards split, roll and come of age while it runs, dies and comes back."""

import os
import random
import threading

import pytest

from commands import Replicator, dyad, link, succeed
from dataplane import N, S
from serving import client, make_table, running
from support import BEIJING, NINGXIA, eventually
from test_clock import HOUR, STREAM, Clock
from test_shards import ask

pytestmark = pytest.mark.skipif(bool(os.environ.get("DYAD_ENDPOINT")), reason="a foreign endpoint is tested")

SOURCE, TARGET = "source", "target"
KEYS = 200


@pytest.fixture
def server():
    """One of the test's own, since its clock is moved, with both tables."""
    with running("--memory", "--port", "0") as server:
        make_table(client(server, BEIJING), SOURCE, StreamSpecification=STREAM)
        make_table(client(server, NINGXIA), TARGET)
        yield server


class Writer(threading.Thread):
    """Counts an item of some up, or deletes it, until it is told to stop."""

    def __init__(self, server, seed):
        super().__init__(daemon=True)
        self.client, self.chance = client(server, BEIJING), random.Random(seed)
        self.ended, self.writes, self.error = threading.Event(), 0, None

    def run(self):
        try:
            while not self.ended.is_set():
                key = {"pk": S(f"key-{self.chance.randrange(KEYS)}")}
                if self.chance.random() < 0.2:
                    self.client.delete_item(TableName=SOURCE, Key=key)
                else:
                    self.client.put_item(TableName=SOURCE, Item={**key, "n": N(self.writes)})
                self.writes += 1
        except Exception as error:
            self.error = error

    def more(self, count):
        """Returns when so many more writes are done."""
        wanted = self.writes + count
        eventually(lambda: self.error or self.writes >= wanted, timeout=60)
        assert self.error is None, self.error

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()


def reshard(server, **order):
    status, answer = ask(server, {"region": BEIJING, "tableName": SOURCE, **order})
    assert status == 200, answer
    return answer["shards"]


@pytest.mark.parametrize("seed", range(3))
def test_splits_rolls_and_hours_lose_nothing_and_bring_nothing_back(server, tmp_path, seed):
    tables = link(SOURCE, TARGET, server.url)
    options = [*tables, "--checkpoint", tmp_path / "checkpoint", "--parallelism", 4, "--batch-size", 10]
    clock, chance = Clock(server), random.Random(seed)
    running_now = Replicator(*options, "--backfill")
    try:
        with Writer(server, seed) as writer:
            for step in range(8):
                writer.more(60)
                kind = chance.choice(["split", "split", "roll", "hours", "kill"])
                if kind == "split":
                    reshard(server, splitAll=True) if step < 4 else reshard(server, rollAll=True)
                elif kind == "roll":
                    reshard(server, rollAll=True)
                elif kind == "hours":
                    # Iterators expire, and shards come of age.
                    clock.advance(5 * HOUR)
                else:
                    running_now.kill()
                    running_now = Replicator(*options, "--backfill")
            # Each shard that was open is closed now, and has a child.
            listed = reshard(server, rollAll=True)
            writer.more(60)
        assert len(listed) > 2
        assert running_now.is_running(), running_now.said()
        assert running_now.end() == 0, running_now.said()
    finally:
        running_now.kill()
    succeed("replicate", *options, "--until-caught-up")
    done = dyad("verify", *tables)
    assert done.returncode == 0, done.stdout + done.stderr
