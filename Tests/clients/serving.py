"""Servers of a test's own: started with given options, put under load, ended or killed."""

import contextlib
import threading

import botocore.exceptions

from support import BEIJING, Server, eventually, make_client
from tables import hash_key, strings


@contextlib.contextmanager
def running(*arguments):
    """A server with these options, ended by SIGTERM with exit code 0."""
    server = Server(*arguments)
    try:
        yield server
        code = server.end()
        assert code == 0, f"exit code {code}\n{server.errors()}"
    finally:
        server.kill()


def client(server, region=BEIJING, service="dynamodb"):
    return make_client(service, server.url, region)


def make_table(dynamodb, name, **parameters):
    dynamodb.create_table(
        **{
            "TableName": name,
            "KeySchema": [hash_key("pk")],
            "AttributeDefinitions": strings("pk"),
            "BillingMode": "PAY_PER_REQUEST",
            **parameters,
        }
    )
    wait_active(dynamodb, name)


def wait_active(dynamodb, name):
    def active():
        table = dynamodb.describe_table(TableName=name)["Table"]
        indexes = table.get("GlobalSecondaryIndexes", [])
        return table["TableStatus"] == "ACTIVE" and all(index["IndexStatus"] == "ACTIVE" for index in indexes)

    eventually(active, timeout=20)


class Load:
    """Writers that never stop by themselves, and what the server has acknowledged to each of them.

    Every write carries a number that only grows, so that a table, an index and a stream can each be held against what
    was acknowledged. One write a worker may be unanswered at the end: it may or may not have happened.
    """

    KEYS = 5

    def __init__(self, server, table, workers, first=0):
        self.table, self.first = table, first
        self.clients = [client(server) for _ in range(workers)]
        self.done = [[] for _ in range(workers)]  # numbers, in the order in which they were acknowledged
        self.unanswered = [None] * workers
        self.threads = [threading.Thread(target=self.work, args=(worker,)) for worker in range(workers)]

    def key(self, worker, number):
        return f"{worker}-{number % self.KEYS}"

    def work(self, worker):
        number = self.first
        while True:
            self.unanswered[worker] = number
            item = {
                "pk": {"S": self.key(worker, number)},
                "n": {"N": str(number)},
                "x": {"S": f"group{number % 7}"},
                "filler": {"S": "f" * (number % 900)},
            }
            try:
                self.clients[worker].put_item(TableName=self.table, Item=item)
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
                return
            self.unanswered[worker] = None
            self.done[worker].append(number)
            number += 1

    def start(self):
        for thread in self.threads:
            thread.start()

    def join(self):
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive()

    def acknowledged(self):
        return sum(len(done) for done in self.done)

    def assert_kept(self, dynamodb, table):
        """Each key holds the last write that was acknowledged, or the one that was never answered."""
        items = {}
        for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
            items.update({item["pk"]["S"]: int(item["n"]["N"]) for item in page["Items"]})
        for worker, done in enumerate(self.done):
            expected = {self.key(worker, number): number for number in done}  # the last of each key
            for key, number in expected.items():
                allowed = {number}
                open_write = self.unanswered[worker]
                if open_write is not None and self.key(worker, open_write) == key:
                    allowed.add(open_write)
                assert items.get(key) in allowed, f"{key}: {items.get(key)}, acknowledged {number}, open {open_write}"
        return items
