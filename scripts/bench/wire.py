"""A client that costs next to nothing: one connection kept open, answers as bytes. And many of them, as processes."""

import datetime
import json
import multiprocessing
import re
import resource
import signal
import socket
import time
import urllib.parse

import servers

BUFFER_BYTES = 4 << 20
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
CLOSING = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
EDGE_BYTES = 1024  # members beside the items stand in front of them or behind
PATIENCE_SECONDS = 1800
FILLERS = 8
FILLER_BYTES = 440
QUANTILES = (("p50", "p50"), ("p99", "p99"), ("p99.9", "p999"))


class Client:
    """`send` gives the answer's body, which is good until the next one."""

    def __init__(self, server, operation):
        parts = urllib.parse.urlsplit(server.url)
        self.address, self.name = (parts.hostname, parts.port or 80), server.name
        now = datetime.datetime.now(datetime.timezone.utc)
        self.head = (
            f"POST / HTTP/1.1\r\nHost: {parts.netloc}\r\nX-Amz-Target: DynamoDB_20120810.{operation}\r\n"
            f"Content-Type: application/x-amz-json-1.0\r\nUser-Agent: Boto3/1 bench\r\nX-Amz-Date: {now:%Y%m%dT%H%M%SZ}\r\n"
            f"Authorization: {servers.authorization(now, servers.REGION)}\r\nContent-Length: "
        ).encode()
        self.buffer = bytearray(BUFFER_BYTES)
        self.view = memoryview(self.buffer)
        self.socket = None

    def send(self, body):
        if self.socket is None:
            self.socket = socket.create_connection(self.address, timeout=PATIENCE_SECONDS)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(self.head + b"%d\r\n\r\n" % len(body) + body)
        filled, start = 0, -1
        while start < 0:
            filled += self._receive(filled)
            start = self.buffer.find(b"\r\n\r\n", 0, filled)
        head = bytes(self.view[: start + 2])
        start += 4
        end = self._chunked(start, filled) if CHUNKED.search(head) else self._sized(start, filled, head)
        if b" 200 " not in head[:16]:
            raise RuntimeError(f"{self.name}: {head[:40]!r} {bytes(self.view[start : min(end, start + 400)])!r}")
        if CLOSING.search(head) or head.startswith(b"HTTP/1.0"):
            self.close()
        return Body(self.buffer, start, end)

    def _sized(self, start, filled, head):
        """Receives the rest of the body; where it ends."""
        length = LENGTH.search(head)
        if not length:
            raise RuntimeError(f"{self.name} does not say how long its answer is")
        end = start + int(length[1])
        while filled < end:
            filled += self._receive(filled)
        return end

    def _chunked(self, start, filled):
        """The same of a body in chunks, which are moved together. JSON has no line breaks that could be taken for theirs."""
        while not self.buffer.endswith(b"0\r\n\r\n", start, filled):
            filled += self._receive(filled)
        place, end = start, start
        while True:
            line = self.buffer.index(b"\r\n", place)
            size = int(bytes(self.buffer[place:line]).partition(b";")[0], 16)
            if size == 0:
                return end
            self.buffer[end : end + size] = self.buffer[line + 2 : line + 2 + size]
            place, end = line + 2 + size + 2, end + size

    def _receive(self, filled):
        if filled == len(self.buffer):
            raise RuntimeError(f"{self.name} answered with more than {filled} bytes")
        count = self.socket.recv_into(self.view[filled:])
        if count == 0:
            raise RuntimeError(f"{self.name} closed the connection")
        return count

    def close(self):
        if self.socket:
            self.socket.close()
            self.socket = None


class Body:
    """An answer, of which only the members beside the items are looked at."""

    def __init__(self, buffer, start, end):
        self.buffer, self.start, self.end = buffer, start, end

    def __len__(self):
        return self.end - self.start

    def member(self, name):
        """The value of a member of the answer itself; None where there is none."""
        quoted = f'"{name}"'.encode()
        for first, last in ((max(self.start, self.end - EDGE_BYTES), self.end), (self.start, self.start + EDGE_BYTES)):
            place = self.buffer.rfind(quoted, first, min(last, self.end))
            if place >= 0:
                text = bytes(self.buffer[place + len(quoted) : min(self.end, place + EDGE_BYTES)]).decode(errors="replace")
                return json.JSONDecoder().raw_decode(text.lstrip(": "))[0]
        return None


def side_by_side(jobs, server):
    """Runs each job in a process of its own, all started together; what each returned, seconds, and processor time.

    A job is a function without arguments whose value can be sent between processes.
    """
    fork = multiprocessing.get_context("fork")
    ready = fork.Barrier(len(jobs) + 1)
    pipes = []
    for job in jobs:
        ours, theirs = fork.Pipe(duplex=False)
        process = fork.Process(target=_work, args=(job, ready, theirs), daemon=True)
        process.start()
        theirs.close()
        pipes.append((process, ours))
    ready.wait(PATIENCE_SECONDS)
    began, server_before = time.monotonic(), server.cpu_seconds()
    answers = []
    for process, ours in pipes:
        if not ours.poll(PATIENCE_SECONDS):
            process.kill()
            raise RuntimeError("a client does not come to an end")
        answers.append(ours.recv())
    wall = time.monotonic() - began
    server_used = None if server_before is None else server.cpu_seconds() - server_before
    for process, ours in pipes:
        process.join()
        ours.close()
    for answer in answers:
        if isinstance(answer, Exception):
            raise RuntimeError(f"a client failed: {answer}")
    values = [value for value, _ in answers]
    return {"values": values, "seconds": wall, "server": server_used, "client": sum(used for _, used in answers)}


def _work(job, ready, pipe):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ready.wait(PATIENCE_SECONDS)
    before = own_seconds()
    try:
        pipe.send((job(), own_seconds() - before))
    except Exception as error:  # told to who waits for it
        pipe.send(RuntimeError(f"{type(error).__name__}: {error}"))


def own_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def fill(server, table, count):
    """Writes items of 500 bytes with the keys `key-0` … in batches over eight connections; items a second."""
    item = b'{"PutRequest":{"Item":{"pk":{"S":"key-%d"},"n":{"N":"%d"},"text":{"S":"' + b"x" * FILLER_BYTES + b'"}}}}'
    head, tail = b'{"RequestItems":{"' + table.encode() + b'":[', b"]}}"

    def writer(first):
        def job():
            client = Client(server, "BatchWriteItem")
            for start in range(first, count, FILLERS * servers.BATCH):
                numbers = range(start, min(count, start + servers.BATCH))
                answer = client.send(head + b",".join([item % (number, number) for number in numbers]) + tail)
                if answer.member("UnprocessedItems"):
                    raise RuntimeError(f"{server.name} left items unprocessed")

        return job

    done = side_by_side([writer(number * servers.BATCH) for number in range(FILLERS)], server)
    return count / done["seconds"]


def once(client, body):
    """The answer and its microseconds."""
    start = time.perf_counter_ns()
    answer = client.send(body)
    return answer, (time.perf_counter_ns() - start) / 1000


def timed(client, bodies, *, count=None, seconds=None, pause=0):
    """Sends bodies in turn, `count` of them or for so long, with a pause between; microseconds of each."""
    latencies, end = [], time.monotonic() + (seconds or PATIENCE_SECONDS)
    place = 0
    while (count is None or place < count) and time.monotonic() < end:
        latencies.append(once(client, bodies[place % len(bodies)])[1])
        place += 1
        if pause:
            time.sleep(pause)
    return latencies


def costs(done, count):
    """Processor time of what `side_by_side` ran: microseconds a request, and the cores that the clients took."""
    return {
        "server_us": None if done["server"] is None else done["server"] / max(1, count) * 1e6,
        "client_us": done["client"] / max(1, count) * 1e6,
        "client_cores": done["client"] / done["seconds"],
    }


def costs_text(cell):
    server = "-" if cell["server_us"] is None else f"{cell['server_us']:,.0f}"
    share = f"{cell['client_cores'] * 100:.0f}% of a core"
    return f"server {server} µs, clients {cell['client_us']:,.0f} µs a request ({share})"
