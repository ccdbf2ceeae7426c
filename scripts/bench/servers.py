"""The servers that are measured, each a process of its own on a free port, and what they are filled with."""

import datetime
import http.client
import json
import os
import pathlib
import select
import socket
import subprocess
import sys
import time
import urllib.parse

import processes

ROOT = pathlib.Path(__file__).resolve().parents[2]
REGION = "cn-north-1"
BATCH = 25
START_SECONDS_MAX = 60


def authorization(now, region):
    """Well-formed SigV4; the servers do not check the signature."""
    return (
        f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{now:%Y%m%d}/{region}/dynamodb/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" + "0123456789abcdef" * 4
    )


def headers(operation, region=REGION):
    now = datetime.datetime.now(datetime.timezone.utc)
    return {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "X-Amz-Date": f"{now:%Y%m%dT%H%M%SZ}",
        "Authorization": authorization(now, region),
    }


def exit_of(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


class Server:
    """A running server: `call` sends one request and returns the answer's JSON."""

    answers_everything = True  # false where there is no database behind

    def __init__(self, name, process, url):
        self.name, self.process, self.url = name, process, url
        self.pid = process.pid if process else None
        self.connection = None

    def call(self, operation, region=REGION, **body):
        return self.send(operation, json.dumps(body), region)

    def send(self, operation, body, region=REGION):
        """The same with a body that is text already."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=60)
        self.connection.request("POST", "/", body, headers(operation, region))
        response = self.connection.getresponse()
        text = response.read()
        if response.status != 200:
            raise RuntimeError(f"{self.name} answered {operation} with {response.status}: {text[:400]!r}")
        return json.loads(text) if text else {}

    def cpu_seconds(self):
        """So far; None where the process cannot be seen."""
        return processes.cpu_seconds(self.pid)

    def memory(self):
        return processes.memory_megabytes(self.pid)

    def resident_megabytes(self):
        return self.memory()["resident"]

    def stop(self):
        if self.connection:
            self.connection.close()
        if self.process:
            exit_of(self.process)

    def settle(self):
        """Until requests that a former run left behind are worked off: an answer comes at once again."""
        for _ in range(200):
            start = time.monotonic()
            self.call("ListTables")
            if time.monotonic() - start < 0.05:
                return

    def wait_active(self, table, region=REGION):
        deadline = time.monotonic() + START_SECONDS_MAX
        while self.call("DescribeTable", region, TableName=table)["Table"]["TableStatus"] != "ACTIVE":
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name}: the table does not become ACTIVE")
            time.sleep(0.01)

    def create_table(self, table, keys=(("pk", "S"), ("sk", "N")), attributes=(), **options):
        """`keys` are hash key and sort key with their types, `attributes` what indexes need beside them."""
        self.call(
            "CreateTable",
            TableName=table,
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in (*keys, *attributes)],
            KeySchema=[{"AttributeName": name, "KeyType": role} for (name, _), role in zip(keys, ("HASH", "RANGE"))],
            BillingMode="PAY_PER_REQUEST",
            **options,
        )
        self.wait_active(table)

    def put_all(self, table, items):
        """Items in DynamoDB's JSON, in batches."""
        puts = [{"PutRequest": {"Item": item}} for item in items]
        for start in range(0, len(puts), BATCH):
            left = {table: puts[start : start + BATCH]}
            while left:
                left = self.call("BatchWriteItem", RequestItems=left).get("UnprocessedItems")


class FixedAnswer(Server):
    """Says the same to everything."""

    answers_everything = False


class Peer(Server):
    """A server that somebody else started and ends. Only the tables made here are removed again."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise RuntimeError(f"PEER is http://HOST:PORT, not {url!r}")
        super().__init__(parts.netloc, None, url.rstrip("/"))
        self.pid = processes.listening_on(parts.port or 80)
        self.made = []

    def create_table(self, table, *arguments, **options):
        self.made.append(table)
        super().create_table(table, *arguments, **options)

    def stop(self):
        for table in self.made:
            try:
                self.call("DeleteTable", TableName=table)
            except (OSError, RuntimeError, http.client.HTTPException) as error:
                print(f"  {self.name}: table {table} stays: {error}", flush=True)
        super().stop()


def announced(name, command, kind=Server):
    """Starts a process that prints `listening on URL` when it answers."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    ready, _, _ = select.select([process.stdout], [], [], START_SECONDS_MAX)
    line = process.stdout.readline().strip() if ready else ""
    if not line.startswith("listening on "):
        exit_of(process)
        raise RuntimeError(f"{name} did not say where it listens, but {line!r}")
    return kind(name, process, line.removeprefix("listening on "))


def dyad(binaries, folder=None):
    """In memory, or with its data in `folder`, where every commit is synced."""
    where = ["--data", str(folder)] if folder else ["--memory"]
    return announced("dyad", [str(binaries / "dyad"), "serve", "--port", "0", *where])


def fixed(binaries):
    return announced("fixed answer", [str(binaries / "DyadBench"), "fixed", "--port", "0"], FixedAnswer)


def moto():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(pathlib.Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + START_SECONDS_MAX
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return Server("moto_server", process, f"http://127.0.0.1:{port}")
        except OSError:
            time.sleep(0.05)
    exit_of(process)
    raise RuntimeError("moto_server does not answer")


def write(binaries, server, table, count, *, region=REGION, keys=None, rate=0, connections=4, options=()):
    """Has DyadBench's writer write items of 500 bytes with keys `key-0` … in batches of 25; its report."""
    command = [str(binaries / "DyadBench"), "writer", "--endpoint", server.url, "--region", region, "--table", table]
    command += ["--count", str(count), "--rate", str(rate), "--connections", str(connections), *options]
    if keys:
        command += ["--keys", str(keys)]
    done = subprocess.run(command, capture_output=True, text=True, env=credentials(), timeout=3600)
    if done.returncode != 0:
        raise RuntimeError(f"the writer failed: {done.stderr}")
    return json.loads(done.stdout)


def credentials():
    return {**os.environ, "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
