"""The items and request bodies that the sections send. An item has about 500 bytes on the wire."""

import itertools
import json
import random

FILLER = "abcdefghijklmnopqrstuvwxyz" * 16  # 416 bytes
BODIES = 4096  # different requests, sent in turn
ITEMS = 1000  # item-00000 … are there to be read

_turns = itertools.count(1)


def item(pk, sk=0, turn=0, filler=FILLER, **more):
    return {"pk": {"S": pk}, "sk": {"N": str(sk)}, "turn": {"N": str(turn)}, "text": {"S": filler}, **more}


def key(pk, sk=0):
    return {"pk": {"S": pk}, "sk": {"N": str(sk)}}


def counted_items():
    """What GetItem, UpdateItem and BatchGetItem find."""
    return [item(f"item-{number:05d}", a={"N": "0"}) for number in range(ITEMS)]


def any_key():
    return key(f"item-{random.randrange(ITEMS):05d}")


def fresh(number, **more):
    """An item for one of BODIES keys; never the same twice: what changes nothing may cost less."""
    return item(f"put-{number % BODIES:05d}", turn=next(_turns), **more)


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def gets(table):
    return lambda: [compact({"TableName": table, "Key": any_key()}) for _ in range(BODIES)]


def puts(table, with_group=False):
    """With a group, the item has what an index needs; it stays in its group when it is overwritten."""

    def body(number):
        more = {"g": {"S": f"group-{number % 100}"}} if with_group else {}
        return compact({"TableName": table, "Item": fresh(number, **more)})

    return lambda: [body(number) for number in range(BODIES)]


def updates(table):
    return lambda: [
        compact(
            {
                "TableName": table,
                "Key": any_key(),
                "UpdateExpression": "SET a = a + :1",
                "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeValues": {":1": {"N": "1"}},
            }
        )
        for _ in range(BODIES)
    ]


def queries(table, partitions):
    return lambda: [
        compact(
            {
                "TableName": table,
                "KeyConditionExpression": "pk = :p",
                "ExpressionAttributeValues": {":p": {"S": f"group-{number % partitions}"}},
            }
        )
        for number in range(partitions * 10)
    ]


def batch_writes(table, size=25):
    return lambda: [
        compact({"RequestItems": {table: [{"PutRequest": {"Item": fresh(first + place)}} for place in range(size)]}})
        for first in range(0, BODIES, size)
    ]


def batch_gets(table, size=100):
    def body(first):
        keys = [key(f"item-{(first + place) % ITEMS:05d}") for place in range(size)]
        return compact({"RequestItems": {table: {"Keys": keys}}})

    return lambda: [body(random.randrange(ITEMS)) for _ in range(500)]


def transactions(table, size=4):
    """Those in flight at one time have no keys in common."""
    return lambda: [
        compact({"TransactItems": [{"Put": {"TableName": table, "Item": fresh(first + place)}} for place in range(size)]})
        for first in range(0, BODIES, size)
    ]
