"""What the client suite's fixtures are made of: a server process, clients that send what they are told, polling."""

import contextlib
import functools
import http.client
import json
import os
import pathlib
import re
import resource
import select
import signal
import subprocess
import tempfile
import time
import urllib.parse
import zlib

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions

import output_model

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BEIJING = "cn-north-1"
NINGXIA = "cn-northwest-1"
VIRGINIA = "us-east-1"
GOV_WEST = "us-gov-west-1"
ACCOUNT = "123456789012"  # the default of `dyad serve --account`
ACCESS_KEY = "AKIDEXAMPLE"  # not 12 digits, so it means the server's own account
SECRET_KEY = "secret"

#: `__type` is qualified by the namespace that defines the exception. Sources: dynalite test/connection.js and
#: test/helpers.js (validation and serialization come from Coral), DynamoDB's service model for the others.
TYPE_PREFIX = {
    "ValidationException": "com.amazon.coral.validate#",
    "SerializationException": "com.amazon.coral.service#",
    "UnknownOperationException": "com.amazon.coral.service#",
    "MissingAuthenticationTokenException": "com.amazon.coral.service#",
    "UnrecognizedClientException": "com.amazon.coral.service#",
    "AccessDeniedException": "com.amazon.coral.service#",
    "InvalidSignatureException": "com.amazon.coral.service#",
    "IncompleteSignatureException": "com.amazon.coral.service#",
}
SERVICE_PREFIX = "com.amazonaws.dynamodb.v20120810#"


def binary():
    """The executable under test: $DYAD, or the debug build of this checkout."""
    return os.environ.get("DYAD") or str(REPOSITORY / ".build" / "debug" / "dyad")


def eventually(probe, *, timeout=10.0, interval=0.01, because="the condition"):
    """Polls until `probe` answers something true, and returns that; AssertionError after `timeout` seconds.

    An AssertionError inside `probe` counts as "not yet"; the last one is shown when time is up.
    """
    deadline = time.monotonic() + timeout
    last = None
    while True:
        try:
            value = probe()
            if value:
                return value
        except AssertionError as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"{because} did not come true within {timeout} s (last: {last})")
        time.sleep(interval)


@contextlib.contextmanager
def expect_error(code, message=None):
    """The block must raise a ClientError of this code, whose message is exactly `message`.

    `message` may be a compiled pattern (matched whole) where the text holds an identifier; None leaves it open.
    Yields a list that holds the ClientError after the block.
    """
    caught = []
    try:
        yield caught
    except botocore.exceptions.ClientError as error:
        caught.append(error)
        details = error.response["Error"]
        assert details["Code"] == code, f"{details['Code']}: {details.get('Message')}"
        if isinstance(message, re.Pattern):
            assert message.fullmatch(details.get("Message", "")), details.get("Message")
        elif message is not None:
            assert details.get("Message") == message
        return
    raise AssertionError(f"no error, expected {code}: {message}")


def written(file):
    """What a process that was given `file` has written so far. Its own place in the file is that of the process: moved to
    read, it would have the process write over what it wrote."""
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode(errors="replace")


@contextlib.contextmanager
def files_of_at_most(size):
    """What is started in here writes no files of more than `size` bytes, as if the disk were full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    popen = subprocess.Popen
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    # Python ignores SIGXFSZ, and so does what it starts if its signals are not restored.
    subprocess.Popen = functools.partial(popen, restore_signals=False)
    try:
        yield
    finally:
        subprocess.Popen = popen
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class Server:
    """A `dyad serve` process and where it listens; ended by its pid alone."""

    def __init__(self, *arguments, environment=None):
        self._errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            [binary(), "serve", *arguments],
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
            text=True,
        )
        self.pid = self.process.pid
        try:
            self.first_line = self._read_line(timeout=20)
            prefix = "listening on "
            assert self.first_line.startswith(prefix + "http://"), f"{self.first_line!r}\n{self.errors()}"
            self.url = self.first_line[len(prefix) :].rstrip("\n")
            self.host = urllib.parse.urlsplit(self.url).hostname
            self.port = urllib.parse.urlsplit(self.url).port
        except BaseException:
            self.kill()
            raise

    def _read_line(self, timeout):
        ready, _, _ = select.select([self.process.stdout], [], [], timeout)
        assert ready, f"no line on standard output within {timeout} s\n{self.errors()}"
        return self.process.stdout.readline()

    def errors(self):
        """All that the process has written to standard error."""
        return written(self._errors)

    def end(self, with_signal=signal.SIGTERM, timeout=20):
        """Asks the process to end and returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running {timeout} s after signal {with_signal}\n{self.errors()}")
        self.process.stdout.close()
        return code

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if not self.process.stdout.closed:
            self.process.stdout.close()


class Endpoint:
    """A server that somebody else started ($DYAD_ENDPOINT): no process to look at."""

    def __init__(self, url):
        self.url = url.rstrip("/")
        parts = urllib.parse.urlsplit(self.url)
        self.host, self.port, self.pid = parts.hostname, parts.port, None


def boto_config(**overrides):
    """Bad input reaches the server, and each answer is seen once."""
    settings = {
        "parameter_validation": False,
        "retries": {"total_max_attempts": 1, "mode": "standard"},
        "connect_timeout": 10,
        "read_timeout": 60,
        "max_pool_connections": 64,
    }
    settings.update(overrides)
    return botocore.config.Config(**settings)


def make_client(service, url, region=BEIJING, access_key=ACCESS_KEY, secret_key=SECRET_KEY, **config):
    client = boto3.session.Session().client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=boto_config(**config),
    )
    return output_model.watch(client)


class Clients:
    """Clients of one service: call it for a region's (`dynamodb("us-east-1")`), or use it as Beijing's client."""

    def __init__(self, service, url):
        self._service, self._url, self._made = service, url, {}

    def __call__(self, region=BEIJING, access_key=ACCESS_KEY, **config):
        if config:
            return make_client(self._service, self._url, region, access_key, **config)
        if (region, access_key) not in self._made:
            self._made[region, access_key] = make_client(self._service, self._url, region, access_key)
        return self._made[region, access_key]

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self(), name)


class Resources(Clients):
    """The same for boto3's resources (`resource().Table(name)`)."""

    def __call__(self, region=BEIJING, access_key=ACCESS_KEY):
        if (region, access_key) not in self._made:
            self._made[region, access_key] = boto3.session.Session().resource(
                self._service,
                endpoint_url=self._url,
                region_name=region,
                aws_access_key_id=access_key,
                aws_secret_access_key=SECRET_KEY,
                config=boto_config(),
            )
        return self._made[region, access_key]


class Reply:
    """A raw HTTP answer. `headers` is case-insensitive."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def type(self):
        """The `__type` of an error as it was sent."""
        return self.json.get("__type")

    @property
    def message(self):
        """The text of an error, whichever way its member is spelled."""
        return self.json.get("message", self.json.get("Message"))


SPELLED_WITH_CAPITAL = {
    "SerializationException",
    "IdempotentParameterMismatchException",
    "TransactionInProgressException",
}


def assert_crc(reply):
    """`x-amz-crc32` is the body's CRC-32 in decimal; botocore checks it too, but only where it is present."""
    assert reply.headers["x-amz-crc32"] == str(zlib.crc32(reply.body))


def assert_error(reply, code, message, status=400):
    """The whole envelope: status, qualified `__type`, the text under the member AWS uses for it, the CRC.

    `message` None means that the body has no text at all (UnknownOperationException, JSON that does not parse);
    a compiled pattern must match wholly.
    """
    assert reply.status == status, reply.text
    body = reply.json
    assert body["__type"] == TYPE_PREFIX.get(code, SERVICE_PREFIX) + code, body
    # A few spell it with a capital: SerializationException (dynalite test/helpers.js, recorded from AWS) and, by the
    # service model, those of transactions.
    member = "Message" if code in SPELLED_WITH_CAPITAL else "message"
    if message is None:
        assert set(body) == {"__type"}, body
    else:
        assert set(body) == {"__type", member}, body
        if isinstance(message, re.Pattern):
            assert message.fullmatch(body[member]), body[member]
        else:
            assert body[member] == message
    assert_crc(reply)


def assert_constraints(reply, *failures):
    """An aggregated constraint error that lists exactly these failures, in any order.

    Each is written `Value … at '…': …`, short for "failed to satisfy constraint: ". AWS's order among members is a Java
    hash's, which is not worth pinning except where a test says so.
    """
    assert reply.status == 400, reply.text
    assert reply.type == TYPE_PREFIX["ValidationException"] + "ValidationException", reply.text
    count = len(failures)
    prefix = f"{count} validation error{'' if count == 1 else 's'} detected: "
    assert reply.message.startswith(prefix), reply.message
    expected = sorted(failure.replace("': ", "' failed to satisfy constraint: ", 1) for failure in failures)
    assert sorted(reply.message[len(prefix) :].split("; ")) == expected


def qualified(target):
    """`PutItem` is DynamoDB's; the four operations of the streams have a service prefix of their own."""
    if target is None or "." in target:
        return target
    streams = {"ListStreams", "DescribeStream", "GetShardIterator", "GetRecords"}
    return ("DynamoDBStreams_20120810." if target in streams else "DynamoDB_20120810.") + target


def signed_headers(url, body, headers, region, access_key, secret_key=SECRET_KEY):
    """The given headers and SigV4's."""
    request = botocore.awsrequest.AWSRequest(method="POST", url=url, data=body, headers=headers)
    credentials = botocore.credentials.Credentials(access_key, secret_key)
    botocore.auth.SigV4Auth(credentials, "dynamodb", region).add_auth(request)
    return dict(request.headers.items())


def raw_request(
    url, target, body=b"{}", headers=None, *, region=BEIJING, access_key=ACCESS_KEY, sign=True, method="POST", path="/"
):
    """One HTTP request exactly as given: `body` is bytes, text, or a value to write as JSON.

    A header given as None is left out, whatever the default; with `sign` the request carries SigV4's headers.
    """
    if not isinstance(body, (bytes, str)):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    sent = {"Content-Type": "application/x-amz-json-1.0"}
    if target is not None:
        sent["X-Amz-Target"] = qualified(target)
    given = headers or {}
    for name, value in given.items():
        for present in [key for key in sent if key.lower() == name.lower()]:
            del sent[present]
        if value is not None:
            sent[name] = value
    if sign:
        sent = signed_headers(url + path, body, sent, region, access_key)
        for name in [name for name, value in given.items() if value is None]:
            for present in [key for key in sent if key.lower() == name.lower()]:
                del sent[present]
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        connection.request(method, path, body=body, headers=sent)
        return Reply(connection.getresponse())
    finally:
        connection.close()


def aws_environment(url, region=BEIJING, access_key=ACCESS_KEY):
    """The environment of an AWS CLI that knows this server and nothing of the machine's own configuration."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    environment.update(
        AWS_ENDPOINT_URL=url,
        AWS_ACCESS_KEY_ID=access_key,
        AWS_SECRET_ACCESS_KEY=SECRET_KEY,
        AWS_DEFAULT_REGION=region,
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        AWS_MAX_ATTEMPTS="1",
        AWS_PAGER="",
    )
    return environment


def key_parameters(**attributes):
    """KeySchema and AttributeDefinitions of `key_parameters(pk="S", sk="N")`: the first is the partition key."""
    schema = [
        {"AttributeName": name, "KeyType": "HASH" if place == 0 else "RANGE"} for place, name in enumerate(attributes)
    ]
    definitions = [{"AttributeName": name, "AttributeType": kind} for name, kind in attributes.items()]
    return {"KeySchema": schema, "AttributeDefinitions": definitions}
