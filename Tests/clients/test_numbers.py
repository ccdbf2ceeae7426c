"""Numbers: 38 digits, exponents from -130 to 125, one normal form, exact arithmetic, order by value.

Sources: the DynamoDB conformance suite's numberPrecision and numberByteSize (run against AWS), Alternator's
test_number.py (run against AWS), the developer guide's limits.
"""

import decimal
import random

import pytest

from dataplane import N, S, everything, number, plain
from support import expect_error

OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"


@pytest.fixture(scope="module")
def table(make_module_table):
    return make_module_table(key={"pk": "S"})


@pytest.fixture(scope="module")
def sorted_table(make_module_table):
    return make_module_table(key={"pk": "S", "n": "N"})


NORMAL_FORM = [
    ("0", "0"),
    ("-0", "0"),
    ("0.000", "0"),
    ("0e125", "0"),
    ("+3", "3"),
    ("00042", "42"),
    ("0042.1200", "42.12"),
    ("1.0", "1"),
    ("3.1400", "3.14"),
    (".123", "0.123"),
    ("-.5", "-0.5"),
    ("100", "100"),
    ("1.5E2", "150"),
    ("1e+5", "100000"),
    ("-17.4E37", "-174" + "0" * 36),
    ("12e-1", "1.2"),
    ("1E125", "1" + "0" * 125),
    ("1E-130", "0." + "0" * 129 + "1"),
    ("9.9999999999999999999999999999999999999E+125", "9" * 38 + "0" * 88),
    ("-9.9999999999999999999999999999999999999E+125", "-" + "9" * 38 + "0" * 88),
    ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
    ("3.1415926535897932384626433832795028841", "3.1415926535897932384626433832795028841"),
    ("10000000000000000000000000000000000000000", "1" + "0" * 40),
    ("0.00000000000000000000000000000000000001", "0." + "0" * 37 + "1"),
]


@pytest.mark.parametrize("sent, returned", NORMAL_FORM)
def test_a_number_has_one_form(dynamodb, table, sent, returned):
    assert plain(sent) == returned
    item = {"pk": S("form"), "n": N(sent), "ns": {"NS": [sent]}, "l": {"L": [N(sent)]}}
    dynamodb.put_item(TableName=table, Item=item)
    stored = dynamodb.get_item(TableName=table, Key={"pk": S("form")}, ConsistentRead=True)["Item"]
    assert stored == {"pk": S("form"), "n": N(returned), "ns": {"NS": [returned]}, "l": {"L": [N(returned)]}}


@pytest.mark.parametrize("sent, returned", NORMAL_FORM)
def test_a_number_key_is_its_value_not_its_text(dynamodb, sorted_table, sent, returned):
    dynamodb.put_item(TableName=sorted_table, Item={"pk": S("key"), "n": N(sent), "as": S(sent)})
    stored = dynamodb.get_item(TableName=sorted_table, Key={"pk": S("key"), "n": N(returned)}, ConsistentRead=True)
    assert stored["Item"] == {"pk": S("key"), "n": N(returned), "as": S(sent)}


def test_equal_numbers_are_one_partition_key(dynamodb, make_table):
    table = make_table(key={"pk": "N"})
    for text in ("1", "1.0", "01", "10e-1"):
        dynamodb.put_item(TableName=table, Item={"pk": N(text), "as": S(text)})
    assert dynamodb.scan(TableName=table)["Items"] == [{"pk": N(1), "as": S("10e-1")}]


@pytest.mark.parametrize(
    "expression, a, b, result",
    [
        (":a + :b", "1", "10000000000000000000000", "10000000000000000000001"),
        (":b - :a", "1", "10000000000000000000000", "9999999999999999999999"),
        (":a + :b", "0.1", "0.2", "0.3"),
        (":a - :b", "0.3", "0.3", "0"),
        (":a + :b", "-1e-130", "1e-130", "0"),
        (":a - :b", "1e-130", "2e-130", "-0." + "0" * 129 + "1"),
        (":a + :b", "99999999999999999999999999999999999998", "1", "9" * 38),
        (":a + :b", "99999999999999999999999999999999999999", "1", "1" + "0" * 38),
        (":a + :b", "5e125", "4e125", "9" + "0" * 125),
    ],
)
def test_arithmetic_is_exact(dynamodb, table, expression, a, b, result):
    values = {":a": N(a), ":b": N(b)}
    answer = dynamodb.update_item(
        TableName=table,
        Key={"pk": S("sum")},
        UpdateExpression=f"SET n = {expression}",
        ExpressionAttributeValues=values,
        ReturnValues="UPDATED_NEW",
    )
    assert answer["Attributes"] == {"n": N(result)}


@pytest.mark.parametrize(
    "expression, a, b",
    [
        (":a + :b", "9e125", "9e125"),
        (":a - :b", "9e125", "-9e125"),
        (":a - :b", "-9.9e125", "9.9e125"),
        # AWS says "overflow" too where the exact result needs more than 38 digits; it does not round (Alternator).
        (":a + :b", "1e50", "1"),
        (":a - :b", "1e50", "1"),
        (":a + :b", "1e125", "1e-130"),
        (":a + :b", "99999999999999999999999999999999999999", "0.1"),
    ],
)
def test_a_result_out_of_range_is_an_error(dynamodb, table, expression, a, b):
    with expect_error("ValidationException", OVERFLOW):
        dynamodb.update_item(
            TableName=table,
            Key={"pk": S("overflow")},
            UpdateExpression=f"SET n = {expression}",
            ExpressionAttributeValues={":a": N(a), ":b": N(b)},
        )
    assert "Item" not in dynamodb.get_item(TableName=table, Key={"pk": S("overflow")}, ConsistentRead=True)


def test_add_counts_exactly_and_overflows(dynamodb, table):
    def add(value):
        return dynamodb.update_item(
            TableName=table,
            Key={"pk": S("add")},
            UpdateExpression="ADD n :v",
            ExpressionAttributeValues={":v": N(value)},
            ReturnValues="UPDATED_NEW",
        )["Attributes"]["n"]["N"]

    assert add("0.1") == "0.1"
    assert add("0.2") == "0.3"
    assert add("-1") == "-0.7"
    with expect_error("ValidationException", OVERFLOW):
        add("1e100")
    assert add("0") == "-0.7"


def random_numbers(seed, count):
    """Numbers over the whole range, with neighbours and signs mixed, none twice."""
    generator = random.Random(seed)
    texts = {"0", "1e125", "-1e125", "1e-130", "-1e-130", "9" * 38, "-" + "9" * 38}
    while len(texts) < count:
        digits = generator.choice([1, 1, 2, 3, 5, 20, 38])
        mantissa = str(generator.randint(1, 10**digits - 1))
        exponent = generator.randint(-130, 125 - len(mantissa) + 1) if generator.random() < 0.5 else -digits // 2
        texts.add(generator.choice(["", "-"]) + f"{mantissa}e{exponent}")
    return sorted({plain(text) for text in texts}, key=lambda text: generator.random())


@pytest.fixture(scope="module")
def filled(dynamodb, sorted_table):
    numbers = random_numbers(seed=20, count=400)
    for start in range(0, len(numbers), 25):
        batch = [{"PutRequest": {"Item": {"pk": S("many"), "n": N(text)}}} for text in numbers[start : start + 25]]
        dynamodb.batch_write_item(RequestItems={sorted_table: batch})
    return sorted(numbers, key=lambda text: number(N(text)))


def query(dynamodb, table, condition="", **values):
    parameters = {
        "TableName": table,
        "KeyConditionExpression": "pk = :p" + condition,
        "ExpressionAttributeValues": {":p": S("many"), **{":" + name: N(value) for name, value in values.items()}},
        "ConsistentRead": True,
    }
    return [item["n"]["N"] for item in everything(dynamodb.query, Limit=37, **parameters)]


def test_number_sort_keys_are_ordered_by_value(dynamodb, sorted_table, filled):
    assert query(dynamodb, sorted_table) == filled


def test_number_conditions_compare_by_value(dynamodb, sorted_table, filled):
    generator = random.Random(21)
    for _ in range(6):
        low, high = sorted(generator.sample(range(len(filled)), 2))
        a, b = filled[low], filled[high]
        assert query(dynamodb, sorted_table, " AND n BETWEEN :a AND :b", a=a, b=b) == filled[low : high + 1]
        assert query(dynamodb, sorted_table, " AND n < :a", a=a) == filled[:low]
        assert query(dynamodb, sorted_table, " AND n <= :a", a=a) == filled[: low + 1]
        assert query(dynamodb, sorted_table, " AND n > :a", a=a) == filled[low + 1 :]
        assert query(dynamodb, sorted_table, " AND n >= :a", a=a) == filled[low:]
        assert query(dynamodb, sorted_table, " AND n = :a", a=a) == [a]


def test_filters_compare_numbers_by_value(dynamodb, sorted_table, filled):
    middle = filled[len(filled) // 2]
    answer = everything(
        dynamodb.scan,
        TableName=sorted_table,
        FilterExpression="pk = :p AND n < :m",
        ExpressionAttributeValues={":p": S("many"), ":m": N(middle)},
    )
    assert {item["n"]["N"] for item in answer} == set(filled[: len(filled) // 2])


def test_the_resource_api_reads_decimals(resource, table):
    resource.Table(table).put_item(Item={"pk": "resource", "n": decimal.Decimal("1.50"), "l": [1, {"a": 2}]})
    item = resource.Table(table).get_item(Key={"pk": "resource"})["Item"]
    assert item == {"pk": "resource", "n": decimal.Decimal("1.5"), "l": [1, {"a": 2}]}
