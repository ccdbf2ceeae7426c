"""What becomes of a table's changes when the target refuses some for a moment: through a handler that swallows what goes
wrong, through one that tells which records it could not do, and through `dyad replicate`.

handlers.py [--dyad EXECUTABLE]. The three carry one table to a replica each. While they do, a transaction that never ends
holds some of the replicas' items (`/_dyad/transactions`), as a busy AWS does for milliseconds; then it lets go. Uses a free
port and memory alone, ends what it started, and exits non-zero if the careful two lose anything.
"""

import argparse
import io
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile

import boto3

ROOT = pathlib.Path(__file__).resolve().parents[1]
BEIJING, NINGXIA, ACCOUNT = "cn-north-1", "cn-northwest-1", "123456789012"
SOURCE = "tlog"
REPLICAS = {"swallowing": "tlog_swallowing", "reporting": "tlog_reporting", "dyad replicate": "tlog_replicated"}
CHANGES, HELD_EACH = 500, 10
PATIENCE = 60

# As the workshop's: whatever goes wrong is written to the log, and the batch counts as done.
SWALLOWING = '''
import os, boto3
replica = boto3.client("dynamodb", region_name=os.environ["REPLICA_REGION"])
def handler(event, context):
    for record in event["Records"]:
        change = record["dynamodb"]
        try:
            if record["eventName"] == "REMOVE":
                replica.delete_item(TableName=os.environ["REPLICA"], Key=change["Keys"])
            else:
                replica.put_item(TableName=os.environ["REPLICA"], Item=change["NewImage"])
        except Exception as error:
            print("could not do", record["eventName"], error)
'''

# The same, but it tells the first record that it could not do: the rest comes again.
REPORTING = SWALLOWING.replace(
    '            print("could not do", record["eventName"], error)',
    '            return {"batchItemFailures": [{"itemIdentifier": change["SequenceNumber"]}]}',
)


class Failed(Exception):
    """What did not happen, in words."""


def client(service, endpoint, region):
    return boto3.client(
        service, region_name=region, endpoint_url=endpoint, aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="s"
    )


def until(probe, what):
    deadline = time.monotonic() + PATIENCE
    while not probe():
        if time.monotonic() > deadline:
            raise Failed(f"waited {PATIENCE} s in vain for {what}")
        time.sleep(0.1)


def table(dynamodb, name, **more):
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "requestid", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "requestid", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})


def hold(endpoint, numbers):
    """Says which items of all three replicas are held; an empty list lets go."""
    items = [
        {"region": NINGXIA, "tableName": name, "key": {"requestid": {"N": str(number)}}}
        for name in REPLICAS.values()
        for number in numbers
    ]
    request = urllib.request.Request(
        f"{endpoint}/_dyad/transactions",
        json.dumps({"heldItems": items}).encode(),
        {"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=20).close()


def items(dynamodb, name):
    pages = dynamodb.get_paginator("scan").paginate(TableName=name)
    return {item["requestid"]["N"]: item for page in pages for item in page["Items"]}


def function(endpoint, name, code, stream):
    """A function with its role and its mapping of the source's stream."""
    iam, functions = client("iam", endpoint, BEIJING), client("lambda", endpoint, BEIJING)
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", code)
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="index.handler",
        Role=f"arn:aws-cn:iam::{ACCOUNT}:role/{name}",
        Code={"ZipFile": packed.getvalue()},
        Timeout=30,
        Environment={"Variables": {"REPLICA": REPLICAS[name], "REPLICA_REGION": NINGXIA}},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    functions.create_event_source_mapping(
        EventSourceArn=stream,
        FunctionName=name,
        BatchSize=100,
        StartingPosition="TRIM_HORIZON",
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )


def replicate(dyad, endpoint, folder):
    command = [dyad, "replicate", "--endpoint", endpoint, "--source-region", BEIJING, "--source-table", SOURCE]
    command += ["--target-region", NINGXIA, "--target-table", REPLICAS["dyad replicate"]]
    command += ["--checkpoint", str(folder / "checkpoint")]
    with open(folder / "replicate.log", "w") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def show(endpoint):
    """Writes, holds, lets go, and prints what each replica lacks; the number of changes that the careful two lost."""
    source, target = client("dynamodb", endpoint, BEIJING), client("dynamodb", endpoint, NINGXIA)
    hold(endpoint, range(0, CHANGES, CHANGES // HELD_EACH))
    print(f"writing {CHANGES} items in Beijing; {HELD_EACH} of their copies in Ningxia are held by a transaction")
    for number in range(CHANGES):
        source.put_item(TableName=SOURCE, Item={"requestid": {"N": str(number)}, "host": {"S": "66.249.67.3"}})
    until(
        lambda: len(items(target, REPLICAS["swallowing"])) == CHANGES - HELD_EACH, "the swallowing handler to be done"
    )
    print("the transaction lets go; whoever tries again gets through")
    hold(endpoint, [])
    for name in ("reporting", "dyad replicate"):
        until(lambda: len(items(target, REPLICAS[name])) == CHANGES, f"all changes through {name}")
    expected, lost = items(source, SOURCE), 0
    for name, replica in REPLICAS.items():
        found = items(target, replica)
        missing = sum(found.get(key) != item for key, item in expected.items())
        lost += missing if name != "swallowing" else 0
        print(f"  {name:<16} {len(found):>5} of {len(expected)} items, {missing} lost for good")
    return lost


def main():
    parser = argparse.ArgumentParser(description="Show what a stream handler loses that swallows its errors.")
    parser.add_argument("--dyad", default=str(ROOT / ".build" / "release" / "dyad"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        processes = []
        try:
            with open(folder / "serve.log", "w") as log:
                command = [options.dyad, "serve", "--port", "0", "--memory", "--functions", "--python", sys.executable]
                server = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
                )
            processes.append(server)
            line = server.stdout.readline().strip()
            if not line.startswith("listening on "):
                raise Failed(f"the server did not start: {(folder / 'serve.log').read_text()}")
            endpoint = line.removeprefix("listening on ")
            source, target = client("dynamodb", endpoint, BEIJING), client("dynamodb", endpoint, NINGXIA)
            table(
                source, SOURCE, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
            )
            for replica in REPLICAS.values():
                table(target, replica)
            stream = source.describe_table(TableName=SOURCE)["Table"]["LatestStreamArn"]
            function(endpoint, "swallowing", SWALLOWING, stream)
            function(endpoint, "reporting", REPORTING, stream)
            processes.append(replicate(options.dyad, endpoint, folder))
            return 1 if show(endpoint) else 0
        finally:
            for process in reversed(processes):
                process.send_signal(signal.SIGTERM)
                process.wait(30)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as error:
        sys.exit(f"handlers: {error}")
