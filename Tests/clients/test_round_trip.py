"""Random items of every type, at every depth, come back as they went in: by Get, Query, Scan and batch, and on the stream."""

import random
from decimal import Decimal

import pytest
import support
from commands import STREAM
from streamreader import read_all

ALPHABET = 'abz "\\/\n\t\x00\x1f\x7féß中文🐦\u2028\ufeffe\u0301'
ITEMS = 60


class Chance(random.Random):
    def text(self, least=0):
        return "".join(self.choice(ALPHABET) for _ in range(self.randrange(least, least + 12)))

    def octets(self, least=0):
        return bytes(self.randrange(256) for _ in range(self.randrange(least, least + 12)))

    def number(self):
        """Up to 38 digits anywhere between 1E-130 and 9.9E+125, not in normal form."""
        digits = self.randrange(1, 39)
        mantissa = self.randrange(10 ** (digits - 1), 10**digits)
        exponent = self.randrange(-130, 126 - digits)
        return f"{self.choice(['', '-'])}{'0' * self.randrange(3)}{mantissa}{self.choice('eE')}{exponent}"

    def value(self, depth):
        kind = self.choice(["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS"] + ["L", "M"] * (depth > 0))
        if kind == "S":
            return {"S": self.text()}
        if kind == "N":
            return {"N": self.number()}
        if kind == "B":
            return {"B": self.octets()}
        if kind == "BOOL":
            return {"BOOL": self.random() < 0.5}
        if kind == "NULL":
            return {"NULL": True}
        if kind == "L":
            return {"L": [self.value(depth - 1) for _ in range(self.randrange(4))]}
        if kind == "M":
            return {"M": {self.text(1): self.value(depth - 1) for _ in range(self.randrange(4))}}
        make = {"SS": self.text, "NS": self.number, "BS": self.octets}[kind]
        found = {}
        for _ in range(self.randrange(1, 5)):
            member = make()
            found[Decimal(member) if kind == "NS" else member] = member
        return {kind: list(found.values())}


def meaning(value):
    """What a value says, whatever the order of its set and the spelling of its numbers."""
    ((kind, inner),) = value.items()
    if kind == "N":
        return kind, Decimal(inner)
    if kind == "NS":
        return kind, frozenset(map(Decimal, inner))
    if kind in ("SS", "BS"):
        return kind, frozenset(inner)
    if kind == "L":
        return kind, tuple(map(meaning, inner))
    if kind == "M":
        return kind, meanings(inner)
    return kind, inner


def meanings(item):
    return frozenset((name, meaning(value)) for name, value in item.items())


@pytest.mark.parametrize("seed", range(5))
def test_random_items_come_back(dynamodb, streams, make_table, seed):
    chance = Chance(seed)
    client = dynamodb(support.BEIJING)
    table = make_table(
        support.BEIJING,
        StreamSpecification=STREAM,
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "B"}],
    )
    written = {}
    for number in range(ITEMS):
        key = {"p": {"S": chance.choice(["é", "e\u0301", '"', "\x00"])}, "s": {"B": number.to_bytes(2, "big") + chance.octets()}}
        item = {**key, **{chance.text(1) + "_": chance.value(5) for _ in range(chance.randrange(6))}}
        client.put_item(TableName=table, Item=item)
        written[meanings(key)] = (key, item)
    expected = {key: meanings(item) for key, (_, item) in written.items()}

    def keyed(items):
        return {meanings({"p": item["p"], "s": item["s"]}): meanings(item) for item in items}

    keys = [key for key, _ in written.values()]
    assert keyed(client.get_item(TableName=table, Key=key)["Item"] for key in keys) == expected
    scanned = client.get_paginator("scan").paginate(TableName=table)
    assert keyed(item for page in scanned for item in page["Items"]) == expected
    batch = client.batch_get_item(RequestItems={table: {"Keys": keys}})
    assert keyed(batch["Responses"][table]) == expected
    for partition in {key["p"]["S"] for key in keys}:
        found = client.query(
            TableName=table, KeyConditionExpression="p = :p", ExpressionAttributeValues={":p": {"S": partition}}
        )["Items"]
        assert [item["s"]["B"] for item in found] == sorted(key["s"]["B"] for key in keys if key["p"]["S"] == partition)
        assert keyed(found) == {key: value for key, value in expected.items() if ("p", ("S", partition)) in key}
    arn = client.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    images = [record["dynamodb"]["NewImage"] for record in read_all(streams(support.BEIJING), arn)]
    assert len(images) == ITEMS and keyed(images) == expected
