"""Event source mappings through boto3 and the AWS CLI, with Python handlers that fail as they are told."""

import contextlib
import io
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import time
import zipfile

import pytest

import commands
import support
from dataplane import N, S
from support import ACCOUNT, BEIJING, eventually, expect_error
from test_clock import Clock

pytestmark = pytest.mark.skipif(bool(os.environ.get("DYAD_ENDPOINT")), reason="a foreign endpoint is tested")

ROLE = f"arn:aws-cn:iam::{ACCOUNT}:role/service-role/ray_ddbreplica_role"
QUEUE = f"arn:aws-cn:sqs:{BEIJING}:{ACCOUNT}:given-up"
HANDLER = pathlib.Path(__file__).with_name("mapped_handler.py")
REPORTING = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
KEYS = {"id": "S"}


def archive():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("mapped_handler.py", HANDLER.read_text())
    return data.getvalue()


FUNCTIONS = ("--functions", "--python", sys.executable)
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def make_role(url):
    """The role of the walkthrough, if it is not there yet."""
    iam = support.make_client("iam", url)
    try:
        iam.create_role(
            RoleName="ray_ddbreplica_role", Path="/service-role/", AssumeRolePolicyDocument=json.dumps(TRUST)
        )
    except iam.exceptions.EntityAlreadyExistsException:
        pass


@pytest.fixture(scope="module")
def server():
    process = support.Server("--memory", "--port", "0", *FUNCTIONS)
    try:
        yield process
        code = process.end(timeout=60)
        assert code == 0, f"exit code {code}\n{process.errors()}"
    finally:
        process.kill()


class Mapped:
    """A table, a function that takes notes in another table, and what maps one to the other."""

    def __init__(self, url, table, notes, function):
        self.table, self.notes, self.function, self.url = table, notes, function, url
        self.use(url)

    def use(self, url):
        self.dynamodb = support.make_client("dynamodb", url)
        self.lambda_ = support.make_client("lambda", url)
        self.url = url

    def make(self, timeout=3, key=None):
        made = self.dynamodb.create_table(
            TableName=self.table,
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification=commands.STREAM,
            **support.key_parameters(**(key or KEYS)),
        )
        self.stream = made["TableDescription"]["LatestStreamArn"]
        self.dynamodb.create_table(
            TableName=self.notes, BillingMode="PAY_PER_REQUEST", **support.key_parameters(pk="S")
        )
        for name in (self.table, self.notes):
            self.dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
        make_role(self.url)
        self.lambda_.create_function(
            FunctionName=self.function,
            Runtime="python3.12",
            Role=ROLE,
            Handler="mapped_handler.handler",
            Code={"ZipFile": archive()},
            Timeout=timeout,
            Environment={"Variables": {"SERVER": self.url, "NOTES": self.notes}},
        )
        self.lambda_.get_waiter("function_active_v2").wait(FunctionName=self.function, WaiterConfig={"Delay": 1})
        return self

    def map(self, wait="Enabled", **wishes):
        wishes.setdefault("StartingPosition", "TRIM_HORIZON")
        made = self.lambda_.create_event_source_mapping(
            EventSourceArn=self.stream, FunctionName=self.function, **wishes
        )
        assert made["State"] == "Creating"
        if wait:
            self.become(made["UUID"], wait)
        return made["UUID"]

    def become(self, uuid, state):
        eventually(
            lambda: self.lambda_.get_event_source_mapping(UUID=uuid)["State"] == state,
            timeout=60,
            because=f"the mapping {state}",
        )

    def put(self, identifier, **attributes):
        self.dynamodb.put_item(TableName=self.table, Item={"id": S(identifier), **attributes})

    def noted(self, kind):
        items = commands.items(self.dynamodb, self.notes).values()
        return sorted((item for item in items if item["pk"]["S"].startswith(kind)), key=lambda item: item["pk"]["S"])

    def events(self):
        return [json.loads(item["event"]["S"]) for item in self.noted("event ")]

    def seen(self):
        """The identifiers of each invocation's records."""
        return [[r["dynamodb"]["Keys"]["id"]["S"] for r in event["Records"]] for event in self.events()]

    def all_seen(self):
        return [identifier for batch in self.seen() for identifier in batch]

    def result(self, uuid):
        return self.lambda_.get_event_source_mapping(UUID=uuid)["LastProcessingResult"]

    def wait_for(self, probe, because):
        return eventually(probe, timeout=90, interval=0.05, because=because)


@pytest.fixture
def mapped(server, table_name):
    made = []

    def make(**wishes):
        number = len(made)
        one = Mapped(server.url, f"{table_name}-{number}", f"{table_name}-{number}-notes", f"{table_name}-{number}")
        made.append(one.make(**wishes))
        return one

    yield make
    for one in made:
        for mapping in one.lambda_.list_event_source_mappings(FunctionName=one.function)["EventSourceMappings"]:
            uuid = mapping["UUID"]
            eventually(
                lambda: one.lambda_.get_event_source_mapping(UUID=uuid)["State"] in ("Enabled", "Disabled"), timeout=90
            )
            one.lambda_.delete_event_source_mapping(UUID=uuid)
        one.lambda_.delete_function(FunctionName=one.function)
        for name in (one.table, one.notes):
            one.dynamodb.delete_table(TableName=name)


# The API


def test_step_four_of_the_walkthrough(mapped, server):
    one = mapped()
    command = ["aws", "lambda", "create-event-source-mapping", "--event-source-arn", one.stream]
    command += ["--function-name", one.function, "--enabled", "--batch-size", "100", "--starting-position", "TRIM_HORIZON"]
    environment = support.aws_environment(server.url, BEIJING, support.ACCESS_KEY)
    made = json.loads(subprocess.run(command, env=environment, capture_output=True, check=True, timeout=60).stdout)
    assert made["BatchSize"] == 100 and made["State"] == "Creating"
    one.become(made["UUID"], "Enabled")
    one.put("a")
    one.wait_for(lambda: one.seen() == [["a"]], "the record seen")


def test_the_life_of_a_mapping(mapped):
    one = mapped()
    uuid = one.map(Enabled=False, wait="Disabled", BatchSize=5, MaximumBatchingWindowInSeconds=2)
    told = one.lambda_.get_event_source_mapping(UUID=uuid)
    assert told["FunctionArn"] == f"arn:aws-cn:lambda:{BEIJING}:{ACCOUNT}:function:{one.function}"
    assert told["EventSourceArn"] == one.stream
    assert (told["BatchSize"], told["MaximumBatchingWindowInSeconds"]) == (5, 2)
    assert told["LastProcessingResult"] == "No records processed"
    assert told["StateTransitionReason"] == "User action"
    listed = one.lambda_.list_event_source_mappings(EventSourceArn=one.stream)["EventSourceMappings"]
    assert [mapping["UUID"] for mapping in listed] == [uuid]
    assert one.lambda_.update_event_source_mapping(UUID=uuid, Enabled=True)["State"] == "Enabling"
    one.become(uuid, "Enabled")
    assert one.lambda_.update_event_source_mapping(UUID=uuid, BatchSize=7)["State"] == "Updating"
    one.become(uuid, "Enabled")
    assert one.lambda_.update_event_source_mapping(UUID=uuid, Enabled=False)["State"] == "Disabling"
    one.become(uuid, "Disabled")
    assert one.lambda_.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"

    def gone():
        listed = one.lambda_.list_event_source_mappings(FunctionName=one.function)["EventSourceMappings"]
        return listed == []

    one.wait_for(gone, "the mapping gone")
    with expect_error("ResourceNotFoundException", "The resource you requested does not exist."):
        one.lambda_.get_event_source_mapping(UUID=uuid)


def test_a_second_mapping_of_the_same_pair_is_refused(mapped):
    one = mapped()
    uuid = one.map()
    message = (
        f'The event source arn (" {one.stream} ") and function (" {one.function} ") provided mapping already exists. '
        f"Please update or delete the existing mapping with UUID {uuid}"
    )
    with expect_error("ResourceConflictException", message):
        one.map()


@pytest.mark.parametrize(
    "wishes, message",
    [
        ({"FunctionName": "nobody"}, "Function does not exist"),
        ({"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1}, None),
        ({"TumblingWindowInSeconds": 30}, None),
        ({"MaximumRecordAgeInSeconds": 59}, None),
        ({"FilterCriteria": {"Filters": [{"Pattern": "no json"}]}}, "Invalid filter pattern definition."),
    ],
)
def test_what_cannot_be_is_refused(mapped, wishes, message):
    one = mapped()
    request = {"EventSourceArn": one.stream, "FunctionName": one.function, "StartingPosition": "LATEST", **wishes}
    with expect_error("InvalidParameterValueException", message):
        one.lambda_.create_event_source_mapping(**request)


def test_an_unknown_stream_is_refused(mapped):
    one = mapped()
    with expect_error("InvalidParameterValueException", f"Stream not found: {one.stream}9"):
        one.lambda_.create_event_source_mapping(
            EventSourceArn=one.stream + "9", FunctionName=one.function, StartingPosition="LATEST"
        )


# What functions are invoked with


def test_events_have_the_shape_that_lambda_gives_them(mapped):
    one = mapped()
    one.put("a", v=N(1))
    one.put("a", v=N(2))
    one.dynamodb.delete_item(TableName=one.table, Key={"id": S("a")})
    one.map()
    one.wait_for(lambda: len(one.all_seen()) == 3, "three records seen")
    records = [record for event in one.events() for record in event["Records"]]
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    modify = records[1]
    body = modify.pop("dynamodb")
    assert len(modify.pop("eventID")) == 32
    assert modify == {
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": BEIJING,
        "eventSourceARN": one.stream,
    }
    assert isinstance(body.pop("ApproximateCreationDateTime"), (int, float))
    assert len(body.pop("SequenceNumber")) >= 21 and body.pop("SizeBytes") > 0
    assert body == {
        "Keys": {"id": S("a")},
        "NewImage": {"id": S("a"), "v": N(2)},
        "OldImage": {"id": S("a"), "v": N(1)},
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }


def test_trim_horizon_begins_with_what_is_kept_and_latest_with_what_comes(mapped):
    old, new = mapped(), mapped()
    for one in (old, new):
        one.put("before")
    old.map(StartingPosition="TRIM_HORIZON")
    new.map(StartingPosition="LATEST")
    for one in (old, new):
        one.put("after")
    old.wait_for(lambda: old.all_seen() == ["before", "after"], "both seen")
    new.wait_for(lambda: new.all_seen() == ["after"], "the later one seen")


def test_batches_are_as_large_as_asked_for(mapped):
    one = mapped()
    for number in range(25):
        one.put(f"{number:02}")
    one.map(BatchSize=10)
    one.wait_for(lambda: len(one.all_seen()) == 25, "all seen")
    assert [len(batch) for batch in one.seen()] == [10, 10, 5]
    assert one.all_seen() == [f"{number:02}" for number in range(25)]


def test_a_window_gathers_records(mapped):
    one = mapped()
    one.map(MaximumBatchingWindowInSeconds=5)
    for number in range(3):
        one.put(str(number))
    one.wait_for(lambda: one.all_seen() == ["0", "1", "2"], "all seen")
    assert len(one.seen()) == 1


def test_filters_hold_back_what_is_not_wanted(mapped):
    one = mapped()
    pattern = {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"kind": {"S": [{"prefix": "wan"}]}}}}
    one.map(FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    for number, kind in enumerate(["wanted", "other", "wanted", "wan"]):
        one.put(str(number), kind=S(kind))
    one.put("0", kind=S("wanted"), changed=N(1))
    one.put("last", kind=S("wanted"))
    one.wait_for(lambda: one.all_seen() == ["0", "2", "3", "last"], "the wanted ones seen")


# Failures


def test_a_batch_that_raises_comes_again_and_blocks_its_shard(mapped):
    one = mapped()
    one.put("a", do=S("raise"), times=N(2))
    one.put("b")
    uuid = one.map(BatchSize=1)
    one.wait_for(lambda: one.result(uuid) == "PROBLEM: Function call failed", "the problem told")
    one.wait_for(lambda: one.result(uuid) == "OK", "the problem over")
    one.wait_for(lambda: one.all_seen() == ["a", "a", "a", "b"], "all seen")


@pytest.mark.parametrize("how", ["exit", "sleep"])
def test_a_handler_that_exits_or_takes_too_long_has_failed(mapped, how):
    one = mapped(timeout=1)
    one.put("a", do=S(how), times=N(1))
    one.put("b")
    one.map(BatchSize=1)
    one.wait_for(lambda: one.all_seen() == ["a", "a", "b"], "all seen")


def test_only_what_is_reported_and_what_follows_comes_again(mapped):
    one = mapped()
    # The lowest counts: d is reported with b, again when b is handled, and then no more.
    for name, times in [("a", 0), ("b", 1), ("c", 0), ("d", 2), ("e", 0)]:
        one.put(name, **({"do": S("report"), "times": N(times)} if times else {}))
    one.map(**REPORTING)
    batches = [list("abcde"), list("bcde"), list("de")]
    one.wait_for(lambda: one.seen() == batches, "the rest seen, and only that")


def test_a_batch_without_attempts_left_is_given_up(tmp_path):
    with commands.serving("--data", tmp_path, "--port", "0", *FUNCTIONS) as server:
        one = Mapped(server.url, "things", "notes", "f").make()
        for name in ("a", "bad", "b"):
            one.put(name, **({"do": S("raise")} if name == "bad" else {}))
        uuid = one.map(
            BatchSize=1, MaximumRetryAttempts=2, DestinationConfig={"OnFailure": {"Destination": QUEUE}}
        )
        one.wait_for(lambda: one.all_seen() == ["a", "bad", "bad", "bad", "b"], "all seen")
        lines = (tmp_path / "on-failure" / f"{uuid}.jsonl").read_text().splitlines()
        assert len(lines) == 1
        told = json.loads(lines[0])
        number = one.events()[1]["Records"][0]["dynamodb"]["SequenceNumber"]
        assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"
        assert told["requestContext"]["approximateInvokeCount"] == 3
        assert told["responseContext"]["functionError"] == "Unhandled"
        batch = told["DDBStreamBatchInfo"]
        assert batch["startSequenceNumber"] == batch["endSequenceNumber"] == number
        assert batch["batchSize"] == 1 and batch["streamArn"] == one.stream


def test_a_batch_is_halved_until_the_record_is_alone(mapped):
    one = mapped()
    for number in range(8):
        one.put(str(number), **({"do": S("raise")} if number == 5 else {}))
    one.map(BisectBatchOnFunctionError=True, MaximumRetryAttempts=0)

    def others_handled():
        handled = {item["pk"]["S"].split()[1] for item in one.noted("handled ")}
        events = {item["pk"]["S"].split()[1]: json.loads(item["event"]["S"]) for item in one.noted("event ")}
        names = [r["dynamodb"]["Keys"]["id"]["S"] for n in handled for r in events[n]["Records"]]
        return sorted(names) == list("0123467")

    one.wait_for(others_handled, "the others handled, each once")


def test_records_become_too_old(tmp_path):
    with commands.serving("--memory", "--port", "0", *FUNCTIONS) as server:
        one = Mapped(server.url, "things", "notes", "f").make()
        one.put("old", do=S("raise"))
        one.map(MaximumRecordAgeInSeconds=60)
        one.wait_for(one.seen, "an attempt")
        Clock(server).advance(62)
        one.put("new")
        one.wait_for(lambda: one.all_seen()[-1:] == ["new"], "the new one seen")


# Order, and restarts


def test_a_partition_s_changes_stay_in_order_under_parallelization(mapped):
    one = mapped(key={"id": "S", "sort": "N"})
    for version in range(1, 9):
        for partition in range(12):
            wishes = {"do": S("raise"), "times": N(1)} if version == 4 and partition % 3 == 0 else {}
            one.dynamodb.put_item(
                TableName=one.table,
                Item={"id": S(f"p{partition}"), "sort": N(version % 3), "version": N(version), **wishes},
            )
    one.map(ParallelizationFactor=10, BatchSize=6)

    def versions():
        """Of each partition, in the order of the invocations that were handled."""
        handled = {item["pk"]["S"].split()[1] for item in one.noted("handled ")}
        found = {}
        for item in one.noted("event "):
            if item["pk"]["S"].split()[1] in handled:
                for record in json.loads(item["event"]["S"])["Records"]:
                    image = record["dynamodb"]["NewImage"]
                    found.setdefault(image["id"]["S"], []).append(int(image["version"]["N"]))
        return found

    one.wait_for(lambda: sum(map(len, versions().values())) == 96, "all handled")
    assert all(numbers == list(range(1, 9)) for numbers in versions().values())


def checkpoint_says(folder, sequence):
    """All up to this record is handled, as the region's file has it; the server may be running."""
    (file,) = folder.rglob(f"{BEIJING}.sqlite")
    with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        bodies = connection.execute("SELECT body FROM documents WHERE CAST(kind AS TEXT) LIKE '%-checkpoint'")
        return any(json.dumps(sequence).encode() in body for (body,) in bodies)


@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL"])
def test_a_restart_in_the_middle_of_a_batch(tmp_path, how):
    """What was handled before is not handed over again, and what was under way is."""
    with commands.serving("--data", tmp_path, "--port", "0", *FUNCTIONS) as server:
        one = Mapped(server.url, "things", "notes", "f").make(timeout=120)
        for number in range(6):
            one.put(str(number), **({"do": S("sleep"), "times": N(1)} if number == 2 else {}))
        uuid = one.map(BatchSize=2)
        one.wait_for(lambda: one.seen() == [["0", "1"], ["2", "3"]], "the second batch under way")
        last = one.events()[0]["Records"][-1]["dynamodb"]["SequenceNumber"]
        one.wait_for(lambda: checkpoint_says(tmp_path, last), "the checkpoint of the first batch on disk")
        port = server.port
        if how == "SIGTERM":
            assert server.end(timeout=60) == 0
        else:
            server.kill()
    with commands.serving("--data", tmp_path, "--port", str(port), *FUNCTIONS) as server:
        one.use(server.url)
        one.wait_for(lambda: one.seen()[2:] == [["2", "3"], ["4", "5"]], "the rest seen")
        assert one.lambda_.get_event_source_mapping(UUID=uuid)["State"] == "Enabled"


def test_kills_at_any_moment_lose_nothing(tmp_path):
    """Every record is seen at least once, however often the server dies while the function runs."""
    port, one, written = 0, None, 0
    for life in range(5):
        with commands.serving("--data", tmp_path, "--port", str(port), *FUNCTIONS) as server:
            port = server.port
            if one is None:
                one = Mapped(server.url, "things", "notes", "f").make()
                one.map(BatchSize=3)
            else:
                one.use(server.url)
            for _ in range(20):
                one.put(f"k{written % 4}", number=N(written))
                written += 1
            if life < 4:
                # The moment of death is what this test varies; there is nothing to wait for.
                time.sleep(0.2 * life)
                server.kill()
            else:
                one.wait_for(lambda: set(numbers(one)) == set(range(written)), "all seen")


def numbers(one):
    return [
        int(record["dynamodb"]["NewImage"]["number"]["N"]) for event in one.events() for record in event["Records"]
    ]


def test_a_mapping_outlives_its_function(mapped):
    one = mapped()
    uuid = one.map()
    one.lambda_.delete_function(FunctionName=one.function)
    one.put("a")
    one.wait_for(lambda: one.result(uuid).startswith("PROBLEM"), "the problem told")
    assert one.lambda_.get_event_source_mapping(UUID=uuid)["State"] == "Enabled"
    one.lambda_.create_function(
        FunctionName=one.function,
        Runtime="python3.12",
        Role=ROLE,
        Handler="mapped_handler.handler",
        Code={"ZipFile": archive()},
        Environment={"Variables": {"SERVER": one.url, "NOTES": one.notes}},
    )
    one.wait_for(lambda: one.all_seen() == ["a"], "the record seen")
