"""Capacity units that the replicator takes from either side, counted by the server's own ConsumedCapacity."""

import time

import pytest

import support
from commands import LOG_KEY, STREAM, Replicator, dyad, items, link, succeed
from support import BEIJING, NINGXIA
from throttling import throttle

ITEMS = 150


@pytest.fixture
def pair(make_table):
    return make_table(BEIJING, StreamSpecification=STREAM, **LOG_KEY), make_table(NINGXIA, **LOG_KEY)


def fill(client, table, size):
    for number in range(ITEMS):
        client.put_item(TableName=table, Item={"requestid": {"N": str(number)}, "text": {"S": "x" * size}})


def timed(*arguments):
    start = time.monotonic()
    succeed(*arguments)
    return time.monotonic() - start


def test_a_backfill_reads_no_faster_than_its_limit(server, dynamodb, pair, tmp_path):
    source, replica = pair
    fill(dynamodb(BEIJING), source, 5000)
    with throttle(server.url) as counter:
        tables = link(source, replica, source_url=counter.url, target_url=server.url)
        options = ["--checkpoint", tmp_path / "checkpoint", "--backfill", "--until-caught-up", "--parallelism", 3]
        passed = timed("replicate", *tables, *options, "--read-rate-limit", 50)
    pages = counter.units["Scan"]
    assert sum(pages) >= ITEMS * 5000 / 4096
    # The last page is paid by who comes next, and one may be under way that costs more than was expected.
    assert passed >= (sum(pages) - 2 * max(pages)) / 50 > 0
    # A page holds what a second allows, about, so none is a burst.
    assert max(pages) <= 100
    assert "GetRecords" not in counter.units
    assert items(dynamodb(BEIJING), source) == items(dynamodb(NINGXIA), replica)


def test_a_target_is_written_no_faster_than_its_limit(server, dynamodb, pair, tmp_path):
    source, replica = pair
    fill(dynamodb(BEIJING), source, 3000)
    with throttle(server.url) as counter:
        tables = link(source, replica, source_url=server.url, target_url=counter.url)
        options = ["--checkpoint", tmp_path / "checkpoint", "--until-caught-up", "--write-rate-limit", 90]
        passed = timed("replicate", *tables, *options)
    calls = counter.units["BatchWriteItem"]
    assert sum(calls) == ITEMS * 3, "the server tells three units an item"
    assert passed >= (sum(calls) - max(calls)) / 90 > 0
    assert max(calls) <= 90
    assert items(dynamodb(BEIJING), source) == items(dynamodb(NINGXIA), replica)


@pytest.mark.parametrize("how", ["guard", "fleet"])
def test_transactions_write_no_faster_than_the_limit(how, server, dynamodb, pair, tmp_path):
    source, replica = pair
    fill(dynamodb(BEIJING), source, 3000)
    sharing = ["--coordination-table", f"{replica}.positions"]
    sharing += ["--name", "fleet"] if how == "fleet" else ["--guard", "--checkpoint", tmp_path / "checkpoint"]
    try:
        with throttle(server.url) as counter:
            tables = link(source, replica, source_url=server.url, target_url=counter.url)
            passed = timed("replicate", *tables, *sharing, "--until-caught-up", "--write-rate-limit", 180)
    finally:
        dynamodb(NINGXIA).delete_table(TableName=f"{replica}.positions")
    calls = counter.table_units["TransactWriteItems", replica]
    assert sum(calls) == ITEMS * 6, "the server tells six units an item in a transaction"
    assert passed >= (sum(calls) - max(calls)) / 180 > 0
    assert max(calls) <= 2 * 180
    assert items(dynamodb(BEIJING), source) == items(dynamodb(NINGXIA), replica)


def test_both_ways_each_table_is_read_and_written_no_faster_than_the_limits(server, dynamodb, make_table, tmp_path):
    tables = [make_table(region, StreamSpecification=STREAM, **LOG_KEY) for region in (BEIJING, NINGXIA)]
    fill(dynamodb(BEIJING), tables[0], 3000)
    for number in range(1000, 1000 + ITEMS):
        item = {"requestid": {"N": str(number)}, "text": {"S": "y" * 3000}}
        dynamodb(NINGXIA).put_item(TableName=tables[1], Item=item)
    try:
        with throttle(server.url) as first, throttle(server.url) as second:
            sides = link(*tables, source_url=first.url, target_url=second.url)
            options = ["--two-way", "--checkpoint", tmp_path / "checkpoint", "--until-caught-up", "--backfill"]
            passed = timed("replicate", *sides, *options, "--read-rate-limit", 100, "--write-rate-limit", 200)
    finally:
        for table, region in zip(tables, (BEIJING, NINGXIA)):
            dynamodb(region).delete_table(TableName=f"{table}.dyad")
    for counter, table in ((first, tables[0]), (second, tables[1])):
        writes = counter.table_units["TransactWriteItems", table]
        assert sum(writes) == ITEMS * 6, "each item went over once"
        assert passed >= (sum(writes) - max(writes)) / 200 > 0 and max(writes) <= 200
        reads = [*counter.table_units["Scan", table], *counter.table_units["BatchGetItem", table]]
        assert sum(reads) >= ITEMS
        assert passed >= (sum(reads) - 2 * max(reads)) / 100 > 0
    assert items(dynamodb(BEIJING), tables[0]) == items(dynamodb(NINGXIA), tables[1])
    assert len(items(dynamodb(BEIJING), tables[0])) == 2 * ITEMS


def test_verify_reads_no_faster_than_its_limit(server, dynamodb, pair, tmp_path):
    source, replica = pair
    fill(dynamodb(BEIJING), source, 5000)
    succeed("replicate", *link(source, replica, server.url), "--checkpoint", tmp_path / "checkpoint", "--until-caught-up")
    with throttle(server.url) as counter:
        tables = link(source, replica, source_url=server.url, target_url=counter.url)
        passed = timed("verify", *tables, "--rate-limit", 100)
    # The target's items are read by key, then counted.
    assert sum(counter.units["BatchGetItem"]) == 2 * ITEMS
    calls = counter.units["BatchGetItem"] + counter.units["Scan"]
    assert passed >= (sum(calls) - 2 * max(calls)) / 100 > 0


def test_without_a_limit_nobody_asks_for_capacity(server, pair, tmp_path):
    with throttle(server.url) as counter:
        tables = link(*pair, url=counter.url)
        succeed("replicate", *tables, "--checkpoint", tmp_path / "checkpoint", "--backfill", "--until-caught-up")
        succeed("verify", *tables)
    assert counter.units == {}


@pytest.mark.parametrize("option", ["--read-rate-limit", "--write-rate-limit"])
def test_a_limit_of_nothing_is_a_wrong_command_line(option, pair, tmp_path):
    done = dyad("replicate", *link(*pair, url="http://127.0.0.1:1"), option, "0")
    assert done.returncode == 64 and f"{option} is above 0" in done.stderr


def test_a_low_limit_does_not_keep_it_from_stopping(server, dynamodb, pair, tmp_path):
    source, replica = pair
    fill(dynamodb(BEIJING), source, 3000)
    options = ["--checkpoint", tmp_path / "checkpoint", "--write-rate-limit", "0.1"]
    running = Replicator(*link(source, replica, server.url), *options)
    try:
        support.eventually(lambda: len(items(dynamodb(NINGXIA), replica)) > 0, timeout=60)
        assert running.end(timeout=60) == 0, running.said()
    finally:
        running.kill()
    succeed("replicate", *link(source, replica, server.url), *options[:2], "--until-caught-up")
    assert items(dynamodb(BEIJING), source) == items(dynamodb(NINGXIA), replica)
