"""Sides that throttle, fail and leave writes over, and a target that stands still while much waits at the source."""

import re
import time
import urllib.request

import pytest

import support
from commands import LOG_KEY, STREAM, Replicator, dyad, link, serving, succeed
from support import BEIJING, NINGXIA, eventually, make_client
from throttling import REFUSALS, SLOW_DOWN, Bursts, throttle

#: As README says: records that wait, and megabytes of them.
WAITING_MAX, WAITING_MEGABYTES_MAX = 10_000, 64


@pytest.fixture
def pair(make_table):
    return make_table(BEIJING, StreamSpecification=STREAM, **LOG_KEY), make_table(NINGXIA, **LOG_KEY)


def change(client, table, numbers):
    for number in numbers:
        key = {"requestid": {"N": str(number)}}
        client.put_item(TableName=table, Item={**key, "text": {"S": "first"}})
        if number % 3 == 0:
            client.put_item(TableName=table, Item={**key, "text": {"S": "second"}})
        if number % 5 == 0:
            client.delete_item(TableName=table, Key=key)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_bursts_of_throttling_and_failing_lose_nothing(seed, server, dynamodb, pair, tmp_path):
    source, replica = pair
    change(dynamodb(BEIJING), source, range(200))
    reading = Bursts({"DescribeStream", "GetShardIterator", "GetRecords", "Scan"}, seed, passing=4)
    writing = Bursts({"BatchWriteItem"}, seed + 100)
    leave = lambda operation: 0.4  # noqa: E731
    with (
        throttle(server.url, refuse=reading) as from_source,
        throttle(server.url, refuse=writing, leave=leave, seed=seed) as to_target,
    ):
        tables = link(source, replica, source_url=from_source.url, target_url=to_target.url)
        options = ["--checkpoint", tmp_path / "checkpoint", "--batch-size", 10, "--parallelism", 4]
        running = Replicator(*tables, *options, "--backfill", "--until-caught-up")
        try:
            change(dynamodb(BEIJING), source, range(150, 400))
            assert running.process.wait(240) == 0, running.said()
            # Once more, for what came after it saw the tip.
            again = dyad("replicate", *tables, *options, "--until-caught-up", timeout=240)
            assert again.returncode == 0, again.stderr
        finally:
            running.kill()
        assert sum(to_target.refused.values()) > 5 and sum(from_source.refused.values()) > 5
        assert to_target.left_over > 20
        assert len(reading.seen | writing.seen) == len(REFUSALS), "each kind of refusal was met"
    said = running.said()
    assert "unprocessed writes sent again" in said and "failed requests" in said
    assert "equal" in succeed("verify", *link(source, replica, server.url))


def test_the_longer_a_target_throttles_the_less_it_is_asked(server, dynamodb, pair, tmp_path):
    source, replica = pair
    change(dynamodb(BEIJING), source, range(100))
    is_busy = True
    with throttle(server.url, refuse=lambda operation: SLOW_DOWN if is_busy and operation == "BatchWriteItem" else None) as busy:
        tables = link(source, replica, source_url=server.url, target_url=busy.url)
        start = time.monotonic()
        running = Replicator(*tables, "--checkpoint", tmp_path / "checkpoint", "--until-caught-up", "--parallelism", 2)
        try:
            eventually(lambda: busy.refused.get("BatchWriteItem", 0) >= 2 * 8, timeout=120)
            asked, passed = busy.refused["BatchWriteItem"], time.monotonic() - start
            # A lane's pauses double from 50 ms to 5 s and are drawn from the upper half: seven that are shorter than
            # half of the longest, then one request in 2.5 s. A batch of 100 is four calls.
            assert asked <= 2 * 4 * (1 + 7 + passed / 2.5)
            is_busy = False
            assert running.process.wait(120) == 0, running.said()
        finally:
            running.kill()
    assert "equal" in succeed("verify", *link(source, replica, server.url))


def load(folder, server, table, rows, size):
    """As many rows with a text of that size."""
    path = folder / "rows.csv"
    with path.open("w") as file:
        file.write("requestid:N,text:S\n")
        for number in range(rows):
            file.write(f"{number},{str(number % 10) * size}\n")
    done = succeed("load", table, path, "--region", BEIJING, "--endpoint", server.url, timeout=600)
    assert f"RowCount: {rows}" in done


def megabytes(process, what):
    with open(f"/proc/{process.pid}/status") as status:
        return int(re.search(rf"{what}:\s+(\d+) kB", status.read()).group(1)) / 1024


class Metrics:
    def __init__(self, running):
        self.url = eventually(lambda: re.search(r"metrics are at (\S+)", running.said()), timeout=60).group(1)

    def value(self, name):
        with urllib.request.urlopen(self.url) as answer:
            found = re.search(rf"^dyad_replicate_{name}\{{[^}}]*\}} (\S+)$", answer.read().decode(), re.MULTILINE)
        return float(found.group(1)) if found else 0.0


@pytest.mark.parametrize(
    ("rows", "size", "full", "peak"),
    [
        pytest.param(50_000, 60, lambda waiting: waiting > WAITING_MAX - 1000, 100, id="five times the records"),
        pytest.param(4_000, 40_000, lambda waiting: waiting * 40_000 > (WAITING_MEGABYTES_MAX - 2) << 20, 250, id="twice the bytes"),
    ],
)
def test_a_target_that_stands_still_stops_the_reading_and_not_the_machine(rows, size, full, peak, tmp_path):
    """The source holds several times what may wait. `peak` is of the process, in megabytes."""
    with serving("--data", str(tmp_path / "source"), "--port", "0") as first, serving("--port", "0") as second:
        beijing, ningxia = make_client("dynamodb", first.url, BEIJING), make_client("dynamodb", second.url, NINGXIA)
        beijing.create_table(TableName="tlog", BillingMode="PAY_PER_REQUEST", StreamSpecification=STREAM, **LOG_KEY)
        ningxia.create_table(TableName="copy", BillingMode="PAY_PER_REQUEST", **LOG_KEY)
        for client, table in ((beijing, "tlog"), (ningxia, "copy")):
            eventually(lambda: client.describe_table(TableName=table)["Table"]["TableStatus"] == "ACTIVE")
        load(tmp_path, first, "tlog", rows, size)
        stands_still = True

        def refuse(operation):
            return SLOW_DOWN if stands_still and operation == "BatchWriteItem" else None

        with throttle(first.url) as source, throttle(second.url, refuse=refuse) as target:
            tables = link("tlog", "copy", source_url=source.url, target_url=target.url)
            options = ["--checkpoint", tmp_path / "checkpoint", "--until-caught-up", "--metrics-port", 0]
            running = Replicator(*tables, *options)
            try:
                metrics = Metrics(running)
                waiting = lambda: metrics.value("records_waiting")  # noqa: E731
                eventually(lambda: full(waiting()), timeout=120, because="as many records wait as may")
                pages, refused = source.passed["GetRecords"], target.refused["BatchWriteItem"]
                eventually(lambda: target.refused["BatchWriteItem"] > refused + 20, timeout=120)
                assert source.passed["GetRecords"] == pages, "nothing is read while nothing is applied"
                assert waiting() <= WAITING_MAX and waiting() * size <= WAITING_MEGABYTES_MAX << 20
                assert megabytes(running.process, "VmHWM") < peak
                stands_still = False
                while running.is_running() and target.passed.get("BatchWriteItem", 0) < rows // 50:
                    assert waiting() <= WAITING_MAX and waiting() * size <= WAITING_MEGABYTES_MAX << 20
                if running.is_running():
                    assert megabytes(running.process, "VmHWM") < peak
                assert running.process.wait(600) == 0, running.said()
            finally:
                running.kill()
        verified = dyad("verify", *link("tlog", "copy", source_url=first.url, target_url=second.url), timeout=600)
        assert verified.returncode == 0 and f" {rows} items" in verified.stdout, verified.stdout + verified.stderr
