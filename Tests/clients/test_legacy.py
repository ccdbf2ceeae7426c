"""The parameters from before expressions: Expected, AttributeUpdates, KeyConditions, QueryFilter, ScanFilter.

Sources: Alternator's test_expected.py, test_item.py, test_key_conditions.py and test_query_filter.py (run against AWS),
dynalite's validations (texts).
"""

import itertools

import pytest

from dataplane import L, N, S, of_write
from support import expect_error

INVALID = "One or more parameter values were invalid: "
FAILED = ("ConditionalCheckFailedException", "The conditional request failed")
MISMATCH = "Type mismatch for attribute to update"

_keys = itertools.count(1)


@pytest.fixture(scope="module")
def table(make_module_table):
    return make_module_table(key={"pk": "S"})


@pytest.fixture(scope="module")
def ranged(make_module_table, dynamodb):
    name = make_module_table(key={"pk": "S", "sk": "N"})
    for number in range(1, 7):
        item = {"pk": S("a"), "sk": N(number), "x": N(number % 3), "s": S("ab" * number)}
        dynamodb.put_item(TableName=name, Item=item)
    return name


@pytest.fixture
def item(dynamodb, table):
    """`item(**attributes)` puts one and returns its key."""

    def put(**attributes):
        key = {"pk": S(f"item-{next(_keys)}")}
        dynamodb.put_item(TableName=table, Item={**key, **attributes})
        return key

    return put


def compare(operator, *values):
    return {"ComparisonOperator": operator, "AttributeValueList": list(values)}


VALUES = {"n": N(3), "s": S("hello"), "l": L(N(1), N(2)), "ss": {"SS": ["a", "b"]}, "nothing": {"NULL": True}}


@pytest.mark.parametrize(
    ("expected", "holds"),
    [
        ({"n": compare("EQ", N("3.0"))}, True),
        ({"n": compare("EQ", S("3"))}, False),
        ({"n": compare("NE", S("3"))}, True),
        ({"absent": compare("NE", N(1))}, True),
        ({"n": compare("LT", N(4))}, True),
        ({"n": compare("LE", N(2))}, False),
        ({"n": compare("GT", N(2))}, True),
        ({"n": compare("GE", S("1"))}, False),
        ({"n": compare("BETWEEN", N(3), N(5))}, True),
        ({"n": compare("IN", N(1), N(3))}, True),
        ({"s": compare("BEGINS_WITH", S("he"))}, True),
        ({"s": compare("CONTAINS", S("ell"))}, True),
        ({"l": compare("CONTAINS", N(2))}, True),
        ({"ss": compare("CONTAINS", S("b"))}, True),
        ({"ss": compare("NOT_CONTAINS", S("c"))}, True),
        ({"absent": compare("NOT_CONTAINS", S("c"))}, False),
        ({"nothing": compare("NOT_NULL")}, True),
        ({"nothing": compare("NULL")}, False),
        ({"absent": {"ComparisonOperator": "NULL"}}, True),
        ({"n": {"Value": N(3)}}, True),
        ({"n": {"Value": N(3), "Exists": True}}, True),
        ({"n": {"Exists": False}}, False),
        ({"absent": {"Exists": False}, "n": {"Value": N(3)}}, True),
        ({"absent": {"Exists": False}, "n": {"Value": N(4)}}, False),
    ],
)
def test_expected_compares(dynamodb, table, item, expected, holds):
    key = item(**VALUES)
    if holds:
        dynamodb.delete_item(TableName=table, Key=key, Expected=expected)
        assert "Item" not in dynamodb.get_item(TableName=table, Key=key)
    else:
        with expect_error(*FAILED):
            dynamodb.delete_item(TableName=table, Key=key, Expected=expected)
        with expect_error(*FAILED):
            dynamodb.put_item(TableName=table, Item=key, Expected=expected)
        with expect_error(*FAILED):
            dynamodb.update_item(TableName=table, Key=key, Expected=expected)


def test_or_needs_one_of_the_conditions(dynamodb, table, item):
    key = item(n=N(1))
    expected = {"n": compare("EQ", N(1)), "m": compare("NOT_NULL")}
    with expect_error(*FAILED):
        dynamodb.put_item(TableName=table, Item=key, Expected=expected, ConditionalOperator="AND")
    dynamodb.put_item(TableName=table, Item=key, Expected=expected, ConditionalOperator="OR")


@pytest.mark.parametrize(
    ("before", "update", "after"),
    [
        ({}, {"Value": N(1)}, N(1)),
        ({"a": S("x")}, {"Action": "PUT", "Value": N(1)}, N(1)),
        ({"a": N(1)}, {"Action": "ADD", "Value": N("-3.5")}, N("-2.5")),
        ({}, {"Action": "ADD", "Value": N(2)}, N(2)),
        ({"a": {"NS": ["1"]}}, {"Action": "ADD", "Value": {"NS": ["2"]}}, {"NS": ["1", "2"]}),
        ({"a": L(N(1))}, {"Action": "ADD", "Value": L(S("x"))}, L(N(1), S("x"))),
        ({"a": N(1)}, {"Action": "DELETE"}, None),
        ({"a": {"SS": ["x", "y"]}}, {"Action": "DELETE", "Value": {"SS": ["x", "z"]}}, {"SS": ["y"]}),
        ({"a": {"SS": ["x"]}}, {"Action": "DELETE", "Value": {"SS": ["x"]}}, None),
        ({"a": S("x")}, {"Action": "ADD", "Value": N(1)}, MISMATCH),
        ({"a": {"NS": ["1"]}}, {"Action": "ADD", "Value": {"SS": ["1"]}}, MISMATCH),
        ({"a": S("x")}, {"Action": "DELETE", "Value": {"SS": ["x"]}}, MISMATCH),
        (
            {},
            {"Action": "ADD", "Value": S("x")},
            of_write(INVALID + "ADD action is not supported for the type S"),
        ),
        (
            {},
            {"Action": "DELETE", "Value": N(1)},
            of_write(INVALID + "DELETE action with value is not supported for the type N"),
        ),
        (
            {},
            {"Action": "PUT"},
            of_write(INVALID + "Only DELETE action is allowed when no attribute value is specified"),
        ),
    ],
)
def test_attribute_updates(dynamodb, table, item, before, update, after):
    key = item(**before)
    parameters = {"TableName": table, "Key": key, "AttributeUpdates": {"a": update}}
    if isinstance(after, str):
        with expect_error("ValidationException", after):
            dynamodb.update_item(**parameters)
        return
    answer = dynamodb.update_item(**parameters, ReturnValues="ALL_NEW")["Attributes"]
    assert answer.get("a") == after


def test_deleting_from_nothing_makes_no_item(dynamodb, table):
    key = {"pk": S("never")}
    dynamodb.update_item(TableName=table, Key=key, AttributeUpdates={"a": {"Action": "DELETE"}})
    assert "Item" not in dynamodb.get_item(TableName=table, Key=key)


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        (compare("EQ", N(3)), [3]),
        (compare("LT", N(3)), [1, 2]),
        (compare("LE", N(3)), [1, 2, 3]),
        (compare("GT", N(4)), [5, 6]),
        (compare("GE", N(5)), [5, 6]),
        (compare("BETWEEN", N(2), N(4)), [2, 3, 4]),
    ],
)
def test_key_conditions(dynamodb, ranged, condition, numbers):
    conditions = {"pk": compare("EQ", S("a")), "sk": condition}
    page = dynamodb.query(TableName=ranged, KeyConditions=conditions)
    assert [int(item["sk"]["N"]) for item in page["Items"]] == numbers


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({"pk": compare("NE", S("a"))}, "Attempted conditional constraint is not an indexable operation"),
        ({"pk": compare("LT", S("a"))}, "Query key condition not supported"),
        ({"sk": compare("EQ", N(1))}, "Query condition missed key schema element: pk"),
        (
            {"pk": compare("EQ", N(1))},
            INVALID + "Condition parameter type does not match schema type",
        ),
        ({"pk": compare("EQ")}, INVALID + "Invalid number of argument(s) for the EQ ComparisonOperator"),
        ({}, "Conditions can be of length 1 or 2 only"),
    ],
)
def test_key_conditions_that_no_key_answers(dynamodb, ranged, conditions, message):
    with expect_error("ValidationException", message):
        dynamodb.query(TableName=ranged, KeyConditions=conditions)


def test_filters(dynamodb, ranged):
    keys = {"pk": compare("EQ", S("a"))}
    page = dynamodb.query(TableName=ranged, KeyConditions=keys, QueryFilter={"x": compare("EQ", N(0))})
    assert (page["Count"], page["ScannedCount"]) == (2, 6)
    both = {"x": compare("EQ", N(0)), "s": compare("EQ", S("ab"))}
    assert dynamodb.scan(TableName=ranged, ScanFilter=both)["Count"] == 0
    assert dynamodb.scan(TableName=ranged, ScanFilter=both, ConditionalOperator="OR")["Count"] == 3
    with expect_error(
        "ValidationException", "QueryFilter can only contain non-primary key attributes: Primary key attribute: sk"
    ):
        dynamodb.query(TableName=ranged, KeyConditions=keys, QueryFilter={"sk": compare("EQ", N(1))})


def test_attributes_to_get(dynamodb, table, item):
    """Names of top-level attributes as they stand, a dot and all; what is missing is left out. Source: docs,
    "AttributesToGet"; Alternator's test_item.py."""
    key = item(**{"n": N(1), "a.b": S("dotted"), "a": {"M": {"b": S("nested")}}, "l": L(N(1)), "other": S("x")})
    wanted = ["n", "a.b", "l", "absent", "pk"]
    expected = {**key, "n": N(1), "a.b": S("dotted"), "l": L(N(1))}
    assert dynamodb.get_item(TableName=table, Key=key, AttributesToGet=wanted)["Item"] == expected
    assert dynamodb.get_item(TableName=table, Key=key, AttributesToGet=["absent"])["Item"] == {}
    assert dynamodb.get_item(TableName=table, Key=key, AttributesToGet=["l[0]", "a"])["Item"] == {
        "a": {"M": {"b": S("nested")}}
    }
    batch = dynamodb.batch_get_item(RequestItems={table: {"Keys": [key], "AttributesToGet": wanted}})
    assert batch["Responses"][table] == [expected]
    found = dynamodb.query(
        TableName=table, KeyConditions={"pk": compare("EQ", key["pk"])}, AttributesToGet=wanted, ReturnConsumedCapacity="TOTAL"
    )
    assert found["Items"] == [expected]
    found = dynamodb.scan(TableName=table, ScanFilter={"pk": compare("EQ", key["pk"])}, AttributesToGet=["other"])
    assert (found["Items"], found["Count"]) == ([{"other": S("x")}], 1)
