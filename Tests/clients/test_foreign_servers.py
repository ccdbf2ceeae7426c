"""The replicator, unchanged, between Dyad and a server that we did not write, over networks that are bad."""

import boto3
import botocore.config
import pytest
import support
from commands import LOG_KEY, STREAM, dyad, link, succeed
from moto_server import bad_network, moto

SOURCE, TARGET = "source-log", "replica-log"
WAYS = ["dyad to moto", "moto to dyad", "moto to moto"]


@pytest.fixture(scope="module")
def foreign():
    with moto() as server:
        yield server


def client(url, region):
    return boto3.client(
        "dynamodb",
        region_name=region,
        endpoint_url=url,
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=botocore.config.Config(retries={"max_attempts": 2}),
    )


@pytest.fixture
def sides(request, server, foreign):
    """The URLs of both sides, with tables that are there for the test's time."""
    source_url = server.url if request.param.startswith("dyad") else foreign.url
    target_url = server.url if request.param.endswith("dyad") else foreign.url
    source, target = client(source_url, support.BEIJING), client(target_url, support.NINGXIA)
    source.create_table(TableName=SOURCE, BillingMode="PAY_PER_REQUEST", StreamSpecification=STREAM, **LOG_KEY)
    target.create_table(TableName=TARGET, BillingMode="PAY_PER_REQUEST", **LOG_KEY)
    source.get_waiter("table_exists").wait(TableName=SOURCE)
    target.get_waiter("table_exists").wait(TableName=TARGET)
    yield source_url, source, target_url, target
    source.delete_table(TableName=SOURCE)
    target.delete_table(TableName=TARGET)
    source.get_waiter("table_not_exists").wait(TableName=SOURCE)
    target.get_waiter("table_not_exists").wait(TableName=TARGET)


def put(source, number, text):
    source.put_item(TableName=SOURCE, Item={"requestid": {"N": str(number)}, "text": {"S": text}})


def change(source, numbers):
    for number in numbers:
        put(source, number, "first")
        if number % 3 == 0:
            put(source, number, "second")
        if number % 5 == 0:
            source.delete_item(TableName=SOURCE, Key={"requestid": {"N": str(number)}})


@pytest.mark.parametrize("sides", WAYS, indirect=True)
def test_changes_and_a_backfill_arrive(sides, tmp_path):
    source_url, source, target_url, target = sides
    change(source, range(60))
    tables = link(SOURCE, TARGET, source_url=source_url, target_url=target_url)
    files = ["--checkpoint", tmp_path / "checkpoint"]
    succeed("replicate", *tables, *files, "--until-caught-up", "--backfill")
    assert "equal" in succeed("verify", *tables)
    change(source, range(40, 100))
    succeed("replicate", *tables, *files, "--until-caught-up")
    done = succeed("verify", *tables)
    assert "missing 0, extra 0, different 0" in done and " 80 items" in done


@pytest.mark.parametrize("sides", WAYS, indirect=True)
def test_connections_that_are_late_and_cut_lose_nothing(sides, tmp_path):
    source_url, source, target_url, target = sides
    change(source, range(200))
    with bad_network(source_url, seed=3) as from_source, bad_network(target_url, seed=4) as to_target:
        tables = link(SOURCE, TARGET, source_url=from_source.url, target_url=to_target.url)
        options = ["--checkpoint", tmp_path / "checkpoint", "--batch-size", 5, "--parallelism", 4]
        done = dyad("replicate", *tables, *options, "--until-caught-up")
        assert done.returncode == 0, done.stderr
        assert from_source.cuts + to_target.cuts > 0
        assert "failed requests" in done.stderr.strip().splitlines()[-1]
    assert "equal" in succeed("verify", *link(SOURCE, TARGET, source_url=source_url, target_url=target_url))
