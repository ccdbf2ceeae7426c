"""The fixtures of the client suite: real clients (boto3, the AWS CLI, plain HTTP) against one server process.

$DYAD names the executable (default: the debug build of this checkout); $DYAD_ENDPOINT an endpoint that runs already.
"""

import itertools
import json
import os
import subprocess
import uuid

import botocore.exceptions
import pytest

import support

_numbers = itertools.count(1)
_run = uuid.uuid4().hex[:6]


def unique_name(prefix="t"):
    return f"{prefix}-{_run}-{next(_numbers)}"


@pytest.fixture(scope="session")
def server():
    """The server under test, with `.url`, `.host`, `.port` and `.pid`; it must end with exit code 0."""
    if os.environ.get("DYAD_ENDPOINT"):
        yield support.Endpoint(os.environ["DYAD_ENDPOINT"])
        return
    process = support.Server("--memory", "--port", "0")
    try:
        yield process
        code = process.end()
        assert code == 0, f"exit code {code}\n{process.errors()}"
    finally:
        process.kill()


@pytest.fixture(scope="session")
def dynamodb(server):
    """Clients for DynamoDB: `dynamodb(region="cn-north-1", access_key=...)`, or `dynamodb.put_item(...)` in Beijing."""
    return support.Clients("dynamodb", server.url)


@pytest.fixture(scope="session")
def streams(server):
    """The same for DynamoDB Streams."""
    return support.Clients("dynamodbstreams", server.url)


@pytest.fixture(scope="session")
def resource(server):
    """boto3 resources: `resource(region).Table(name)`, or `resource.Table(name)` in Beijing."""
    return support.Resources("dynamodb", server.url)


@pytest.fixture
def table_name():
    """A name that nothing else has."""
    return unique_name()


@pytest.fixture(scope="session")
def _tables(dynamodb):
    """Makes tables and knows how to remove them again."""

    def make(region=support.BEIJING, access_key=support.ACCESS_KEY, wait=True, key=None, **parameters):
        client = dynamodb(region, access_key)
        parameters.setdefault("TableName", unique_name())
        if "KeySchema" not in parameters:
            parameters.update(support.key_parameters(**(key or {"pk": "S"})))
        elif key is not None:
            raise TypeError("give either key or KeySchema")
        if "ProvisionedThroughput" not in parameters:
            parameters.setdefault("BillingMode", "PAY_PER_REQUEST")
        client.create_table(**parameters)
        if wait:
            wait_active(client, parameters["TableName"])
        return parameters["TableName"]

    def wait_active(client, name):
        def active():
            table = client.describe_table(TableName=name)["Table"]
            indexes = table.get("GlobalSecondaryIndexes", [])
            return table["TableStatus"] == "ACTIVE" and all(index["IndexStatus"] == "ACTIVE" for index in indexes)

        support.eventually(active, because=f"table {name} ACTIVE")

    def remove(name, region=support.BEIJING, access_key=support.ACCESS_KEY):
        client = dynamodb(region, access_key)

        def gone():
            try:
                status = client.describe_table(TableName=name)["Table"]["TableStatus"]
                if status == "ACTIVE":
                    client.delete_table(TableName=name)
                return False
            except botocore.exceptions.ClientError as error:
                code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
                if code == "ValidationException" and "protect" in message.lower():
                    client.update_table(TableName=name, DeletionProtectionEnabled=False)
                elif code not in ("ResourceNotFoundException", "ResourceInUseException"):
                    raise
                return code == "ResourceNotFoundException"

        support.eventually(gone, because=f"table {name} gone")

    make.wait_active, make.remove = wait_active, remove
    return make


def _making(tables):
    made = []

    def make_table(region=support.BEIJING, access_key=support.ACCESS_KEY, wait=True, key=None, **parameters):
        name = tables(region, access_key, wait, key, **parameters)
        made.append((name, region, access_key))
        return name

    yield make_table
    for name, region, access_key in made:
        tables.remove(name, region, access_key)


@pytest.fixture
def make_table(_tables):
    """Makes an ACTIVE table for one test and returns its name.

    `make_table(key={"pk": "S", "sk": "N"}, **create_table_parameters)`: without `key` or KeySchema the key is `pk` of
    type S, without ProvisionedThroughput it is on demand; `region` and `access_key` say where; `wait=False` returns
    while it is CREATING. Removed after the test, deletion protection or not.
    """
    yield from _making(_tables)


@pytest.fixture(scope="module")
def make_module_table(_tables):
    """`make_table` for tables that a module's tests share."""
    yield from _making(_tables)


@pytest.fixture
def wait_active(_tables, dynamodb):
    """`wait_active(name, region=..., access_key=...)`: until the table and all its indexes are ACTIVE."""

    def wait(name, region=support.BEIJING, access_key=support.ACCESS_KEY):
        _tables.wait_active(dynamodb(region, access_key), name)

    return wait


@pytest.fixture
def stop_clock(server):
    """`stop_clock()`: states that pass, CREATING for one, stay until the test ends. Name it behind `make_table`."""
    if os.environ.get("DYAD_ENDPOINT"):
        pytest.skip("a foreign endpoint's clock is its own")

    def order(running):
        body = json.dumps({"running": running})
        reply = support.raw_request(
            server.url, None, body, {"Content-Type": "application/json"}, path="/_dyad/clock", sign=False
        )
        assert reply.status == 200, reply.text

    yield lambda: order(False)
    order(True)


@pytest.fixture(scope="session")
def remove_table(_tables):
    """`remove_table(name, region=..., access_key=...)`: deletes a table and returns when it is gone."""
    return _tables.remove


@pytest.fixture(scope="session")
def raw(server):
    """`raw(target, body, headers=None, region=..., sign=True, method="POST", path="/")`: one plain HTTP request.

    `target` may leave the service prefix out; the answer has `.status`, `.headers`, `.body`, `.json`, `.type`
    (`__type` as sent) and `.message`.
    """

    def send(target, body=b"{}", headers=None, **options):
        return support.raw_request(server.url, target, body, headers, **options)

    return send


@pytest.fixture(scope="session")
def aws(server):
    """Runs the AWS CLI: `aws("dynamodb", "list-tables", region=...)` returns its parsed JSON, text if it is none.

    With `check=False` the CompletedProcess itself, whatever the exit code.
    """

    def run(*arguments, region=support.BEIJING, access_key=support.ACCESS_KEY, check=True, timeout=60):
        process = subprocess.run(
            ["aws", *arguments],
            env=support.aws_environment(server.url, region, access_key),
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        if not check:
            return process
        assert process.returncode == 0, f"aws {' '.join(arguments)}: {process.returncode}\n{process.stderr}"
        try:
            return json.loads(process.stdout)
        except json.JSONDecodeError:
            return process.stdout.strip()

    return run


@pytest.fixture(scope="session")
def expect_error():
    """`with expect_error(code, message): ...`; see support.expect_error."""
    return support.expect_error


@pytest.fixture(scope="session")
def eventually():
    """`eventually(probe, timeout=10)`; see support.eventually."""
    return support.eventually
