"""The process: what `dyad serve` prints, how it ends, when it refuses to start, and what a data folder keeps.

These tests start servers of their own, so they need the executable and are left out against a foreign endpoint.
"""

import concurrent.futures
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import botocore.exceptions
import pytest

from streamreader import read_all
from support import BEIJING, NINGXIA, Server, binary, eventually, make_client
from tables import gsi, hash_key, strings

pytestmark = pytest.mark.skipif(bool(os.environ.get("DYAD_ENDPOINT")), reason="a foreign endpoint is tested")


@contextlib.contextmanager
def running(*arguments):
    """A server with these options, ended by SIGTERM with exit code 0."""
    server = Server(*arguments)
    try:
        yield server
        code = server.end()
        assert code == 0, f"exit code {code}\n{server.errors()}"
    finally:
        server.kill()


def client(server, region=BEIJING, service="dynamodb"):
    return make_client(service, server.url, region)


def refused(*arguments, timeout=30):
    """Runs a `dyad serve` that must not start; its one line is returned."""
    process = subprocess.run([binary(), "serve", *arguments], capture_output=True, text=True, timeout=timeout)
    assert process.returncode == 1, f"{process.returncode}\n{process.stdout}\n{process.stderr}"
    assert process.stdout == ""
    lines = process.stderr.strip().splitlines()
    assert len(lines) == 1, process.stderr
    return lines[0]


def make_table(dynamodb, name, **parameters):
    dynamodb.create_table(
        **{
            "TableName": name,
            "KeySchema": [hash_key("pk")],
            "AttributeDefinitions": strings("pk"),
            "BillingMode": "PAY_PER_REQUEST",
            **parameters,
        }
    )
    wait_active(dynamodb, name)


def wait_active(dynamodb, name):
    def active():
        table = dynamodb.describe_table(TableName=name)["Table"]
        indexes = table.get("GlobalSecondaryIndexes", [])
        return table["TableStatus"] == "ACTIVE" and all(index["IndexStatus"] == "ACTIVE" for index in indexes)

    eventually(active, timeout=20)


class TestStart:
    def test_the_first_line_and_no_other(self):
        with running("--memory", "--port", "0") as server:
            assert re.fullmatch(r"listening on http://127\.0\.0\.1:[1-9]\d*\n", server.first_line)
            assert client(server).list_tables()["TableNames"] == []
            stdout = server.process.stdout
            server.process.send_signal(signal.SIGTERM)
            assert stdout.read() == ""

    def test_it_answers_as_soon_as_it_says_so(self):
        for _ in range(5):
            with running("--port", "0") as server:
                with socket.create_connection((server.host, server.port), timeout=5):
                    pass
                assert client(server).list_tables()["TableNames"] == []

    def test_a_given_port(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with running("--memory", "--port", str(port)) as server:
            assert server.port == port

    def test_a_given_host(self):
        with running("--memory", "--port", "0", "--host", "127.0.0.1") as server:
            assert server.host == "127.0.0.1"

    def test_a_given_account(self):
        with running("--memory", "--port", "0", "--account", "876820548815") as server:
            dynamodb = client(server)
            make_table(dynamodb, "tlog")
            arn = dynamodb.describe_table(TableName="tlog")["Table"]["TableArn"]
            assert arn == f"arn:aws-cn:dynamodb:{BEIJING}:876820548815:table/tlog"

    @pytest.mark.parametrize("arguments", [["--account", "12"], ["--port", "x"], ["--memory", "--data", "x"], ["--nonsense"]])
    def test_bad_options(self, arguments, tmp_path):
        process = subprocess.run([binary(), "serve", *arguments], capture_output=True, text=True, timeout=30, cwd=tmp_path)
        assert process.returncode != 0
        assert process.stdout == ""
        assert process.stderr.strip()

    def test_several_servers_are_apart(self):
        with running("--memory", "--port", "0") as first, running("--memory", "--port", "0") as second:
            make_table(client(first), "here")
            assert client(second).list_tables()["TableNames"] == []


class TestRefusals:
    def test_a_taken_port(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = holder.getsockname()[1]
            assert str(port) in refused("--memory", "--port", str(port))

    def test_a_port_that_another_server_has(self, server):
        assert str(server.port) in refused("--memory", "--port", str(server.port))

    def test_a_folder_below_a_file(self, tmp_path):
        file = tmp_path / "file"
        file.write_text("")
        assert str(file) in refused("--port", "0", "--data", str(file / "below"))

    def test_a_file_instead_of_a_folder(self, tmp_path):
        file = tmp_path / "file"
        file.write_text("")
        assert str(file) in refused("--port", "0", "--data", str(file))

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_a_folder_that_may_not_be_written(self, tmp_path):
        folder = tmp_path / "locked"
        folder.mkdir(mode=0o500)
        assert str(folder) in refused("--port", "0", "--data", str(folder))

    @pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="no folder is known that nobody may write")
    def test_a_folder_that_nobody_may_write(self):
        assert "/proc" in refused("--port", "0", "--data", "/proc/dyad")

    def test_a_folder_in_use(self, tmp_path):
        with running("--port", "0", "--data", str(tmp_path)) as server:
            make_table(client(server), "kept")
            assert str(tmp_path) in refused("--port", "0", "--data", str(tmp_path))
            assert client(server).list_tables()["TableNames"] == ["kept"]
        with running("--port", "0", "--data", str(tmp_path)) as server:
            assert client(server).list_tables()["TableNames"] == ["kept"]

    def test_a_folder_of_a_process_that_was_killed_is_free(self, tmp_path):
        server = Server("--port", "0", "--data", str(tmp_path))
        server.kill()
        with running("--port", "0", "--data", str(tmp_path)):
            pass

    def test_a_folder_of_a_newer_version(self, tmp_path):
        with running("--port", "0", "--data", str(tmp_path)):
            pass
        stamp = tmp_path / "dyad.json"
        written = json.loads(stamp.read_text())
        assert written["format"] == 1
        stamp.write_text(json.dumps({**written, "format": 2}))
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        line = refused("--port", "0", "--data", str(tmp_path))
        assert str(tmp_path) in line and "2" in line
        after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        assert {path: after.get(path) for path in before} == before  # nothing of it was touched

    def test_a_stamp_that_does_not_parse(self, tmp_path):
        # Documented reading: what cannot be understood is not written over.
        (tmp_path / "dyad.json").write_text("{")
        assert "dyad.json" in refused("--port", "0", "--data", str(tmp_path))


class TestEnd:
    @pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
    @pytest.mark.parametrize("store", ["memory", "data"])
    def test_signals(self, tmp_path, with_signal, store):
        options = ["--memory"] if store == "memory" else ["--data", str(tmp_path)]
        server = Server("--port", "0", *options)
        try:
            dynamodb = client(server)
            make_table(dynamodb, "kept")
            dynamodb.put_item(TableName="kept", Item={"pk": {"S": "x"}})
            assert server.end(with_signal) == 0, server.errors()
        finally:
            server.kill()
        if store == "data":
            with running("--port", "0", "--data", str(tmp_path)) as server:
                assert client(server).scan(TableName="kept")["Items"] == [{"pk": {"S": "x"}}]

    def test_idle_connections_do_not_hold_it(self):
        with running("--memory", "--port", "0") as server:
            sockets = [socket.create_connection((server.host, server.port)) for _ in range(10)]
            client(server).list_tables()
            start = time.monotonic()
            assert server.end() == 0
            assert time.monotonic() - start < 15
            for sock in sockets:
                sock.close()

    def test_the_port_is_free_again(self):
        with running("--memory", "--port", "0") as server:
            port = server.port
        with running("--memory", "--port", str(port)) as server:
            assert server.port == port

    def test_memory_keeps_nothing(self):
        with running("--memory", "--port", "0") as server:
            make_table(client(server), "gone")
        with running("--memory", "--port", "0") as server:
            assert client(server).list_tables()["TableNames"] == []

    def test_what_is_in_flight_is_finished(self, tmp_path):
        """Every write that was answered before the end is there afterwards, and no answer is cut in two."""
        server = Server("--port", "0", "--data", str(tmp_path))
        try:
            make_table(client(server), "kept")
            load = Load(server, "kept", workers=4)
            load.start()
            eventually(lambda: load.acknowledged() > 200, timeout=30)
            assert server.end() == 0, server.errors()
            load.join()
        finally:
            server.kill()
        with running("--port", "0", "--data", str(tmp_path)) as server:
            load.assert_kept(client(server), "kept")


class TestDataFolder:
    def test_everything_survives(self, tmp_path):
        options = ("--port", "0", "--data", str(tmp_path))
        stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        with running(*options) as server:
            for region in (BEIJING, NINGXIA):
                dynamodb = client(server, region)
                make_table(
                    dynamodb,
                    "kept",
                    AttributeDefinitions=strings("pk", "x"),
                    GlobalSecondaryIndexes=[gsi("by-x", hash_key("x"))],
                    StreamSpecification=stream,
                    DeletionProtectionEnabled=True,
                )
                for number in range(10):
                    dynamodb.put_item(TableName="kept", Item={"pk": {"S": str(number)}, "x": {"S": region}})
                dynamodb.delete_item(TableName="kept", Key={"pk": {"S": "0"}})
            before = {region: self.everything(server, region) for region in (BEIJING, NINGXIA)}
        for _ in range(2):
            with running(*options) as server:
                for region in (BEIJING, NINGXIA):
                    assert self.everything(server, region) == before[region]
        with running(*options) as server:
            # Sequence numbers go on growing and are never given twice.
            last = max(int(record["dynamodb"]["SequenceNumber"]) for record in before[BEIJING]["records"])
            client(server).put_item(TableName="kept", Item={"pk": {"S": "new"}})
            records = self.everything(server, BEIJING)["records"]
            (new,) = [record for record in records if record["dynamodb"]["Keys"]["pk"]["S"] == "new"]
            assert int(new["dynamodb"]["SequenceNumber"]) > last

    @staticmethod
    def everything(server, region):
        dynamodb, streams = client(server, region), client(server, region, "dynamodbstreams")
        table = dynamodb.describe_table(TableName="kept")["Table"]
        return {
            "table": table,
            "items": dynamodb.scan(TableName="kept")["Items"],
            "index": dynamodb.scan(TableName="kept", IndexName="by-x")["Items"],
            "records": read_all(streams, table["LatestStreamArn"]),
        }

    def test_a_folder_is_made(self, tmp_path):
        with running("--port", "0", "--data", str(tmp_path / "new")) as server:
            client(server).list_tables()
        assert (tmp_path / "new" / "dyad.json").exists()

    def test_deleted_tables_stay_deleted(self, tmp_path):
        with running("--port", "0", "--data", str(tmp_path)) as server:
            dynamodb = client(server)
            make_table(dynamodb, "gone")
            dynamodb.delete_table(TableName="gone")
            eventually(lambda: dynamodb.list_tables()["TableNames"] == [])
        with running("--port", "0", "--data", str(tmp_path)) as server:
            assert client(server).list_tables()["TableNames"] == []


class Load:
    """Writers that never stop by themselves, and what the server has acknowledged to each of them.

    Every write carries a number that only grows, so that a table, an index and a stream can each be held against what
    was acknowledged. One write a worker may be unanswered at the end: it may or may not have happened.
    """

    KEYS = 5

    def __init__(self, server, table, workers, first=0):
        self.table, self.first = table, first
        self.clients = [client(server) for _ in range(workers)]
        self.done = [[] for _ in range(workers)]  # numbers, in the order in which they were acknowledged
        self.unanswered = [None] * workers
        self.threads = [threading.Thread(target=self.work, args=(worker,)) for worker in range(workers)]

    def key(self, worker, number):
        return f"{worker}-{number % self.KEYS}"

    def work(self, worker):
        number = self.first
        while True:
            self.unanswered[worker] = number
            item = {
                "pk": {"S": self.key(worker, number)},
                "n": {"N": str(number)},
                "x": {"S": f"group{number % 7}"},
                "filler": {"S": "f" * (number % 900)},
            }
            try:
                self.clients[worker].put_item(TableName=self.table, Item=item)
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
                return
            self.unanswered[worker] = None
            self.done[worker].append(number)
            number += 1

    def start(self):
        for thread in self.threads:
            thread.start()

    def join(self):
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive()

    def acknowledged(self):
        return sum(len(done) for done in self.done)

    def assert_kept(self, dynamodb, table):
        """Each key holds the last write that was acknowledged, or the one that was never answered."""
        items = {}
        for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
            items.update({item["pk"]["S"]: int(item["n"]["N"]) for item in page["Items"]})
        for worker, done in enumerate(self.done):
            expected = {self.key(worker, number): number for number in done}  # the last of each key
            for key, number in expected.items():
                allowed = {number}
                open_write = self.unanswered[worker]
                if open_write is not None and self.key(worker, open_write) == key:
                    allowed.add(open_write)
                assert items.get(key) in allowed, f"{key}: {items.get(key)}, acknowledged {number}, open {open_write}"
        return items


class TestKilled:
    """kill -9 under write load: nothing that was acknowledged is lost, in the table, its indexes or its stream."""

    ROUNDS = 3
    WORKERS = 4

    def test_rounds(self, tmp_path):
        options = ("--port", "0", "--data", str(tmp_path))
        acknowledged = {}  # (key, number) of every acknowledged write, over all rounds
        for round_number in range(self.ROUNDS):
            server = Server(*options)
            try:
                if round_number == 0:
                    make_table(
                        client(server),
                        "kept",
                        AttributeDefinitions=strings("pk", "x"),
                        GlobalSecondaryIndexes=[gsi("by-x", hash_key("x"))],
                        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
                    )
                load = Load(server, "kept", self.WORKERS, first=round_number * 1_000_000)
                load.start()
                eventually(lambda: load.acknowledged() > 300 * (round_number + 1), timeout=60)
            finally:
                server.kill()
            load.join()
            for worker, done in enumerate(load.done):
                acknowledged.update({(load.key(worker, number), number): True for number in done})
            with running(*options) as again:
                self.assert_consistent(again, load, acknowledged)

    def assert_consistent(self, server, load, acknowledged):
        dynamodb, streams = client(server), client(server, service="dynamodbstreams")
        table = dynamodb.describe_table(TableName="kept")["Table"]
        assert table["TableStatus"] == "ACTIVE"
        assert [index["IndexStatus"] for index in table["GlobalSecondaryIndexes"]] == ["ACTIVE"]
        numbers = load.assert_kept(dynamodb, "kept")

        def rows(**where):
            pages = dynamodb.get_paginator("scan").paginate(TableName="kept", **where)
            return {item["pk"]["S"]: item for page in pages for item in page["Items"]}

        items = rows(ConsistentRead=True)
        assert rows(IndexName="by-x") == items
        for group in range(7):
            query = {
                "TableName": "kept",
                "IndexName": "by-x",
                "KeyConditionExpression": "x = :x",
                "ExpressionAttributeValues": {":x": {"S": f"group{group}"}},
            }
            found = {item["pk"]["S"] for item in dynamodb.query(**query)["Items"]}
            assert found == {key for key, item in items.items() if item["x"]["S"] == f"group{group}"}

        records = read_all(streams, table["LatestStreamArn"])
        order = [int(record["dynamodb"]["SequenceNumber"]) for record in records]
        assert len(set(order)) == len(order)
        assert len({record["eventID"] for record in records}) == len(records)
        history = {}
        for record in records:
            inner = record["dynamodb"]
            history.setdefault(inner["Keys"]["pk"]["S"], []).append(inner)
        recorded = {(key, int(inner["NewImage"]["n"]["N"])) for key, of_key in history.items() for inner in of_key}
        assert not set(acknowledged) - recorded
        for key, of_key in history.items():
            # Each record begins where the one before it ended, and the last one is what the table holds.
            assert "OldImage" not in of_key[0]
            for before, after in zip(of_key, of_key[1:]):
                assert after["OldImage"] == before["NewImage"]
                assert int(after["SequenceNumber"]) > int(before["SequenceNumber"])
            assert of_key[-1]["NewImage"] == items[key]
            assert int(items[key]["n"]["N"]) == numbers[key]
        assert set(history) == set(items)

    def test_while_an_index_is_being_built(self, tmp_path):
        """However far it was: afterwards it is whole, or it was never made."""
        options = ("--port", "0", "--data", str(tmp_path))
        server = Server(*options)
        try:
            dynamodb = client(server)
            make_table(dynamodb, "kept")
            for start in range(0, 2000, 25):
                puts = [
                    {"PutRequest": {"Item": {"pk": {"S": str(number)}, "x": {"S": str(number % 10)}}}}
                    for number in range(start, start + 25)
                ]
                assert dynamodb.batch_write_item(RequestItems={"kept": puts})["UnprocessedItems"] == {}
            dynamodb.update_table(
                TableName="kept",
                AttributeDefinitions=strings("x"),
                GlobalSecondaryIndexUpdates=[{"Create": gsi("by-x", hash_key("x"))}],
            )
        finally:
            server.kill()
        with running(*options) as server:
            dynamodb = client(server)
            wait_active(dynamodb, "kept")
            assert "GlobalSecondaryIndexes" in dynamodb.describe_table(TableName="kept")["Table"]
            pages = dynamodb.get_paginator("scan").paginate(TableName="kept", IndexName="by-x")
            assert sum(len(page["Items"]) for page in pages) == 2000

    def test_while_tables_come_and_go(self, tmp_path):
        """A table is there wholly or not at all, and its name is usable either way."""
        options = ("--port", "0", "--data", str(tmp_path))
        for _ in range(3):
            server = Server(*options)
            stop = threading.Event()

            def churn(worker):
                dynamodb = client(server)
                name = f"churn{worker}"
                while not stop.is_set():
                    try:
                        make_table(dynamodb, name)
                        dynamodb.put_item(TableName=name, Item={"pk": {"S": "x"}})
                        dynamodb.delete_table(TableName=name)
                        eventually(lambda: name not in dynamodb.list_tables()["TableNames"])
                    except botocore.exceptions.ClientError as error:
                        assert error.response["Error"]["Code"] in ("ResourceInUseException", "ResourceNotFoundException")
                    except (botocore.exceptions.BotoCoreError, AssertionError):
                        return

            with concurrent.futures.ThreadPoolExecutor(3) as pool:
                workers = [pool.submit(churn, worker) for worker in range(3)]
                time.sleep(0.5)  # any moment will do
                server.kill()
                stop.set()
                for worker in workers:
                    worker.result(60)
            with running(*options) as server:
                dynamodb = client(server)
                for name in dynamodb.list_tables()["TableNames"]:
                    eventually(lambda: self.settled(dynamodb, name), timeout=20)
                for worker in range(3):
                    name = f"churn{worker}"
                    if name not in dynamodb.list_tables()["TableNames"]:
                        make_table(dynamodb, name)
                    dynamodb.put_item(TableName=name, Item={"pk": {"S": "y"}})
                    dynamodb.delete_table(TableName=name)
                    eventually(lambda: name not in dynamodb.list_tables()["TableNames"], timeout=20)

    @staticmethod
    def settled(dynamodb, name):
        try:
            return dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE"
        except botocore.exceptions.ClientError as error:
            return error.response["Error"]["Code"] == "ResourceNotFoundException"
