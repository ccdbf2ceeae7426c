"""The three servers that are measured, each a process of its own on a free port, and what they hold."""

import datetime
import http.client
import json
import pathlib
import select
import socket
import subprocess
import sys
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = "bench"
REGION = "cn-north-1"
ITEMS, PARTITIONS, ITEMS_IN_PARTITION = 1000, 10, 100
FILLER = "abcdefghijklmnopqrstuvwxyz" * 16  # 416 bytes: an item of about 500
BATCH = 25
START_SECONDS_MAX = 60


def headers(operation, region=REGION):
    """A well-formed SigV4 header; the servers do not check the signature."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "X-Amz-Date": f"{now:%Y%m%dT%H%M%SZ}",
        "Authorization": f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{now:%Y%m%d}/{region}/dynamodb/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" + "0123456789abcdef" * 4,
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

    def __init__(self, name, process, url):
        self.name, self.process, self.url = name, process, url
        self.connection = None

    def call(self, operation, region=REGION, **body):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=30)
        self.connection.request("POST", "/", json.dumps(body), headers(operation, region))
        response = self.connection.getresponse()
        text = response.read()
        if response.status != 200:
            raise RuntimeError(f"{self.name} answered {operation} with {response.status}: {text[:400]!r}")
        return json.loads(text) if text else {}

    def resident_megabytes(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("no VmRSS in /proc")

    def stop(self):
        if self.connection:
            self.connection.close()
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

    def create_table(self):
        definitions = [("pk", "S", "HASH"), ("sk", "N", "RANGE")]
        self.call(
            "CreateTable",
            TableName=TABLE,
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind, _ in definitions],
            KeySchema=[{"AttributeName": name, "KeyType": role} for name, _, role in definitions],
            BillingMode="PAY_PER_REQUEST",
        )
        self.wait_active(TABLE)

    def put_all(self, keys):
        """Items of about 500 bytes, in batches."""
        puts = [
            {"PutRequest": {"Item": {"pk": {"S": pk}, "sk": {"N": str(sk)}, "turn": {"N": "0"}, "text": {"S": FILLER}}}}
            for pk, sk in keys
        ]
        for start in range(0, len(puts), BATCH):
            left = {TABLE: puts[start : start + BATCH]}
            while left:
                left = self.call("BatchWriteItem", RequestItems=left).get("UnprocessedItems")

    def fill(self):
        """What the three kinds of requests read, looked at once before it is measured."""
        self.create_table()
        self.put_all([(f"item-{number:05d}", 0) for number in range(ITEMS)])
        self.put_all([(f"group-{group}", number) for group in range(PARTITIONS) for number in range(ITEMS_IN_PARTITION)])
        item = self.call("GetItem", TableName=TABLE, Key={"pk": {"S": "item-00007"}, "sk": {"N": "0"}}).get("Item")
        assert item and item["text"]["S"] == FILLER, f"{self.name} does not hold the items"
        page = self.call(
            "Query",
            TableName=TABLE,
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": {"S": "group-3"}},
        )
        assert page["Count"] == ITEMS_IN_PARTITION, f"{self.name}: a group has {page['Count']} items"


def announced(name, command):
    """Starts a process that prints `listening on URL` when it answers."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    ready, _, _ = select.select([process.stdout], [], [], START_SECONDS_MAX)
    line = process.stdout.readline().strip() if ready else ""
    if not line.startswith("listening on "):
        exit_of(process)
        raise RuntimeError(f"{name} did not say where it listens, but {line!r}")
    return Server(name, process, line.removeprefix("listening on "))


def dyad(binaries):
    return announced("dyad", [str(binaries / "dyad"), "serve", "--port", "0", "--memory"])


def fixed(binaries):
    return announced("fixed answer", [str(binaries / "DyadBench"), "fixed", "--port", "0"])


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
