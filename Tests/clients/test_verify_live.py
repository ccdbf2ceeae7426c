"""`dyad verify --live`: equality proven while both sides are written to, and differences mended."""

import threading

import pytest
import support
from commands import LOG_KEY, STREAM, dyad, link, replicating
from support import eventually


@pytest.fixture
def pair(dynamodb, make_table):
    source = make_table(region=support.BEIJING, StreamSpecification=STREAM, **LOG_KEY)
    target = make_table(region=support.NINGXIA, **LOG_KEY)
    return dynamodb(support.BEIJING), source, dynamodb(support.NINGXIA), target


def put(client, table, number, value):
    client.put_item(TableName=table, Item={"requestid": {"N": str(number)}, "value": {"S": str(value)}})


class Writer(threading.Thread):
    """Puts and deletes items of a table for as long as the block lasts."""

    def __init__(self, client, table):
        super().__init__(daemon=True)
        self.client, self.table, self.ended, self.writes = client, table, threading.Event(), 0

    def run(self):
        while not self.ended.is_set():
            number = self.writes % 300
            if self.writes % 7 == 0:
                self.client.delete_item(TableName=self.table, Key={"requestid": {"N": str(number)}})
            else:
                put(self.client, self.table, number, self.writes)
            self.writes += 1

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()


def test_tables_are_proven_equal_under_load_and_a_planted_difference_is_found_and_mended(server, pair, tmp_path):
    beijing, source, ningxia, target = pair
    for number in range(1000, 1200):
        put(beijing, source, number, "first")
    tables = link(source, target, server.url)
    checkpoint = ["--checkpoint", tmp_path / "checkpoint"]
    with replicating(*tables, *checkpoint), Writer(beijing, source) as writer:
        eventually((tmp_path / "checkpoint").exists, timeout=60, because="the first checkpoint")
        before = writer.writes
        done = dyad("verify", "--live", *tables, *checkpoint)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.strip().splitlines()[-1] == "equal"
        assert writer.writes > before

        put(ningxia, target, 1100, "spoiled")
        put(ningxia, target, 5000, "never in the source")
        ningxia.delete_item(TableName=target, Key={"requestid": {"N": "1101"}})
        done = dyad("verify", "--live", *tables, *checkpoint)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "missing 1, extra 1, different 1" in done.stdout
        lines = done.stdout.splitlines()
        at = lines.index('different {"requestid":{"N":"1100"}}')
        assert lines[at + 1] == '  source {"requestid":{"N":"1100"},"value":{"S":"first"}}'
        assert lines[at + 2] == '  target {"requestid":{"N":"1100"},"value":{"S":"spoiled"}}'
        assert len(lines[at + 3].removeprefix("  last applied sequence number ")) >= 21

        done = dyad("verify", "--live", "--repair", *tables, *checkpoint)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "repaired 3" in done.stdout and "equal now" in done.stdout
        done = dyad("verify", "--live", *tables, *checkpoint)
        assert done.returncode == 0, done.stdout + done.stderr


def test_repair_at_rest_leaves_equal_tables(server, pair):
    beijing, source, ningxia, target = pair
    for number in range(30):
        put(beijing, source, number, "new")
    for number in range(20, 40):
        put(ningxia, target, number, "old")
    done = dyad("verify", "--repair", "--rate-limit", "1000", *link(source, target, server.url))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "missing 20, extra 10, different 10" in done.stdout and "repaired 40" in done.stdout
    assert dyad("verify", *link(source, target, server.url)).returncode == 0


def test_without_a_checkpoint_there_is_nothing_to_go_by(server, pair, tmp_path):
    beijing, source, _, target = pair
    put(beijing, source, 1, "not carried")
    done = dyad("verify", "--live", *link(source, target, server.url), "--checkpoint", tmp_path / "none")
    assert done.returncode == 2
    assert "there is no checkpoint" in done.stderr


def test_a_replicator_that_does_not_run_is_not_waited_for_for_ever(server, pair, tmp_path):
    beijing, source, _, target = pair
    checkpoint = ["--checkpoint", tmp_path / "checkpoint"]
    tables = link(source, target, server.url)
    assert dyad("replicate", *tables, *checkpoint, "--until-caught-up").returncode == 0
    put(beijing, source, 1, "not carried")
    done = dyad("verify", "--live", *tables, *checkpoint, "--patience", "1")
    assert done.returncode == 2
    assert "Is dyad replicate running?" in done.stderr
