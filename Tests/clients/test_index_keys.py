"""Global indexes whose partition and sort keys are of up to four attributes each (AWS: November 2025).

Sources: docs, "Using Global Secondary Indexes", multi-attribute key schema; ack-api-quirks 123, 124 and 442 (verified in
two regions) for the refusals of a key; paritysuite/dynamodb-conformance multiAttributeGsiKey (three regions), moto's
tests of multi-attribute keys and Alternator's test_gsi_composite.py, all run against AWS, for reads.
"""

import itertools
import random

import pytest

from dataplane import B, N, S, everything, ordered, pages, write_all
from support import expect_error, eventually

PARTITION = {"h": "S", "i": "N"}
SORT = {"r": "S", "t": "N", "u": "B"}
KEY = [*PARTITION, *SORT]
TYPES = {"id": "S", **PARTITION, **SORT}
INVALID = "One or more parameter values were invalid: "


def schema(partition, sort=()):
    return [
        {"AttributeName": name, "KeyType": kind}
        for kind, names in (("HASH", partition), ("RANGE", sort))
        for name in names
    ]


def definitions(*names):
    return [{"AttributeName": name, "AttributeType": TYPES.get(name, "S")} for name in names]


def index(name, key_schema, kind="ALL"):
    return {"IndexName": name, "KeySchema": key_schema, "Projection": {"ProjectionType": kind}}


TABLE = {
    "KeySchema": schema(["id"]),
    "AttributeDefinitions": definitions("id", *KEY),
    "GlobalSecondaryIndexes": [index("all", schema(PARTITION, SORT)), index("keys", schema(PARTITION, SORT), "KEYS_ONLY")],
}


def random_items(seed, count):
    generator = random.Random(seed)
    for place in range(count):
        item = {
            "id": S(f"item{place}"),
            "h": S(f"h{generator.randint(0, 1)}"),
            "i": N(generator.randint(0, 1)),
            "r": S("r" * generator.randint(1, 3)),
            "t": N(generator.choice([-10, -9.5, 0, 2, 10])),
            "u": B(bytes(generator.choices([0, 1, 255], k=generator.randint(1, 3)))),
            "x": N(place),
        }
        if generator.random() < 0.3:
            del item[generator.choice(KEY)]
        yield item


def place(item):
    return tuple(ordered(item[name]) for name in SORT)


def identity(item):
    return item["id"]["S"]


@pytest.fixture(scope="module")
def filled(dynamodb, make_module_table):
    table = make_module_table(**TABLE)
    items = list(random_items(seed=11, count=200))
    write_all(dynamodb, table, items)
    return table, [item for item in items if all(name in item for name in KEY)]


def query(dynamodb, table, condition, values, **more):
    more.setdefault("IndexName", "all")
    return dynamodb.query(
        TableName=table, KeyConditionExpression=condition, ExpressionAttributeValues=values, **more
    )


def test_a_table_is_described_with_eight_key_attributes(dynamodb, make_table):
    partition, sort = [f"p{n}" for n in range(4)], [f"s{n}" for n in range(4)]
    name = make_table(
        KeySchema=schema(["id"]),
        AttributeDefinitions=definitions("id", *partition, *sort),
        GlobalSecondaryIndexes=[index("whole", schema(partition, sort))],
    )
    table = dynamodb.describe_table(TableName=name)["Table"]
    assert table["GlobalSecondaryIndexes"][0]["KeySchema"] == schema(partition, sort)


@pytest.mark.parametrize(
    "key_schema, message",
    [
        (
            schema(["id", "h", "i", "r", "t"]),
            INVALID + "The KeySchema exceeds the maximum allowed number of HASH key attributes",
        ),
        (
            schema(["id"], ["h", "i", "r", "t", "u"]),
            INVALID + "The KeySchema exceeds the maximum allowed number of RANGE key attributes",
        ),
        (
            schema(["h"], ["r"]) + schema(["i"]),
            INVALID + "All HASH key attributes must precede RANGE key attributes in the KeySchema",
        ),
        (schema(["h", "i"], ["h"]), "The KeySchema contains multiple key attributes with the same name"),
        (schema([], ["h", "i"]), "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
    ],
)
def test_a_key_that_is_none(dynamodb, make_table, key_schema, message):
    used = list(dict.fromkeys(["id", *(element["AttributeName"] for element in key_schema)]))
    with expect_error("ValidationException", message):
        dynamodb.create_table(
            TableName="refused",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=schema(["id"]),
            AttributeDefinitions=definitions(*used),
            GlobalSecondaryIndexes=[index("bad", key_schema)],
        )
    table = make_table(KeySchema=schema(["id"]), AttributeDefinitions=definitions("id"))
    with expect_error("ValidationException", message):
        dynamodb.update_table(
            TableName=table,
            AttributeDefinitions=definitions(*used),
            GlobalSecondaryIndexUpdates=[{"Create": index("bad", key_schema)}],
        )


@pytest.mark.parametrize("own", ["all", "keys"])
def test_a_scan_shows_the_items_that_have_the_whole_key(dynamodb, filled, own):
    table, items = filled
    shown = {"id", *KEY} if own == "keys" else {"id", *KEY, "x"}
    expected = [{name: item[name] for name in shown} for item in items]
    for limit in ({}, {"Limit": 9}):
        found = everything(dynamodb.scan, TableName=table, IndexName=own, **limit)
        assert sorted(found, key=identity) == sorted(expected, key=identity)


@pytest.mark.parametrize("forward, limit", itertools.product([True, False], [None, 1, 4]))
def test_pages_go_by_one_sort_attribute_after_another(dynamodb, filled, forward, limit):
    table, items = filled
    for h, i in itertools.product(["h0", "h1"], [0, 1]):
        more = {"Limit": limit} if limit else {}
        answers = list(
            pages(
                dynamodb.query,
                TableName=table,
                IndexName="all",
                KeyConditionExpression="h = :h AND i = :i",
                ExpressionAttributeValues={":h": S(h), ":i": N(i)},
                ScanIndexForward=forward,
                **more,
            )
        )
        found = [item for answer in answers for item in answer["Items"]]
        expected = [item for item in items if (item["h"], item["i"]) == (S(h), N(i))]
        assert sorted(found, key=identity) == sorted(expected, key=identity)
        places = [place(item) for item in found]
        assert places == sorted(places, reverse=not forward)
        for answer in answers[:-1]:
            assert answer["LastEvaluatedKey"] == {name: answer["Items"][-1][name] for name in ("id", *KEY)}


COMPARE = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
    "begins_with": lambda value, bound: value.startswith(bound),
    "BETWEEN": lambda value, bound: value == bound,
}


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("operator", COMPARE)
def test_a_condition_on_the_last_of_some_sort_attributes(dynamodb, filled, depth, operator):
    table, items = filled
    names = list(SORT)[:depth]
    if operator == "begins_with" and SORT[names[-1]] == "N":
        return
    last = {"begins_with": "begins_with(#l, :l)", "BETWEEN": "#l BETWEEN :l AND :l"}.get(operator, f"#l {operator} :l")
    fixed = ["h", "i", *names[:-1]]
    condition = " AND ".join([last, *(f"{name} = :{name}" for name in reversed(fixed))])
    for sample in items[::23]:
        found = query(
            dynamodb,
            table,
            condition,
            {":l": sample[names[-1]], **{f":{name}": sample[name] for name in fixed}},
            ExpressionAttributeNames={"#l": names[-1]},
        )["Items"]
        expected = [
            item
            for item in items
            if all(item[name] == sample[name] for name in fixed)
            and COMPARE[operator](ordered(item[names[-1]]), ordered(sample[names[-1]]))
        ]
        assert sorted(found, key=identity) == sorted(expected, key=identity)
        assert [place(item) for item in found] == sorted(place(item) for item in expected)


def lacking(kind, names, later=None):
    because = f" because a condition is present on key attribute {later}" if later else ""
    return f"{kind} key attributes {names} must have equality conditions specified in the query{because}"


@pytest.mark.parametrize(
    "condition, message",
    [
        ("h = :s", lacking("HASH", "i")),
        ("h = :s AND i > :n", lacking("HASH", "i")),
        ("h = :s AND i = :n AND t = :n", lacking("RANGE", "r", "t")),
        ("h = :s AND i = :n AND r = :s AND u = :b", lacking("RANGE", "t", "u")),
        ("h = :s AND i = :n AND r > :s AND t = :n", lacking("RANGE", "r", "t")),
        ("h = :n AND i = :n", INVALID + "Condition parameter type does not match schema type"),
        ("h = :s AND i = :n AND r = :n", INVALID + "Condition parameter type does not match schema type"),
    ],
)
def test_a_condition_that_the_key_does_not_answer(dynamodb, filled, condition, message):
    values = {":s": S("s"), ":n": N(1), ":b": B(b"b")}
    with expect_error("ValidationException", message):
        query(dynamodb, filled[0], condition, {name: value for name, value in values.items() if name in condition})


def test_key_conditions_of_the_older_kind(dynamodb, filled):
    table, items = filled
    sample = items[0]
    conditions = {
        name: {"ComparisonOperator": "EQ", "AttributeValueList": [sample[name]]} for name in ("h", "i", "r")
    }
    conditions["t"] = {"ComparisonOperator": "LE", "AttributeValueList": [sample["t"]]}
    found = everything(dynamodb.query, TableName=table, IndexName="all", KeyConditions=conditions)
    expected = [
        item
        for item in items
        if all(item[name] == sample[name] for name in ("h", "i", "r")) and ordered(item["t"]) <= ordered(sample["t"])
    ]
    assert sorted(found, key=identity) == sorted(expected, key=identity)
    del conditions["r"]
    with expect_error("ValidationException", lacking("RANGE", "r", "t")):
        dynamodb.query(TableName=table, IndexName="all", KeyConditions=conditions)


@pytest.mark.parametrize("missing", ["id", *KEY])
def test_a_starting_key_is_complete(dynamodb, filled, missing):
    table, items = filled
    key = {name: items[0][name] for name in ("id", *KEY) if name != missing}
    values = {":h": items[0]["h"], ":i": items[0]["i"]}
    for read in (
        lambda: query(dynamodb, table, "h = :h AND i = :i", values, ExclusiveStartKey=key),
        lambda: dynamodb.scan(TableName=table, IndexName="all", ExclusiveStartKey=key),
    ):
        with expect_error("ValidationException", "The provided starting key is invalid"):
            read()


@pytest.mark.parametrize("name", KEY)
def test_an_item_whose_key_attribute_has_another_type(dynamodb, filled, name):
    item = {"id": S("wrong"), "h": S("h"), "i": N(1), "r": S("r"), "t": N(1), "u": B(b"u"), name: {"BOOL": True}}
    message = f"{INVALID}Type mismatch for Index Key {name} Expected: {TYPES[name]} Actual: BOOL IndexName: all"
    with expect_error("ValidationException", message):
        dynamodb.put_item(TableName=filled[0], Item=item)


def test_an_index_is_added_to_a_full_table_and_deleted(dynamodb, make_table):
    table = make_table(KeySchema=schema(["id"]), AttributeDefinitions=definitions("id"))
    items = list(random_items(seed=12, count=60))
    write_all(dynamodb, table, items)
    dynamodb.update_table(
        TableName=table,
        AttributeDefinitions=definitions(*KEY),
        GlobalSecondaryIndexUpdates=[{"Create": index("late", schema(PARTITION, SORT))}],
    )

    def indexes():
        return dynamodb.describe_table(TableName=table)["Table"].get("GlobalSecondaryIndexes", [])

    eventually(lambda: [found["IndexStatus"] for found in indexes()] == ["ACTIVE"], because="the index is ACTIVE")
    found = everything(dynamodb.scan, TableName=table, IndexName="late")
    expected = [item for item in items if all(name in item for name in KEY)]
    assert sorted(found, key=identity) == sorted(expected, key=identity)
    dynamodb.update_table(TableName=table, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "late"}}])
    eventually(lambda: not indexes(), because="the index is gone")
    dynamodb.put_item(TableName=table, Item={"id": S("free"), "h": N(1)})
