"""A proxy that understands DynamoDB's answers: it throttles, fails, leaves writes over, and counts capacity units."""

import contextlib
import http.client
import http.server
import json
import random
import socket
import threading
import urllib.parse

#: What AWS answers to who is too fast, and when it is not well: status and body.
SLOW_DOWN = (
    400,
    {
        "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
        "message": "The level of configured provisioned throughput for the table was exceeded.",
    },
)
THROTTLED = (400, {"__type": "com.amazon.coral.availability#ThrottlingException", "message": "Rate of requests exceeds the allowed throughput."})
BROKEN = (500, {"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "Internal server error"})
AWAY = (503, None)
REFUSALS = [SLOW_DOWN, THROTTLED, BROKEN, AWAY]


class Throttle:
    """Passes requests on to `url`, or answers them itself as a service does that has too much to do.

    `refuse(operation)` is asked of each request: a status and a body to answer with, or None. `leave(operation)` says
    how large a part of a BatchWriteItem, 0 to 1, comes back as UnprocessedItems. `hold(operation)` is called before a
    request is passed on, and may take its time.
    """

    def __init__(
        self, url, refuse=lambda operation: None, leave=lambda operation: 0.0, hold=lambda operation: None, seed=1
    ):
        self.refuse, self.leave, self.hold, self.chance = refuse, leave, hold, random.Random(seed)
        self.there = urllib.parse.urlsplit(url)
        self.lock = threading.Lock()
        self.refused, self.left_over, self.passed = {}, 0, {}
        #: Capacity units that the server's own ConsumedCapacity told, by operation, one figure an answer.
        self.units = {}
        #: The same by table.
        self.table_units = {}
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.upstream = http.client.HTTPConnection(proxy.there.hostname, proxy.there.port, timeout=120)

            def finish(self):
                self.upstream.close()
                with contextlib.suppress(OSError):
                    super().finish()

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
                with contextlib.suppress(OSError):
                    self.answer(*proxy.respond(operation, body, dict(self.headers), self.upstream))

            def answer(self, status, headers, body):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def respond(self, operation, body, headers, upstream):
        """Status, headers and body of what is answered."""
        with self.lock:
            refusal, part = self.refuse(operation), self.leave(operation)
            if refusal:
                self.refused[operation] = self.refused.get(operation, 0) + 1
        if refusal:
            status, answer = refusal
            page = b"<html>Service Unavailable</html>" if answer is None else json.dumps(answer).encode()
            kind = "text/html" if answer is None else "application/x-amz-json-1.0"
            return status, [("Content-Type", kind)], page
        self.hold(operation)
        left = {}
        if operation == "BatchWriteItem" and part:
            body, left = self.divide(json.loads(body), part)
        status, told, answer = self.forward(body, headers, upstream)
        if left and status == 200:
            told = [(name, value) for name, value in told if name.lower() != "x-amz-crc32"]
            answer = json.dumps(self.merge(json.loads(answer), left)).encode()
        with self.lock:
            self.passed[operation] = self.passed.get(operation, 0) + 1
            if status == 200 and b"ConsumedCapacity" in answer:
                consumed = json.loads(answer)["ConsumedCapacity"]
                tables = consumed if isinstance(consumed, list) else [consumed]
                self.units.setdefault(operation, []).append(sum(table["CapacityUnits"] for table in tables))
                for table in tables:
                    self.table_units.setdefault((operation, table["TableName"]), []).append(table["CapacityUnits"])
        return status, told, answer

    def divide(self, request, part):
        """A body with some of the writes, and the others by table: one is passed on at least."""
        left = {}
        for table, writes in request["RequestItems"].items():
            with self.lock:
                self.chance.shuffle(writes)
                count = min(len(writes) - 1, int(len(writes) * part))
                self.left_over += count
            if count:
                left[table], request["RequestItems"][table] = writes[:count], writes[count:]
        return json.dumps(request).encode(), left

    @staticmethod
    def merge(answer, left):
        for table, writes in left.items():
            answer.setdefault("UnprocessedItems", {}).setdefault(table, []).extend(writes)
        return answer

    def forward(self, body, headers, upstream):
        headers = {name: value for name, value in headers.items() if name.lower() not in ("content-length", "accept-encoding")}
        for attempt in range(2):
            try:
                upstream.request("POST", "/", body, headers)
                answer = upstream.getresponse()
                content = answer.read()
                told = [
                    (name, value)
                    for name, value in answer.getheaders()
                    if name.lower() not in ("content-length", "connection", "transfer-encoding")
                ]
                return answer.status, told, content
            except (OSError, http.client.HTTPException):
                # The server closed a connection that was idle.
                upstream.close()
                if attempt:
                    raise

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Bursts:
    """Refuses in bursts: after some requests that pass come some that do not, of one kind each; seeded.

    Only operations of `among` are refused.
    """

    def __init__(self, among, seed, passing=12, refusing=6):
        self.among, self.chance, self.most = among, random.Random(seed), (passing, refusing)
        self.left, self.kind, self.seen = 0, None, set()

    def __call__(self, operation):
        if operation not in self.among:
            return None
        if self.left == 0:
            self.kind = None if self.kind else self.chance.choice(REFUSALS)
            self.left = self.chance.randint(1, self.most[1 if self.kind else 0])
        self.left -= 1
        if self.kind:
            self.seen.add(REFUSALS.index(self.kind))
        return self.kind


@contextlib.contextmanager
def throttle(url, **options):
    proxy = Throttle(url, **options)
    try:
        yield proxy
    finally:
        proxy.stop()
