"""Nothing that a client sends ends the server, holds it up, or is answered with a 500.

$DYAD_FUZZ is the number of requests, $DYAD_FUZZ_SEED where the random numbers begin. A failure prints what was sent.
"""

import json
import os
import pathlib
import random
import selectors
import socket
import time

import pytest

from dataplane import everything, shape
from fuzzing import OPERATIONS, Requests
from serving import client, running, wait_active
from support import qualified

COUNT = int(os.environ.get("DYAD_FUZZ", "5000"))
SEED = int(os.environ.get("DYAD_FUZZ_SEED", "20261122"))
CONNECTIONS, PIPELINED = 4, 16
#: Seconds for a round of CONNECTIONS * PIPELINED answers: a debug build on a busy machine takes well under one.
ROUND_TIMEOUT = 60
RESIDENT_MAX = 1 << 30

AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=A/20261122/cn-north-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"

pytestmark = pytest.mark.skipif(bool(os.environ.get("DYAD_ENDPOINT")), reason="a foreign endpoint is tested")


def encoded(operation, body, headers):
    fields = {
        "Host": "localhost",
        "X-Amz-Target": qualified(operation),
        "Content-Type": "application/x-amz-json-1.0",
        "Authorization": AUTHORIZATION,
        "X-Amz-Date": "20261122T000000Z",
        **headers,
        "Content-Length": str(len(body)),
    }
    lines = [b"POST / HTTP/1.1", *(f"{name}: {value}".encode() for name, value in fields.items())]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f"{self.status} {self.headers[:300]!r} {self.body[:1000]!r}"


class Connection:
    """A keep-alive connection that carries several requests at once."""

    def __init__(self, server):
        self.socket = socket.create_connection((server.host, server.port), timeout=30)
        self.socket.setblocking(False)
        self.received = b""

    def exchange(self, requests, deadline):
        """The answers that arrived; fewer than requests when the server closed the connection."""
        outgoing = memoryview(b"".join(requests))
        answers = []
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while len(answers) < len(requests):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{len(answers)} of {len(requests)} answers in time")
                for _, events in selector.select(1):
                    if events & selectors.EVENT_WRITE and outgoing:
                        try:
                            outgoing = outgoing[self.socket.send(outgoing[: 1 << 20]) :]
                        except OSError:
                            return answers
                        if not outgoing:
                            selector.modify(self.socket, selectors.EVENT_READ)
                    if events & selectors.EVENT_READ:
                        try:
                            part = self.socket.recv(1 << 20)
                        except OSError:
                            part = b""
                        if not part:
                            return answers
                        self.received += part
                        answers.extend(self._complete())
        return answers

    def _complete(self):
        while True:
            head, separator, rest = self.received.partition(b"\r\n\r\n")
            if not separator:
                return
            status = int(head.split(b" ", 2)[1])
            if status == 100:
                self.received = rest
                continue
            length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
            if len(rest) < length:
                return
            self.received = rest[length:]
            yield Answer(status, head, rest[:length])


def check(answer):
    assert answer.status in (200, 400, 404, 413), answer
    if answer.status == 400:
        body = json.loads(answer.body)
        assert "#" in body["__type"] and not body["__type"].endswith("InternalServerError"), answer


def learn(requests, answer):
    """Feeds back what later requests need: their mutants get beyond the first check only so."""
    if answer.status != 200 or not answer.body.startswith(b"{"):
        return
    body = json.loads(answer.body)
    for name in ("ShardIterator", "NextShardIterator"):
        if name in body:
            requests.learn("ShardIterator", body[name])
    if body.get("LastEvaluatedKey"):
        requests.learn("LastEvaluatedKey", body["LastEvaluatedKey"])
    for stream in body.get("Streams", []):
        requests.learn("StreamArn", stream["StreamArn"])
    for shard in body.get("StreamDescription", {}).get("Shards", []):
        requests.learn("ShardId", shard["ShardId"])


def resident_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def make_tables(dynamodb):
    indexes = {"by-g": ({"g": "S", "h": "N"}, "ALL"), "by-b": ({"b": "B"}, ["a", "m"]), "by-n": ({"h": "N"}, "KEYS_ONLY")}
    parameters = shape({"pk": "S", "sk": "N"}, gsi=indexes, lsi={"by-l": ({"pk": "S", "l": "S"}, "ALL")})
    images = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    # Now and then a request goes to another operation than the one it was drawn for: DeleteTable among them.
    common = {"BillingMode": "PAY_PER_REQUEST", "StreamSpecification": images, "DeletionProtectionEnabled": True}
    dynamodb.create_table(TableName="fuzz", **parameters, **common)
    dynamodb.create_table(TableName="fuzz-number", **shape({"pk": "N"}), **common)
    dynamodb.create_table(TableName="fuzz-binary", **shape({"pk": "B"}), **common)
    for name in ("fuzz", "fuzz-number", "fuzz-binary"):
        wait_active(dynamodb, name)


def assert_indexes_agree(dynamodb):
    """Every index has the items of the table that have its key, and no others."""
    items = everything(dynamodb.scan, TableName="fuzz", ConsistentRead=True)
    assert items
    for index, names in {"by-g": ["g", "h"], "by-b": ["b"], "by-n": ["h"], "by-l": ["l"]}.items():
        expected = {repr((item["pk"], item["sk"])) for item in items if all(name in item for name in names)}
        found = [repr((row["pk"], row["sk"])) for row in everything(dynamodb.scan, TableName="fuzz", IndexName=index)]
        assert sorted(found) == sorted(expected), index


def assert_works(dynamodb):
    key = {"pk": {"S": "at the end"}, "sk": {"N": "1"}}
    dynamodb.put_item(TableName="fuzz", Item={**key, "a": {"S": "x"}})
    assert dynamodb.get_item(TableName="fuzz", Key=key, ConsistentRead=True)["Item"]["a"] == {"S": "x"}


def test_nothing_that_a_client_sends_breaks_the_server():
    requests = Requests(random.Random(SEED))
    accepted = dict.fromkeys(OPERATIONS, 0)
    slowest = 0.0
    with running("--port", "0") as server:
        dynamodb = client(server)
        make_tables(dynamodb)
        connections = [Connection(server) for _ in range(CONNECTIONS)]
        for _ in range(0, COUNT, CONNECTIONS * PIPELINED):
            started = time.monotonic()
            for index, connection in enumerate(connections):
                sent = [(*requests.spoiled(), {}) for _ in range(PIPELINED)]
                # Headers that HTTP does not allow close the connection, so they come last.
                is_odd = requests.chance(0.1)
                if is_odd:
                    sent[-1] = (*sent[-1][:2], requests.headers())
                try:
                    answers = connection.exchange([encoded(*one) for one in sent], started + ROUND_TIMEOUT)
                    for answer in answers:
                        check(answer)
                    assert len(answers) >= len(sent) - is_odd, f"{len(answers)} of {len(sent)} answers"
                except (AssertionError, TimeoutError, ValueError) as error:
                    shown = "\n".join(f"{name} {headers} {body[:3000]!r}" for name, body, headers in sent)
                    if os.environ.get("DYAD_FUZZ_KEEP"):
                        pathlib.Path(os.environ["DYAD_FUZZ_KEEP"]).write_bytes(b"".join(encoded(*one) for one in sent))
                    pytest.fail(f"{error}\n{server.errors()[-3000:]}\nserver ended: {server.process.poll()}\n{shown}")
                for (name, _, _), answer in zip(sent, answers):
                    learn(requests, answer)
                    accepted[name] += answer.status == 200
                if is_odd:
                    connection.socket.close()
                    connections[index] = Connection(server)
            slowest = max(slowest, time.monotonic() - started)
        assert server.process.poll() is None
        assert_works(dynamodb)
        assert_indexes_agree(dynamodb)
        resident = resident_bytes(server.pid)
        print(f"slowest round {slowest:.2f} s, {resident >> 20} MB resident, accepted {accepted}")
        assert resident < RESIDENT_MAX
        assert all(accepted.values()), accepted
        for connection in connections:
            connection.socket.close()
