"""What is seen of a running replication: JSON lines, a metrics page, one live line of a terminal."""

import json
import os
import pty
import re
import subprocess
import urllib.request

import pytest
import support
from commands import LOG_KEY, STREAM, Replicator, dyad, environment, link
from support import eventually


@pytest.fixture
def pair(dynamodb, make_table):
    source = make_table(region=support.BEIJING, StreamSpecification=STREAM, **LOG_KEY)
    target = make_table(region=support.NINGXIA, **LOG_KEY)
    return dynamodb(support.BEIJING), source, target


def put(client, table, number):
    client.put_item(TableName=table, Item={"requestid": {"N": str(number)}})


def samples(text):
    """The values of a metrics page by name and labels."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_metrics_are_served_for_prometheus(server, pair, tmp_path):
    beijing, source, target = pair
    for number in range(50):
        put(beijing, source, number)
    tables = link(source, target, server.url)
    running = Replicator(*tables, "--checkpoint", tmp_path / "checkpoint", "--metrics-port", 0)
    try:
        url = eventually(lambda: re.search(r"metrics are at (\S+)", running.said())).group(1)

        def page():
            with urllib.request.urlopen(url) as answer:
                assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
                return answer.read().decode()

        def applied():
            found = samples(page())
            return found if any(name.startswith("dyad_replicate_records_applied_total") and value == 50 for name, value in found.items()) else None

        found = eventually(applied)
        labels = f'source_region="cn-north-1",source_table="{source}",target_region="cn-northwest-1",target_table="{target}"'
        assert found[f"dyad_replicate_puts_total{{{labels}}}"] == 50
        assert found[f"dyad_replicate_records_waiting{{{labels}}}"] == 0
        assert found[f'dyad_replicate_shards{{{labels},state="open"}}'] == 1
        assert any(name.startswith("dyad_replicate_lag_seconds") for name in found)
        assert any(name.startswith("dyad_replicate_shard_records_read_total") and "shardId-" in name for name in found)
        for line in page().splitlines():
            assert re.fullmatch(r"# (HELP|TYPE) dyad_replicate_\w+ .+|dyad_replicate_\w+\{[^{}]*\} [0-9.]+", line), line
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(url.replace("/metrics", "/"))
        assert refused.value.code == 404
    finally:
        assert running.end() == 0
    assert "stopped (SIGTERM)" in running.said()


def test_a_metrics_port_that_is_taken_is_told_in_one_line(server, pair, tmp_path):
    _, source, target = pair
    port = server.url.rpartition(":")[2]
    done = dyad(
        "replicate", *link(source, target, server.url), "--checkpoint", tmp_path / "checkpoint", "--metrics-port", port
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].endswith("the port is taken")


def test_progress_in_json_is_an_object_a_line_on_standard_output(server, pair, tmp_path):
    beijing, source, target = pair
    put(beijing, source, 1)
    arguments = [*link(source, target, server.url), "--checkpoint", tmp_path / "checkpoint"]
    process = subprocess.Popen(
        [support.binary(), "replicate", *map(str, arguments), "--progress-format", "json", "--progress", "1"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        text=True,
    )
    try:
        while True:
            line = json.loads(process.stdout.readline())
            if line["recordsApplied"] == 1 and "lagSeconds" in line:
                break
    finally:
        process.terminate()
        process.wait(20)
    assert line["stage"] == "following" and line["puts"] == 1 and line["recordsWaiting"] == 0
    assert line["source"] == {"region": "cn-north-1", "table": source}
    assert line["shardsOpen"] == 1 and line["shards"][0]["shardId"].startswith("shardId-")


def test_a_terminal_gets_one_line_that_changes(server, pair, tmp_path):
    beijing, source, target = pair
    put(beijing, source, 1)
    arguments = [*link(source, target, server.url), "--checkpoint", tmp_path / "checkpoint"]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [support.binary(), "replicate", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env=environment(),
    )
    os.close(theirs)
    said = b""
    try:
        while said.count(b"following the stream: 1 records read, 1 applied") < 2:
            said += os.read(ours, 4096)
    finally:
        process.terminate()
        process.wait(20)
        os.close(ours)
    assert b"\r\x1b[Kfollowing the stream" in said
