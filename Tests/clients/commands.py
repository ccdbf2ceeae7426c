"""The commands of `dyad` as the client suite runs them, and the web log's table."""

import contextlib
import signal
import subprocess
import tempfile

import support

LOG_COLUMNS = {
    "requestid": "N",
    "host": "S",
    "date": "S",
    "hourofday": "N",
    "timezone": "S",
    "method": "S",
    "url": "S",
    "responsecode": "N",
    "bytessent": "N",
    "useragent": "S",
}
FIXTURES = support.REPOSITORY / "fixtures"


def columns(kinds):
    """The value of --columns: `requestid:N,host:S`."""
    return ",".join(f"{name}:{kind}" for name, kind in kinds.items())


def environment():
    """Credentials, and nothing of the machine's own configuration."""
    return {name: value for name, value in support.aws_environment("").items() if name != "AWS_ENDPOINT_URL"}


def dyad(*arguments, timeout=120):
    """Runs a command to its end: a CompletedProcess with `.returncode`, `.stdout`, `.stderr`."""
    return subprocess.run(
        [support.binary(), *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment(),
        text=True,
        timeout=timeout,
    )


def succeed(*arguments, timeout=120):
    """The same, and it must end with exit code 0; returns its standard output."""
    done = dyad(*arguments, timeout=timeout)
    assert done.returncode == 0, f"dyad {' '.join(map(str, arguments))}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def link(source, target, url=None, source_url=None, target_url=None):
    """The options of replicate and verify: a table in Beijing and one in Ningxia."""
    options = ["--source-region", support.BEIJING, "--source-table", source]
    options += ["--target-region", support.NINGXIA, "--target-table", target]
    if url:
        return options + ["--endpoint", url]
    return options + ["--source-endpoint", source_url, "--target-endpoint", target_url]


class Replicator:
    """A running `dyad replicate`, ended by its own process id."""

    def __init__(self, *arguments):
        self._said = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            [support.binary(), "replicate", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=subprocess.STDOUT,
            env=environment(),
        )

    def said(self):
        return support.written(self._said)

    def is_running(self):
        return self.process.poll() is None

    def end(self, with_signal=signal.SIGTERM, timeout=20):
        """Sends the signal; returns the exit code."""
        if self.is_running():
            self.process.send_signal(with_signal)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the replicator still runs {timeout} s after signal {with_signal}\n{self.said()}")

    def kill(self):
        """As a power cut does."""
        if self.is_running():
            self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def replicating(*arguments):
    """A replicator for the length of the block; it must not have ended by itself, and ends with exit code 0."""
    replicator = Replicator(*arguments)
    try:
        yield replicator
        assert replicator.is_running(), f"ended by itself: {replicator.process.returncode}\n{replicator.said()}"
        code = replicator.end()
        assert code == 0, f"exit code {code}\n{replicator.said()}"
    finally:
        replicator.kill()


@contextlib.contextmanager
def serving(*arguments):
    """A server of one's own for the length of the block."""
    server = support.Server(*arguments)
    try:
        yield server
    finally:
        server.kill()


def items(client, table):
    """All items of a table by their key attributes' values, in DynamoDB's own form."""
    schema = client.describe_table(TableName=table)["Table"]["KeySchema"]
    names = [part["AttributeName"] for part in schema]
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return {tuple(str(item[name]) for name in names): item for page in pages for item in page["Items"]}


STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
LOG_KEY = {
    "KeySchema": [{"AttributeName": "requestid", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "requestid", "AttributeType": "N"}],
}
