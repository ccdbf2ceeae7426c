"""Lambda functions through boto3 and the AWS CLI, run by `dyad serve --functions`."""

import base64
import contextlib
import io
import json
import os
import pathlib
import signal
import stat
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import pytest

import output_model
import support
from conftest import unique_name

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def zipped(files, mode=0o644):
    """A zip of `{name: text or bytes}`; a file called `bootstrap` may be executed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFREG | (0o755 if name == "bootstrap" else mode)) << 16
            archive.writestr(entry, text)
    return packed.getvalue()


def client(url, service, region=support.BEIJING):
    made = boto3.session.Session().client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=support.ACCESS_KEY,
        aws_secret_access_key=support.SECRET_KEY,
        config=botocore.config.Config(
            retries={"total_max_attempts": 1, "mode": "standard"}, read_timeout=120, parameter_validation=False
        ),
    )
    if service == "lambda":
        # What Invoke answers is the handler's own; updates have a reason, recorded from AWS, that AWS's model lacks.
        unchecked = ("Invoke", "UpdateFunctionCode", "UpdateFunctionConfiguration")

        def check(operation_model, **rest):
            if operation_model.name not in unchecked:
                output_model.check(operation_model, **rest)

        made.meta.events.register("before-parse", check)
    return made


@contextlib.contextmanager
def serving(*arguments, environment=None):
    """A server with functions, whose Python is this one: it has boto3."""
    server = support.Server(
        "--port", "0", "--functions", "--python", sys.executable, *arguments, environment=environment
    )
    try:
        yield server
        code = server.end()
        assert code == 0, f"exit code {code}\n{server.errors()}"
    finally:
        server.kill()


@pytest.fixture(scope="module")
def server():
    with serving("--memory") as process:
        yield process


def make_role(url, name="functions"):
    iam = client(url, "iam")
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=name, Path="/service-role/", AssumeRolePolicyDocument=json.dumps(TRUST))
    return iam.get_role(RoleName=name)["Role"]["Arn"]


@pytest.fixture(scope="module")
def role(server):
    return make_role(server.url)


@pytest.fixture(scope="module")
def functions(server):
    return client(server.url, "lambda")


@pytest.fixture
def make(functions, role):
    """Makes an active function of one Python file or of given files, and returns its name."""
    made = []

    def make(source=None, files=None, **parameters):
        name = unique_name("f")
        parameters = {
            "Runtime": "python3.12",
            "Handler": "index.handler",
            "Timeout": 60,
            "Role": role,
            "Code": {"ZipFile": zipped(files or {"index.py": source})},
            **parameters,
        }
        functions.create_function(FunctionName=name, **parameters)
        made.append(name)
        functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        return name

    yield make
    for name in made:
        with contextlib.suppress(functions.exceptions.ResourceNotFoundException):
            functions.delete_function(FunctionName=name)


def call(functions, name, event=None, **parameters):
    """The answer of an invocation, its payload read."""
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event), **parameters)
    answer["Payload"] = json.loads(answer["Payload"].read())
    return answer


def log_of(answer):
    return base64.b64decode(answer["LogResult"]).decode()


def is_running(process):
    try:
        os.kill(process, 0)
        return "Z" not in pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1][:3]
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_a_function_is_made_read_invoked_and_deleted(functions, make, role):
    name = make("def handler(event, context):\n    return {'seen': event['n'] + 1}\n", Description="counts")
    settings = functions.get_function_configuration(FunctionName=name)
    assert settings["State"] == "Active" and settings["LastUpdateStatus"] == "Successful"
    assert settings["Role"] == role and settings["Description"] == "counts"
    answer = call(functions, name, {"n": 41})
    assert answer["StatusCode"] == 200 and answer["ExecutedVersion"] == "$LATEST"
    assert answer["Payload"] == {"seen": 42} and "FunctionError" not in answer
    assert name in [one["FunctionName"] for one in functions.list_functions()["Functions"]]
    functions.delete_function(FunctionName=name)
    with support.expect_error(
        "ResourceNotFoundException", f"Function not found: arn:aws-cn:lambda:cn-north-1:{support.ACCOUNT}:function:{name}"
    ):
        functions.get_function(FunctionName=name)


def test_the_location_of_the_code_serves_it(functions, make):
    files = {"index.py": "def handler(e, c):\n    return 1\n"}
    name = make(files=files)
    location = functions.get_function(FunctionName=name)["Code"]["Location"]
    with urllib.request.urlopen(location) as answer:
        assert zipfile.ZipFile(io.BytesIO(answer.read())).namelist() == ["index.py"]


def test_new_code_and_new_settings_are_waited_for(functions, make):
    name = make("def handler(e, c):\n    return 1\n")
    assert call(functions, name)["Payload"] == 1
    code = zipped({"index.py": "import os\ndef handler(e, c):\n    return os.environ.get('STAGE')\n"})
    functions.update_function_code(FunctionName=name, ZipFile=code)
    functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    assert call(functions, name)["Payload"] is None
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": {"STAGE": "test"}})
    functions.get_waiter("function_updated").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    assert call(functions, name)["Payload"] == "test"


def test_a_handler_reaches_dynamodb_in_its_own_account(functions, make, server):
    source = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    tables = boto3.client('dynamodb', region_name=event['region'])\n"
        "    return [boto3.client('sts').get_caller_identity()['Account'], tables.list_tables()['TableNames']]\n"
    )
    table = unique_name()
    dynamodb = client(server.url, "dynamodb", support.NINGXIA)
    dynamodb.create_table(TableName=table, BillingMode="PAY_PER_REQUEST", **support.key_parameters(pk="S"))
    name = make(source)
    account, tables = call(functions, name, {"region": support.NINGXIA})["Payload"]
    assert account == support.ACCOUNT and table in tables
    dynamodb.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})
    dynamodb.delete_table(TableName=table)


def test_an_error_has_its_type_its_trace_and_its_log(functions, make):
    name = make("def handler(e, c):\n    print('before')\n    raise KeyError('lost')\n")
    answer = call(functions, name, LogType="Tail")
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorType"] == "KeyError" and answer["Payload"]["errorMessage"] == "'lost'"
    assert 'index.py", line 3, in handler' in answer["Payload"]["stackTrace"][0]
    log = log_of(answer)
    assert log.startswith("INIT_START Runtime Version: Python 3.")
    for text in ("START RequestId: ", "before\n[ERROR] KeyError: 'lost'\nTraceback", "END RequestId: ", "REPORT RequestId"):
        assert text in log


def test_a_handler_that_hangs_is_killed_with_what_it_started(functions, make):
    source = (
        "import os, subprocess, sys, time\n"
        "def handler(e, c):\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)'])\n"
        "    print('processes', os.getpid(), child.pid)\n"
        "    while True: time.sleep(1)\n"
    )
    name = make(source, Timeout=3)
    answer = call(functions, name, LogType="Tail")
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorType"] == "Sandbox.Timedout"
    assert answer["Payload"]["errorMessage"].endswith(" Error: Task timed out after 3.00 seconds")
    line = next(line for line in log_of(answer).splitlines() if line.startswith("processes "))
    for process in line.split()[1:]:
        support.eventually(lambda: not is_running(int(process)), timeout=60, because=f"the end of {process}")


def test_a_handler_that_exits_is_an_error_and_the_next_invocation_works(functions, make):
    name = make("import os\ndef handler(e, c):\n    if e: os._exit(3)\n    return 'alive'\n")
    assert call(functions, name, 0)["Payload"] == "alive"
    answer = call(functions, name, 1)
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")
    assert call(functions, name, 0)["Payload"] == "alive"


def test_ten_megabytes_of_output_do_not_hold_it_up(functions, make):
    name = make("import sys\ndef handler(e, c):\n    sys.stdout.write('x' * (10 << 20))\n    print('\\nend')\n")
    answer = call(functions, name, LogType="Tail")
    assert answer["Payload"] is None and "FunctionError" not in answer
    log = log_of(answer)
    assert len(log) <= 4096 and "x\nend\nEND RequestId: " in log


def test_a_handler_that_forks_answers_once(functions, make):
    name = make("import os\ndef handler(e, c):\n    return 'child' if os.fork() == 0 else 'parent'\n")
    assert [call(functions, name)["Payload"] for _ in range(3)] == ["parent"] * 3


def test_invocations_one_after_another_are_warm(functions, make):
    name = make("import os\nseen = []\ndef handler(e, c):\n    seen.append(1)\n    return [os.getpid(), len(seen)]\n")
    answers = [call(functions, name)["Payload"] for _ in range(10)]
    assert [count for _, count in answers] == list(range(1, 11))
    assert len({process for process, _ in answers}) == 1


def test_node_and_a_bootstrap_of_its_own(functions, make):
    node = make(files={"index.js": "exports.handler = async (e) => ({ n: e.n + 1 });"}, Runtime="nodejs20.x")
    assert call(functions, node, {"n": 1})["Payload"] == {"n": 2}
    script = (
        "#!/usr/bin/env python3\n"
        "import os, urllib.request\n"
        "root = 'http://' + os.environ['AWS_LAMBDA_RUNTIME_API'] + '/2018-06-01/runtime/invocation/'\n"
        "while True:\n"
        "    with urllib.request.urlopen(root + 'next') as event:\n"
        "        name, body = event.headers['Lambda-Runtime-Aws-Request-Id'], event.read()\n"
        "    urllib.request.urlopen(urllib.request.Request(root + name + '/response', b'[' + body + b']')).read()\n"
    )
    provided = make(files={"bootstrap": script}, Runtime="provided.al2023", Handler="any")
    assert call(functions, provided, {"n": 1})["Payload"] == [{"n": 1}]


def test_a_swift_handler_is_served(functions, make, tmp_path):
    bootstrap = tmp_path / "bootstrap"
    source = pathlib.Path(__file__).with_name("SwiftHandler.swift")
    subprocess.run(["swiftc", str(source), "-o", str(bootstrap)], check=True, timeout=600)
    swift = make(files={"bootstrap": bootstrap.read_bytes()}, Runtime="provided.al2023", Handler="any")
    for number in (1, 41):
        assert call(functions, swift, {"n": number})["Payload"] == {"n": number + 1}
    refused = call(functions, swift, "text")
    assert (refused["FunctionError"], refused["Payload"]["errorMessage"]) == ("Unhandled", "no event")
    assert call(functions, swift, {"n": 2})["Payload"] == {"n": 3}


def test_dry_run_and_event(functions, make, server):
    name = make("def handler(e, c):\n    print('event', e)\n")
    assert functions.invoke(FunctionName=name, InvocationType="DryRun", Payload=b"1")["StatusCode"] == 204
    assert functions.invoke(FunctionName=name, InvocationType="Event", Payload=b"2")["StatusCode"] == 202
    support.eventually(lambda: f"cn-north-1/{name} event 2" in server.errors(), timeout=60)
    assert f"{name} event 1" not in server.errors()


def test_what_lambda_refuses(functions, make, role):
    good = zipped({"index.py": "def handler(e, c):\n    return 1\n"})
    parameters = {"Runtime": "python3.12", "Handler": "index.handler", "Role": role, "Code": {"ZipFile": good}}
    unreadable = "Could not unzip uploaded file. Please check your file, then try to upload again."
    for change, message in [
        ({"Code": {"ZipFile": b"no zip"}}, unreadable),
        ({"Code": {"ZipFile": zipped({"../index.py": ""})}}, unreadable),
        ({"Code": {"ZipFile": zipped({"/tmp/index.py": ""})}}, unreadable),
        ({"Code": {"ZipFile": b""}}, "Uploaded file must be a non-empty zip"),
        ({"Role": role + "x"}, "The role defined for the function cannot be assumed by Lambda."),
    ]:
        with support.expect_error("InvalidParameterValueException", message):
            functions.create_function(FunctionName=unique_name("f"), **{**parameters, **change})
    with support.expect_error("ValidationException"):
        functions.create_function(FunctionName=unique_name("f"), Timeout=901, **parameters)
    name = make("def handler(e, c):\n    return 1\n")
    with support.expect_error("ResourceConflictException", f"Function already exist: {name}"):
        functions.create_function(FunctionName=name, **parameters)
    missing = make("def handler(e, c):\n    return 1\n", Handler="index.absent")
    answer = call(functions, missing)
    assert answer["Payload"]["errorType"] == "Runtime.HandlerNotFound"
    assert answer["Payload"]["errorMessage"] == "Handler 'absent' missing on module 'index'"


def test_the_cli_of_the_walkthrough(server, role, tmp_path):
    """`aws lambda create-function … --runtime python2.7`, with the zip as `fileb://`."""
    (tmp_path / "replica.zip").write_bytes(zipped({"replica.py": "def lambda_handler(event, context):\n    return event\n"}))
    environment = support.aws_environment(server.url)

    def aws(*words):
        command = [sys.executable, "-m", "awscli", "lambda", *words, "--region", support.BEIJING]
        return subprocess.run(
            command, env=environment, cwd=tmp_path, check=True, timeout=120, capture_output=True, text=True
        ).stdout

    name = unique_name("f")
    made = json.loads(
        aws(
            *("create-function", "--function-name", name, "--zip-file", "fileb://replica.zip", "--role", role),
            *("--handler", "replica.lambda_handler", "--timeout", "60", "--runtime", "python2.7"),
            *("--description", "Sample lambda function for dynamodb streams"),
        )
    )
    assert made["Runtime"] == "python2.7" and "python2.7 is run by Python 3." in made["StateReason"]
    aws("wait", "function-active", "--function-name", name)
    aws("wait", "function-updated", "--function-name", name)
    answer = json.loads(
        aws(
            *("invoke", "--function-name", name),
            *("--payload", '{"Records": []}', "out.json"),
        )
    )
    assert answer == {"StatusCode": 200, "ExecutedVersion": "$LATEST"}
    assert json.loads((tmp_path / "out.json").read_text()) == {"Records": []}
    aws("delete-function", "--function-name", name)


HANGS = "import os, time\ndef handler(e, c):\n    print('process', os.getpid(), flush=True)\n    time.sleep(1000)\n"


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_the_server(with_signal):
    with contextlib.ExitStack() as stack:
        process = support.Server("--port", "0", "--functions", "--python", sys.executable)
        stack.callback(process.kill)
        functions = client(process.url, "lambda")
        functions.create_function(
            FunctionName="hangs",
            Runtime="python3.12",
            Handler="index.handler",
            Timeout=900,
            Role=make_role(process.url),
            Code={"ZipFile": zipped({"index.py": HANGS})},
        )
        functions.invoke(FunctionName="hangs", InvocationType="Event", Payload=b"{}")

        def number():
            lines = [line for line in process.errors().splitlines() if "cn-north-1/hangs process " in line]
            return lines and int(lines[0].split()[-1])

        child = support.eventually(number, timeout=60)
        assert is_running(child)
        if with_signal == signal.SIGTERM:
            assert process.end() == 0
            assert not is_running(child)
        else:
            process.kill()
            support.eventually(lambda: not is_running(child), timeout=60, because="the end of the function's process")


def test_functions_outlive_the_server_in_a_folder(tmp_path):
    source = "def handler(e, c):\n    print('logged')\n    return 1\n"
    with serving("--data", str(tmp_path / "data")) as server:
        client(server.url, "lambda").create_function(
            FunctionName="kept",
            Runtime="python3.12",
            Handler="index.handler",
            Role=make_role(server.url),
            Timeout=60,
            Code={"ZipFile": zipped({"index.py": source})},
        )
    with serving("--data", str(tmp_path / "data")) as server:
        assert call(client(server.url, "lambda"), "kept")["Payload"] == 1
    logs = tmp_path / "data" / "functions" / "logs"
    assert "logged\n" in (logs / f"{support.ACCOUNT}-cn-north-1-kept.log").read_text()
    assert not (tmp_path / "data" / "functions" / "work").exists()


def test_without_the_option_functions_are_off(tmp_path):
    server = support.Server("--memory", "--port", "0")
    try:
        with support.expect_error("AccessDeniedException") as caught:
            client(server.url, "lambda").list_functions()
        assert "dyad serve --functions" in caught[0].response["Error"]["Message"]
    finally:
        server.end()


def test_functions_need_the_loopback_address():
    command = [support.binary(), "serve", "--port", "0", "--functions", "--host", "0.0.0.0"]
    ended = subprocess.run(command, timeout=60, capture_output=True, text=True)
    assert ended.returncode != 0 and "127.0.0.1" in ended.stderr


def test_a_page_of_a_browser_cannot_use_them(server):
    for header in ({"Origin": "https://example.com"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = signed(server.url, header)
        assert answer.status == 403


def signed(url, headers):
    """A POST to Invoke, signed for Lambda."""
    request = botocore.awsrequest.AWSRequest(
        method="POST", url=url + "/2015-03-31/functions/f/invocations", data=b"{}", headers=headers
    )
    credentials = botocore.credentials.Credentials(support.ACCESS_KEY, support.SECRET_KEY)
    botocore.auth.SigV4Auth(credentials, "lambda", support.BEIJING).add_auth(request)
    asked = urllib.request.Request(request.url, b"{}", dict(request.headers.items()), method="POST")
    try:
        with urllib.request.urlopen(asked) as answer:
            return answer
    except urllib.error.HTTPError as error:
        return error
