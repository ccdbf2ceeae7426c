"""Measures event source mappings: records a second through a Python handler that does next to nothing, and how long after
a PutItem's answer the handler starts with it.

functions.py [--binaries DIR]. Server, writer and the function's process share the machine's cores. Wall clocks advise and do
not judge.
"""

import argparse
import io
import json
import os
import pathlib
import signal
import statistics
import sys
import tempfile
import time
import zipfile

import boto3

import context
import replication
import servers

TITLE = "functions: event source mappings"
QUICK = os.environ.get("QUICK") == "1"
WAITING = 20_000 if QUICK else 100_000
PROBES = 50 if QUICK else 300
PATIENCE = 300

# One line a batch: when it came, how many records it had, and when its first was written.
HANDLER = '''
import os, time
def handler(event, context):
    now = time.time_ns()
    records = event["Records"]
    image = records[0]["dynamodb"]["NewImage"]
    with open(os.environ["SEEN"], "a") as file:
        file.write(f"{now} {len(records)} {image.get('at', {}).get('N', 0)}\\n")
'''


def client(service, server):
    return boto3.client(
        service, region_name=replication.SOURCE[0], endpoint_url=server.url, aws_access_key_id="a", aws_secret_access_key="b"
    )


def make_function(server, seen):
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = client("iam", server).create_role(
        RoleName="bench", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", HANDLER)
    functions = client("lambda", server)
    functions.create_function(
        FunctionName="bench",
        Runtime="python3.13",
        Handler="index.handler",
        Role=role,
        Code={"ZipFile": packed.getvalue()},
        Timeout=60,
        Environment={"Variables": {"SEEN": str(seen)}},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="bench", WaiterConfig={"Delay": 1})
    return functions


def lines(seen):
    return [tuple(map(int, line.split())) for line in seen.read_text().splitlines()] if seen.exists() else []


def until(probe, what):
    deadline = time.monotonic() + PATIENCE
    while not probe():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {PATIENCE} s in vain for {what}")
        time.sleep(0.02)


def measure(run):
    """All figures, printed and as a dictionary."""
    binaries = run.binaries
    with tempfile.TemporaryDirectory() as folder:
        seen = pathlib.Path(folder) / "seen"
        command = [str(binaries / "dyad"), "serve", "--port", "0", "--memory", "--functions", "--python", sys.executable]
        server = servers.announced("dyad", command)
        try:
            replication.make_tables(server)
            replication.write(binaries, server, WAITING)
            functions = make_function(server, seen)
            dynamodb = client("dynamodb", server)
            stream = dynamodb.describe_table(TableName=replication.SOURCE[1])["Table"]["LatestStreamArn"]
            functions.create_event_source_mapping(
                EventSourceArn=stream, FunctionName="bench", BatchSize=100, StartingPosition="TRIM_HORIZON"
            )
            until(lambda: sum(count for _, count, _ in lines(seen)) >= WAITING, "all records")
            batches = lines(seen)
            # The first batch carries the start of the process.
            rate = sum(count for _, count, _ in batches[1:]) / ((batches[-1][0] - batches[0][0]) / 1e9)
            context.line(f"{rate:,.0f} waiting records a second through a Python handler, batches of 100")
            for number in range(PROBES):
                item = {"pk": {"S": f"probe-{number}"}, "at": {"N": str(time.time_ns())}}
                dynamodb.put_item(TableName=replication.SOURCE[1], Item=item)
                time.sleep(0.02)
            until(lambda: sum(count for _, count, _ in lines(seen)) >= WAITING + PROBES, "the probes")
            delays = sorted((now - at) / 1e6 for now, _, at in lines(seen) if at)
            p50, p99 = statistics.median(delays), delays[min(len(delays) - 1, int(len(delays) * 0.99))]
            context.line(f"from PutItem to the handler's start: p50 {p50:.1f}, p99 {p99:.1f} ms")
            return {"records_per_second": rate, "start_ms": {"p50": p50, "p99": p99}}
        finally:
            server.stop()


def main():
    parser = argparse.ArgumentParser(description="Measure event source mappings.")
    parser.add_argument("--binaries", type=pathlib.Path, default=servers.ROOT / ".build" / "release")
    print(json.dumps(measure(context.Run(parser.parse_args().binaries, servers.ROOT / ".build_bench"))))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: terminated"))
    try:
        main()
    except RuntimeError as error:
        sys.exit(f"bench: {error}")
