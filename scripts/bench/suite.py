"""What a test suite does: make a table, put, query, delete it, again and again, with boto3."""

import time

import boto3
import botocore.config

import context
import servers
import wire

TITLE = "a test suite with boto3: CreateTable, 100 puts, 10 queries, DeleteTable"
PUTS, QUERIES = 100, 10
PARALLEL = 4


def client(server):
    return boto3.client(
        "dynamodb",
        region_name=servers.REGION,
        endpoint_url=server.url if server else None,
        aws_access_key_id="bench",
        aws_secret_access_key="bench",
        config=botocore.config.Config(retries={"max_attempts": 0}),
    )


def cycle(dynamodb, table):
    dynamodb.create_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    # boto3's own waiter pauses for 20 seconds where a table is not ready at once; no suite waits so.
    while dynamodb.describe_table(TableName=table)["Table"]["TableStatus"] != "ACTIVE":
        time.sleep(0.005)
    for number in range(PUTS):
        item = {"pk": {"S": f"group-{number % QUERIES}"}, "sk": {"N": str(number)}, "text": {"S": "x" * 100}}
        dynamodb.put_item(TableName=table, Item=item)
    for number in range(QUERIES):
        page = dynamodb.query(
            TableName=table,
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": {"S": f"group-{number}"}},
        )
        assert page["Count"] == PUTS // QUERIES
    dynamodb.delete_table(TableName=table)


def worker(server, name, cycles):
    """In a process of its own. Without a server: moto inside of that process, as its decorator does it."""

    def job():
        if server is None:
            import moto

            with moto.mock_aws():
                repeat(client(None))
        else:
            repeat(client(server))

    def repeat(dynamodb):
        for number in range(cycles):
            cycle(dynamodb, f"{context.PREFIX}-suite-{name}-{number}")

    return job


class NoServer:
    name = "moto in the same process"

    def cpu_seconds(self):
        return None


def seconds_of(server, cycles, processes):
    real = None if isinstance(server, NoServer) else server
    shares = [cycles // processes + (number < cycles % processes) for number in range(processes)]
    return wire.side_by_side([worker(real, number, share) for number, share in enumerate(shares)], server)["seconds"]


def measure(run):
    cycles = 8 if run.quick else 50
    rounds = 1 if run.quick else 3
    figures = {}
    with run.serving("dyad", "moto", "peers") as running:
        subjects = [*running, NoServer()]
        for processes, name in ((1, "sequential"), (PARALLEL, f"{PARALLEL} in parallel")):
            runs = {subject.name: [] for subject in subjects}
            for _ in range(rounds):
                for subject in subjects:
                    runs[subject.name].append({"seconds": seconds_of(subject, cycles, processes)})
            figures[name] = {subject: context.median(each)["seconds"] for subject, each in runs.items()}
            text = ", ".join(f"{subject} {seconds:.2f} s" for subject, seconds in figures[name].items())
            context.line(f"{cycles} cycles, {name}: {text} (medians of {rounds})")
    return {"cycles": cycles, **figures}
