"""The replicator, unchanged, between Dyad and a server that we did not write, over networks that are bad."""

import boto3
import botocore.config
import pytest
import support
from commands import LOG_KEY, STREAM, Replicator, dyad, items, link, succeed
from moto_server import bad_network, moto
from support import eventually
from test_shards import ask

SOURCE, TARGET, COORDINATION, NAME = "source-log", "replica-log", "replica-positions", "fleet"
#: The machine may be loaded.
PATIENCE = 90
WAYS = ["dyad to moto", "moto to dyad", "moto to moto"]


@pytest.fixture(scope="module")
def foreign():
    with moto(one_at_a_time=True) as server:
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
    drop(source, SOURCE, f"{SOURCE}.dyad")
    drop(target, TARGET, f"{TARGET}.dyad", COORDINATION)


def drop(at, *tables):
    for table in set(tables) & set(at.list_tables()["TableNames"]):
        at.delete_table(TableName=table)
    eventually(lambda: not set(tables) & set(at.list_tables()["TableNames"]), timeout=PATIENCE)


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


#: With --guard a write that is sent again is a transaction that is cancelled, which moto does not bear: see below.
CUT = [*((way, []) for way in WAYS), ("moto to dyad", ["--guard", "--coordination-table", COORDINATION])]


@pytest.mark.parametrize(("sides", "how"), CUT, indirect=["sides"])
def test_connections_that_are_late_and_cut_lose_nothing(sides, how, tmp_path):
    source_url, source, target_url, target = sides
    change(source, range(200))
    with bad_network(source_url, seed=3) as from_source, bad_network(target_url, seed=4) as to_target:
        tables = link(SOURCE, TARGET, source_url=from_source.url, target_url=to_target.url)
        options = ["--checkpoint", tmp_path / "checkpoint", "--batch-size", 5, "--parallelism", 4, *how]
        done = dyad("replicate", *tables, *options, "--until-caught-up")
        assert done.returncode == 0, done.stderr
        assert from_source.cuts + to_target.cuts > 0
        assert "failed requests" in done.stderr.strip().splitlines()[-1]
    assert "equal" in succeed("verify", *link(SOURCE, TARGET, source_url=source_url, target_url=target_url))


@pytest.mark.parametrize("sides", WAYS, indirect=True)
def test_guarded_changes_and_a_backfill_arrive(sides, tmp_path):
    """Each batch a transaction with its lane's position. None is cancelled here: moto undoes a cancelled transaction by
    putting back a copy of the whole tables, and with it takes back what others have written since."""
    source_url, source, target_url, target = sides
    change(source, range(60))
    tables = link(SOURCE, TARGET, source_url=source_url, target_url=target_url)
    options = ["--checkpoint", tmp_path / "checkpoint", "--guard", "--coordination-table", COORDINATION]
    succeed("replicate", *tables, *options, "--until-caught-up", "--backfill")
    assert "equal" in succeed("verify", *tables)
    positions = items(target, COORDINATION).values()
    assert any(row["row"]["S"].startswith("segment-") and row["position"]["S"] == "sealed" for row in positions)
    change(source, range(40, 100))
    succeed("replicate", *tables, *options, "--until-caught-up", "--batch-size", 7)
    done = succeed("verify", *tables)
    assert "missing 0, extra 0, different 0" in done and " 80 items" in done


class Fleet:
    """Two workers of one name, and the rows by which they share."""

    def __init__(self, target, tables):
        self.target = target
        options = ["--name", NAME, "--coordination-table", COORDINATION, "--lease-duration", 3]
        self.workers = []
        try:
            for _ in range(2):
                self.workers.append(Replicator(*tables, *options, "--progress-format", "text"))
        except BaseException:
            self.kill()
            raise

    def owners(self):
        """Who has each open shard."""
        try:
            rows = items(self.target, COORDINATION).values()
        except self.target.exceptions.ResourceNotFoundException:
            return []  # Not there yet, or CREATING.
        rows = [row for row in rows if row["row"]["S"].startswith("lease/")]
        rows = [row for row in rows if not row["checkpoint"]["S"].startswith("finished")]
        return [row.get("owner", {}).get("S") for row in rows]

    def said(self):
        return "\n---\n".join(worker.said() for worker in self.workers)

    def end(self):
        for worker in self.workers:
            assert worker.end(timeout=60) == 0, worker.said()

    def kill(self):
        for worker in self.workers:
            worker.kill()


def equal(source, target):
    return items(source, SOURCE) == items(target, TARGET)


@pytest.mark.parametrize("sides", ["dyad to moto"], indirect=True)
def test_a_fleet_shares_the_shards_by_rows_in_moto(sides, server):
    """It is written to once both hold their part: a shard that changes hands while its batch is under way may have a
    transaction cancelled, and moto then takes back what the other worker wrote meanwhile."""
    source_url, source, target_url, target = sides
    status, answer = ask(server, {"region": support.BEIJING, "tableName": SOURCE, "splitAll": True})
    assert status == 200, answer
    tables = link(SOURCE, TARGET, source_url=source_url, target_url=target_url)
    fleet = Fleet(target, tables)
    try:
        eventually(lambda: len(fleet.owners()) == 2, timeout=PATIENCE, because=fleet.said())
        eventually(lambda: len(set(fleet.owners()) - {None}) == 2, timeout=PATIENCE, because=fleet.said())
        change(source, range(100))
        eventually(lambda: equal(source, target), timeout=PATIENCE, because=fleet.said())
        live = ["verify", "--live", *tables, "--name", NAME, "--coordination-table", COORDINATION]
        assert "equal" in succeed(*live)
        target.delete_item(TableName=TARGET, Key={"requestid": {"N": "1"}})
        done = dyad(*live)
        assert done.returncode == 1 and "missing 1, extra 0, different 0" in done.stdout, done.stdout + done.stderr
        assert "repaired 1" in succeed(*live, "--repair")
        fleet.end()
        assert all("records read" in worker.said().splitlines()[-1] for worker in fleet.workers)
        assert all(" 0 applied" not in worker.said().splitlines()[-1] for worker in fleet.workers), fleet.said()
    finally:
        fleet.kill()
    assert "equal" in succeed("verify", *tables)


@pytest.mark.parametrize("sides", ["moto to dyad"], indirect=True)
def test_a_shard_of_moto_goes_to_the_worker_that_is_left(sides):
    """moto's streams have one shard, so one worker of the two has nothing to do until the other dies."""
    source_url, source, target_url, target = sides
    fleet = Fleet(target, link(SOURCE, TARGET, source_url=source_url, target_url=target_url))
    try:
        eventually(lambda: fleet.owners() not in ([], [None]), timeout=PATIENCE, because=fleet.said())
        change(source, range(50))
        eventually(lambda: equal(source, target), timeout=PATIENCE, because=fleet.said())
        (owner,) = fleet.owners()
        (holder,) = [worker for worker in fleet.workers if f"this is worker {owner} " in worker.said()]
        holder.kill()
        fleet.workers.remove(holder)
        change(source, range(30, 80))
        eventually(lambda: equal(source, target), timeout=PATIENCE, because=fleet.said())
        assert fleet.owners() not in ([owner], [None])
        fleet.end()
    finally:
        fleet.kill()


@pytest.mark.parametrize("sides", ["dyad to moto", "moto to dyad"], indirect=True)
def test_both_ways_between_dyad_and_moto(sides, tmp_path):
    """Keys are changed at one side each, so that no transaction is cancelled: after one moto puts back a copy of the
    tables, its open iterators stay with the former one, and whatever else was written meanwhile is gone."""
    source_url, source, target_url, target = sides
    target.update_table(TableName=TARGET, StreamSpecification=STREAM)
    tables = link(SOURCE, TARGET, source_url=source_url, target_url=target_url)
    options = ["--two-way", "--checkpoint", tmp_path / "forth", "--parallelism", 1]
    options += ["--conflict-log", tmp_path / "conflicts"]

    def put(at, table, number, text):
        at.put_item(TableName=table, Item={"requestid": {"N": str(number)}, "text": {"S": text}})

    def both(text):
        for number in range(30):
            put(source, SOURCE, number, f"{text} at the source")
            put(target, TARGET, 100 + number, f"{text} at the target")
        source.delete_item(TableName=SOURCE, Key={"requestid": {"N": "7"}})
        target.delete_item(TableName=TARGET, Key={"requestid": {"N": "107"}})

    for turn, text in enumerate(["first", "second"]):
        both(text)
        done = dyad("replicate", *tables, *options, "--until-caught-up")
        assert done.returncode == 0, done.stderr
        assert "both ways, 0 conflicts" in done.stderr.strip().splitlines()[-1], done.stderr
        found = {int(item["requestid"]["N"]): item["text"]["S"] for item in items(source, SOURCE).values()}
        assert found == {n: f"{text} at the source" for n in range(30) if n != 7} | {
            100 + n: f"{text} at the target" for n in range(30) if n != 7
        }
        assert items(source, SOURCE) == items(target, TARGET)
    # A delete of what came from the other side goes back.
    target.delete_item(TableName=TARGET, Key={"requestid": {"N": "3"}})
    source.delete_item(TableName=SOURCE, Key={"requestid": {"N": "103"}})
    succeed("replicate", *tables, *options, "--until-caught-up")
    assert items(source, SOURCE) == items(target, TARGET) and len(items(source, SOURCE)) == 56
