"""Attribute values: what comes back, what is refused, and with which words.

Sources: dynalite validations/index.js (texts, order), the DynamoDB conformance suite's captures of AWS (empty strings
and empty set members are legal today).
"""

import base64

import pytest

from dataplane import B, L, M, N, S, of_write, shape
from support import expect_error

INVALID = "One or more parameter values were invalid: "
EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
MANY = (
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
)
NOT_NUMERIC = "The parameter cannot be converted to a numeric value"
OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
PRECISION = "Attempting to store more than 38 significant digits in a Number"
NESTING = (
    "Nesting Levels have exceeded supported limits: "
    "Attributes in the item have nested levels beyond supported limit"
)


@pytest.fixture(scope="module")
def table(make_module_table):
    return make_module_table(key={"pk": "S"})


@pytest.fixture(scope="module")
def binary_table(make_module_table):
    return make_module_table(key={"pk": "B", "sk": "B"})


LEGAL = {
    "text": S("héllo, 世界 🌍"),
    "empty text": S(""),
    "control characters": S('\x00\x01\x1f\x7f"\\/\b\f\n\r\t'),
    "composed": S("\u00e9"),
    "decomposed": S("e\u0301"),
    "octets": B(bytes(range(256))),
    "no octets": B(b""),
    "number": N("42"),
    "true": {"BOOL": True},
    "false": {"BOOL": False},
    "null": {"NULL": True},
    "empty list": L(),
    "empty map": M(),
    "list": L(S("a"), N(1), L(M(x={"NULL": True})), {"BOOL": False}),
    "map": {"M": {"a.b": S("dot"), "": S("no name"), "[0]": N(0), "ключ": L(M())}},
    "one": {"SS": ["a"]},
    "with empty text": {"SS": ["", "a"]},
}


@pytest.mark.parametrize("name", LEGAL)
def test_a_value_comes_back_as_it_went_in(dynamodb, table, name):
    value = LEGAL[name]
    if name == "map":
        value = {"M": {key: inner for key, inner in value["M"].items() if key}}  # an empty name is another question
    dynamodb.put_item(TableName=table, Item={"pk": S("legal-" + name), "a": value})
    item = dynamodb.get_item(TableName=table, Key={"pk": S("legal-" + name)}, ConsistentRead=True)["Item"]
    assert item == {"pk": S("legal-" + name), "a": value}


@pytest.mark.parametrize(
    "kind, members",
    [
        ("SS", ["b", "a", "\u00e9", "e\u0301"]),
        ("NS", ["1", "-2.5", "10", "0"]),
        ("BS", [b"\x00", b"", b"\xff\xfe"]),
    ],
)
def test_a_set_comes_back_with_its_members(dynamodb, table, kind, members):
    dynamodb.put_item(TableName=table, Item={"pk": S("set-" + kind), "a": {kind: members}})
    value = dynamodb.get_item(TableName=table, Key={"pk": S("set-" + kind)}, ConsistentRead=True)["Item"]["a"]
    assert list(value) == [kind]
    assert sorted(value[kind]) == sorted(members)


def test_canonically_equal_names_are_different_attributes(dynamodb, table):
    item = {"pk": S("names"), "\u00e9": N(1), "e\u0301": N(2)}
    dynamodb.put_item(TableName=table, Item=item)
    assert dynamodb.get_item(TableName=table, Key={"pk": S("names")}, ConsistentRead=True)["Item"] == item


def test_canonically_equal_keys_are_different_items(dynamodb, table):
    for place, key in enumerate(["k\u00e9", "ke\u0301"]):
        dynamodb.put_item(TableName=table, Item={"pk": S(key), "place": N(place)})
    for place, key in enumerate(["k\u00e9", "ke\u0301"]):
        assert dynamodb.get_item(TableName=table, Key={"pk": S(key)})["Item"]["place"] == N(place)


ILLEGAL = [
    ({}, EMPTY),
    ({"S": None}, EMPTY),
    ({"S": "a", "N": "1"}, MANY),
    ({"NULL": True, "BOOL": True}, MANY),
    ({"NULL": False}, INVALID + "Null attribute value types must have the value of true"),
    (N(""), NOT_NUMERIC),
    (N("dog"), NOT_NUMERIC + ": dog"),
    (N("NaN"), NOT_NUMERIC + ": NaN"),
    (N("Infinity"), NOT_NUMERIC + ": Infinity"),
    (N(" 1"), NOT_NUMERIC + ":  1"),
    (N("1 "), NOT_NUMERIC + ": 1 "),
    (N("1e"), NOT_NUMERIC + ": 1e"),
    (N("0x10"), NOT_NUMERIC + ": 0x10"),
    (N("1_000"), NOT_NUMERIC + ": 1_000"),
    (N("1e126"), OVERFLOW),
    (N("-1e126"), OVERFLOW),
    (N("1e-131"), UNDERFLOW),
    (N("-0.9e-130"), UNDERFLOW),
    (N("123456789012345678901234567890123456789"), PRECISION),
    (N("1.00000000000000000000000000000000000001"), PRECISION),
    ({"SS": []}, INVALID + "An string set  may not be empty"),
    ({"NS": []}, INVALID + "An number set  may not be empty"),
    ({"BS": []}, INVALID + "Binary sets should not be empty"),
    ({"NS": [""]}, NOT_NUMERIC),
    ({"NS": ["1", "dog"]}, NOT_NUMERIC + ": dog"),
    ({"NS": ["1e126"]}, OVERFLOW),
    ({"SS": ["a", "a"]}, INVALID + "Input collection [a, a] contains duplicates."),
    ({"SS": ["a", "b", "a"]}, INVALID + "Input collection [a, b, a] contains duplicates."),
    ({"BS": [b"b", b"b"]}, INVALID + "Input collection [Yg==, Yg==]of type BS contains duplicates."),
    ({"NS": ["1", "2", "1"]}, "Input collection contains duplicates"),
]


# What the newer of AWS's layers words in another way: dynamodb-conformance, error-messages/valueLayers.
CURRENT = {
    NOT_NUMERIC: NOT_NUMERIC + ": ",
    "Input collection contains duplicates": INVALID + "Input collection contains duplicates.",
    INVALID + "Input collection [a, a] contains duplicates.":
        INVALID + 'Input collection ["a", "a"] contains duplicates.',
    INVALID + "Input collection [a, b, a] contains duplicates.":
        INVALID + 'Input collection ["a", "b", "a"] contains duplicates.',
    INVALID + "Input collection [Yg==, Yg==]of type BS contains duplicates.":
        INVALID + 'Input collection ["Yg==","Yg=="]of type BS contains duplicates.',
}  # fmt: skip


def of_writes_value(message):
    """What is wrong with a value's form is told bare."""
    return message if message in (EMPTY, MANY) else of_write(CURRENT.get(message, message))


@pytest.mark.parametrize("value, message", ILLEGAL, ids=repr)
def test_an_item_with_an_illegal_value_is_refused(dynamodb, table, value, message):
    with expect_error("ValidationException", of_writes_value(message)):
        dynamodb.put_item(TableName=table, Item={"pk": S("illegal"), "a": value})
    assert "Item" not in dynamodb.get_item(TableName=table, Key={"pk": S("illegal")}, ConsistentRead=True)


@pytest.mark.parametrize("wrap", [lambda value: L(S("x"), value), lambda value: M(m=M(n=value))], ids=["list", "map"])
@pytest.mark.parametrize("value, message", [ILLEGAL[0], ILLEGAL[2], ILLEGAL[4], ILLEGAL[6], ILLEGAL[20]], ids=repr)
def test_an_illegal_value_is_found_inside_lists_and_maps(dynamodb, table, wrap, value, message):
    with expect_error("ValidationException", of_writes_value(message)):
        dynamodb.put_item(TableName=table, Item={"pk": S("illegal"), "a": wrap(value)})


@pytest.mark.parametrize("value, message", ILLEGAL, ids=repr)
def test_an_illegal_expression_value_is_named(dynamodb, table, value, message):
    whole = f"ExpressionAttributeValues contains invalid value: {message} for key :v"
    with expect_error("ValidationException", whole):
        dynamodb.scan(TableName=table, FilterExpression="a = :v", ExpressionAttributeValues={":v": value})


@pytest.mark.parametrize("value, message", [ILLEGAL[0], ILLEGAL[2], ILLEGAL[6]], ids=repr)
def test_an_illegal_key_value_is_refused_before_the_schema_is_looked_at(dynamodb, table, value, message):
    with expect_error("ValidationException", message):
        dynamodb.get_item(TableName=table, Key={"pk": value})
    for operation in (dynamodb.delete_item, dynamodb.update_item):
        with expect_error("ValidationException", of_writes_value(message)):
            operation(TableName=table, Key={"pk": value})


@pytest.mark.parametrize("value, message", [ILLEGAL[0], ILLEGAL[2], ILLEGAL[6]], ids=repr)
def test_an_illegal_value_in_a_starting_key_is_named(dynamodb, table, value, message):
    with expect_error("ValidationException", "The provided starting key is invalid: " + message):
        dynamodb.scan(TableName=table, ExclusiveStartKey={"pk": value})


def test_number_sets_compare_members_by_value(dynamodb, table):
    with expect_error("ValidationException", of_writes_value("Input collection contains duplicates")):
        dynamodb.put_item(TableName=table, Item={"pk": S("illegal"), "a": {"NS": ["1", "1.0"]}})


def nested(depth, leaf):
    for level in range(depth):
        leaf = L(leaf) if level % 2 else M(a=leaf)
    return leaf


def test_thirty_one_containers_are_legal(dynamodb, table):
    value = nested(31, S("bottom"))
    dynamodb.put_item(TableName=table, Item={"pk": S("deep"), "a": value})
    assert dynamodb.get_item(TableName=table, Key={"pk": S("deep")}, ConsistentRead=True)["Item"]["a"] == value


@pytest.mark.parametrize("depth", [32, 33, 61, 63])  # the text in 31 of them is at level 32
def test_deeper_nesting_than_thirty_two_levels_is_refused(dynamodb, table, depth):
    """Beyond 61 the envelope is gone: dynamodb-conformance, limits/nestingDepth."""
    with expect_error("ValidationException", of_write(NESTING) if depth <= 61 else NESTING):
        dynamodb.put_item(TableName=table, Item={"pk": S("deeper"), "a": nested(depth, S("bottom"))})


@pytest.mark.parametrize(
    "attribute",
    [
        {"N": 1},
        {"S": 1},
        {"S": True},
        {"S": []},
        {"S": {}},
        {"SS": "a"},
        {"SS": {"a": "b"}},
        {"SS": [1]},
        {"L": {}},
        {"L": [1]},
        {"M": []},
        {"M": {"a": "b"}},
        {"BOOL": []},
        {"NULL": {}},
        {"B": 1},
        "text",
        7,
        [],
    ],
    ids=repr,
)
def test_json_of_the_wrong_shape_does_not_deserialize(raw, table, attribute):
    reply = raw("PutItem", {"TableName": table, "Item": {"pk": S("shape"), "a": attribute}})
    assert reply.status == 400
    assert reply.type == "com.amazon.coral.service#SerializationException"


@pytest.mark.parametrize("text", ["a", "abc", "====", "YQ=", "Y!==", "YQ==YQ=="])
def test_base64_that_is_none_does_not_deserialize(raw, table, text):
    reply = raw("PutItem", {"TableName": table, "Item": {"pk": S("base64"), "a": {"B": text}}})
    assert reply.status == 400
    assert reply.type == "com.amazon.coral.service#SerializationException"  # documented reading


def test_binary_travels_as_base64(raw, table):
    octets = base64.b64encode(bytes([0, 255, 128])).decode()
    item = {"pk": S("base64"), "a": {"B": octets}}
    assert raw("PutItem", {"TableName": table, "Item": item}).json == {}
    assert raw("GetItem", {"TableName": table, "Key": {"pk": S("base64")}}).json == {"Item": item}


def test_a_value_of_an_unknown_type_is_empty(raw, table):
    reply = raw("PutItem", {"TableName": table, "Item": {"pk": S("unknown"), "a": {"X": "a"}}})
    assert (reply.type, reply.message) == ("com.amazon.coral.validate#ValidationException", EMPTY)


def test_members_that_are_null_are_absent(raw, table):
    body = {"TableName": table, "Item": {"pk": {"S": "null-members", "N": None}}, "ReturnValues": None}
    assert raw("PutItem", body).json == {}
    assert raw("GetItem", {"TableName": table, "Key": {"pk": S("null-members")}}).json["Item"] == {
        "pk": S("null-members")
    }


# What only keys must fulfil


def key_text(kind, name):
    return (
        "One or more parameter values are not valid. "
        f"The AttributeValue for a key attribute cannot contain an empty {kind} value. Key: {name}"
    )


def test_a_key_is_never_empty_text(dynamodb, table):
    with expect_error("ValidationException", key_text("string", "pk")):
        dynamodb.put_item(TableName=table, Item={"pk": S("")})
    for operation in (dynamodb.get_item, dynamodb.delete_item, dynamodb.update_item):
        with expect_error("ValidationException", key_text("string", "pk")):
            operation(TableName=table, Key={"pk": S("")})


@pytest.mark.parametrize("key", ["pk", "sk"])
def test_a_key_is_never_empty_octets(dynamodb, binary_table, key):
    item = {"pk": B(b"p"), "sk": B(b"s"), key: B(b"")}
    with expect_error("ValidationException", key_text("binary", key)):
        dynamodb.put_item(TableName=binary_table, Item=item)
    with expect_error("ValidationException", key_text("binary", key)):
        dynamodb.get_item(TableName=binary_table, Key=item)


def test_keys_have_a_longest_length(dynamodb, make_table):
    table = make_table(key={"pk": "S", "sk": "S"})
    longest = {"pk": S("é" * 1024), "sk": S("s" * 1024)}
    dynamodb.put_item(TableName=table, Item=longest)
    assert dynamodb.get_item(TableName=table, Key=longest, ConsistentRead=True)["Item"] == longest
    hash_text = INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
    range_text = INVALID + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
    for key, message in (({**longest, "pk": S("p" * 2049)}, hash_text), ({**longest, "sk": S("s" * 1025)}, range_text)):
        with expect_error("ValidationException", message):
            dynamodb.put_item(TableName=table, Item=key)
        for operation in (dynamodb.get_item, dynamodb.delete_item, dynamodb.update_item):
            with expect_error("ValidationException", message):
                operation(TableName=table, Key=key)


@pytest.mark.parametrize("kind, value", [("N", N(1)), ("B", B(b"x")), ("L", L()), ("NULL", {"NULL": True})])
def test_a_key_has_the_type_of_the_schema(dynamodb, table, kind, value):
    with expect_error("ValidationException", INVALID + f"Type mismatch for key pk expected: S actual: {kind}"):
        dynamodb.put_item(TableName=table, Item={"pk": value})
    for operation in (dynamodb.get_item, dynamodb.delete_item, dynamodb.update_item):
        with expect_error("ValidationException", "The provided key element does not match the schema"):
            operation(TableName=table, Key={"pk": value})


# Sizes: names and values in UTF-8, 400 KB in all


def sized(pk, octets):
    """An item of exactly `octets` bytes: pk and its value, a and its text."""
    return {"pk": S(pk), "a": S("x" * (octets - len("pk") - len(pk) - len("a")))}


def test_an_item_of_409600_bytes_fits(dynamodb, table):
    dynamodb.put_item(TableName=table, Item=sized("size", 409_600))
    item = dynamodb.get_item(TableName=table, Key={"pk": S("size")}, ConsistentRead=True)["Item"]
    assert item == sized("size", 409_600)


def test_an_item_of_one_byte_more_does_not(dynamodb, table):
    with expect_error("ValidationException", "Item size has exceeded the maximum allowed size"):
        dynamodb.put_item(TableName=table, Item=sized("oversize", 409_601))


def test_text_is_measured_in_utf8(dynamodb, table):
    item = {"pk": S("utf8"), "é": S("é" * 204_796)}  # 2 + 4 + 2 + 409,592
    dynamodb.put_item(TableName=table, Item=item)
    with expect_error("ValidationException", "Item size has exceeded the maximum allowed size"):
        dynamodb.put_item(TableName=table, Item={**item, "é": S("é" * 204_796 + "x")})


@pytest.mark.parametrize(
    "literal, octets",  # the conformance suite's measurements on AWS
    [("0", 1), ("1", 2), ("1E125", 2), ("123456", 4), ("3.14159", 5), ("-1", 3), ("42.12", 3)],
)
def test_a_number_weighs_half_its_significant_digits(dynamodb, table, literal, octets):
    def item(pk, total):
        text = total - len("pk") - len(pk) - len("n") - octets - len("p")
        return {"pk": S(pk), "n": N(literal), "p": S("x" * text)}

    dynamodb.put_item(TableName=table, Item=item("weight", 409_600))
    with expect_error("ValidationException", "Item size has exceeded the maximum allowed size"):
        dynamodb.put_item(TableName=table, Item=item("overweight", 409_601))


# Index keys


@pytest.fixture(scope="module")
def indexed(make_module_table):
    gsi = {"by-g": ({"g": "S", "h": "N"}, "ALL"), "by-b": ({"b": "B"}, "KEYS_ONLY")}
    lsi = {"local": ({"pk": "S", "l": "N"}, "KEYS_ONLY")}
    return make_module_table(**shape({"pk": "S", "sk": "S"}, gsi, lsi))


@pytest.mark.parametrize(
    "name, expected, value, actual, index",
    [
        ("g", "S", N(1), "N", "by-g"),
        ("g", "S", {"NULL": True}, "NULL", "by-g"),
        ("g", "S", L(S("x")), "L", "by-g"),
        ("h", "N", S("1"), "S", "by-g"),
        ("b", "B", S("1"), "S", "by-b"),
        ("l", "N", S("1"), "S", "local"),
    ],
)
def test_an_index_key_has_the_type_of_the_definition(dynamodb, indexed, name, expected, value, actual, index):
    message = INVALID + f"Type mismatch for Index Key {name} Expected: {expected} Actual: {actual} IndexName: {index}"
    item = {"pk": S("p"), "sk": S("s"), name: value}
    with expect_error("ValidationException", message):
        dynamodb.put_item(TableName=indexed, Item=item)
    with expect_error("ValidationException", message):
        dynamodb.batch_write_item(RequestItems={indexed: [{"PutRequest": {"Item": item}}]})


@pytest.mark.parametrize(
    "name, kind, value, index", [("g", "string", S(""), "by-g"), ("b", "binary", B(b""), "by-b")]
)
def test_an_index_key_is_never_empty(dynamodb, indexed, name, kind, value, index):
    message = (
        "One or more parameter values are not valid. A value specified for a secondary index key is not supported. "
        f"The AttributeValue for a key attribute cannot contain an empty {kind} value. "
        f"IndexName: {index}, IndexKey: {name}"
    )
    item = {"pk": S("p"), "sk": S("s"), name: value}
    with expect_error("ValidationException", message):
        dynamodb.put_item(TableName=indexed, Item=item)
    with expect_error("ValidationException", message):
        dynamodb.batch_write_item(RequestItems={indexed: [{"PutRequest": {"Item": item}}]})
