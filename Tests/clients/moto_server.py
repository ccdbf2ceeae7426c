"""moto's server, a DynamoDB that we did not write, and a TCP proxy that treats connections badly."""

import contextlib
import pathlib
import random
import re
import socket
import subprocess
import sys
import threading

import support

SERIAL = pathlib.Path(__file__).with_name("serial_moto.py")


class Moto:
    """A process of its own on a free port of 127.0.0.1."""

    def __init__(self, one_at_a_time):
        program = [str(SERIAL)] if one_at_a_time else ["-m", "moto.server"]
        self.process = subprocess.Popen(
            [sys.executable, *program, "-H", "127.0.0.1", "-p", "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=support.aws_environment(""),
            text=True,
        )
        self.url = None
        for line in self.process.stderr:
            found = re.search(r"Running on (http://127\.0\.0\.1:\d+)", line)
            if found:
                self.url = found.group(1)
                break
        assert self.url, "moto said no address"
        # Its log of requests must go somewhere, or it stands still.
        threading.Thread(target=lambda: [None for _ in self.process.stderr], daemon=True).start()

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


@contextlib.contextmanager
def moto(one_at_a_time=False):
    """Requests one after the other where several clients write: see serial_moto.py."""
    server = Moto(one_at_a_time)
    try:
        yield server
    finally:
        server.stop()


class BadNetwork:
    """Passes bytes on to `url`, late and in pieces, and cuts one connection in so many; seeded."""

    def __init__(self, url, seed, cut_one_in):
        self.chance, self.cut_one_in, self.cuts = random.Random(seed), cut_one_in, 0
        host, _, port = url.removeprefix("http://").rpartition(":")
        self.there = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.lock, self.ended = threading.Lock(), threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self.ended.is_set():
            try:
                ours, _ = self.listener.accept()
                theirs = socket.create_connection(self.there)
            except OSError:
                return
            for pair in ((ours, theirs), (theirs, ours)):
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source, sink):
        try:
            while data := source.recv(65536):
                with self.lock:
                    is_cut = self.chance.randrange(self.cut_one_in) == 0
                    pause = self.chance.random() * 0.005
                    part = self.chance.randrange(len(data) + 1)
                self.ended.wait(pause)
                if is_cut:
                    # Some of it arrives, the rest never does.
                    sink.sendall(data[:part])
                    self.cuts += 1
                    break
                sink.sendall(data[:part])
                sink.sendall(data[part:])
        except OSError:
            pass
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def stop(self):
        self.ended.set()
        self.listener.close()


@contextlib.contextmanager
def bad_network(url, seed=1, cut_one_in=25):
    proxy = BadNetwork(url, seed, cut_one_in)
    try:
        yield proxy
    finally:
        proxy.stop()
