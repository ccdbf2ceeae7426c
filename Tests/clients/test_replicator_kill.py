"""The replicator dies at any moment, twenty times, while the source is written to; in the end nothing is missing."""

import random
import subprocess
import threading

import pytest

import support
from commands import LOG_KEY, STREAM, Replicator, dyad, link, succeed
from support import BEIJING, NINGXIA

KILLS = 20
KEYS = 300
#: From before the first request to well after the first checkpoints.
ALIVE_SECONDS_MIN, ALIVE_SECONDS_MAX = 0.01, 0.5


class Writer(threading.Thread):
    """Puts, updates and deletes items of a few keys until it is told to stop."""

    def __init__(self, client, table, seed):
        super().__init__(daemon=True)
        self.client, self.table, self.chance = client, table, random.Random(seed)
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
        key = {"requestid": {"N": str(self.chance.randrange(KEYS))}}
        kind = self.chance.random()
        if kind < 0.25:
            self.client.delete_item(TableName=self.table, Key=key)
        elif kind < 0.5:
            text = {"S": f"write {self.writes}"}
            self.client.put_item(TableName=self.table, Item={**key, "text": text, "turns": {"N": "0"}})
        else:
            self.client.update_item(
                TableName=self.table,
                Key=key,
                UpdateExpression="ADD turns :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )


@pytest.mark.parametrize("how", [[], ["--backfill"]], ids=["from the horizon", "with a backfill"])
def test_a_replicator_killed_twenty_times_loses_nothing(how, server, dynamodb, make_table, tmp_path):
    source = make_table(BEIJING, StreamSpecification=STREAM, **LOG_KEY)
    replica = make_table(NINGXIA, **LOG_KEY)
    options = [*link(source, replica, server.url), "--checkpoint", tmp_path / "link.dyad-checkpoint", *how]
    chance = random.Random(f"kill {how}")
    client = support.make_client("dynamodb", server.url, BEIJING)
    writer = Writer(client, source, seed=chance.random())
    writer.start()
    try:
        for kill in range(KILLS):
            replicator = Replicator(*options)
            try:
                # The moment of death is what this test varies; there is nothing to wait for.
                code = wait(replicator, chance.uniform(ALIVE_SECONDS_MIN, ALIVE_SECONDS_MAX))
                assert code is None, f"before kill {kill} it ended by itself: {code}\n{replicator.said()}"
            finally:
                replicator.kill()
    finally:
        writer.stopping.set()
        writer.join(30)
    assert writer.error is None and writer.writes > KEYS, (writer.error, writer.writes)
    arrived = dynamodb(NINGXIA).scan(TableName=replica, Select="COUNT")["Count"]
    assert arrived > 0, "no replicator lived long enough to do anything"
    succeed("replicate", *options, "--until-caught-up")
    done = dyad("verify", *link(source, replica, server.url))
    assert done.returncode == 0, done.stdout + done.stderr


def wait(replicator, seconds):
    """The exit code, or None while it runs still."""
    try:
        return replicator.process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
