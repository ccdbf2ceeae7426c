"""PutItem, GetItem, DeleteItem: answers, parameters, errors and the order in which they are looked for.

Sources: dynalite validations/{putItem,getItem,deleteItem}.js and actions/, the DynamoDB conformance suite's captures
(error-messages, validation-ordering), LocalStack's recorded snapshots.
"""

import pytest

from dataplane import N, S, constraint, of_write, violations
from support import VIRGINIA, expect_error

NOT_FOUND = "Requested resource not found"
FAILED = "The conditional request failed"
MISMATCH = "The provided key element does not match the schema"
MIXED = "Can not use both expression and non-expression parameters in the same request: "
INVALID = "One or more parameter values were invalid: "
RETURN_VALUES = "[ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"


@pytest.fixture(scope="module")
def table(make_module_table):
    return make_module_table(key={"pk": "S"})


@pytest.fixture(scope="module")
def ranged(make_module_table):
    return make_module_table(key={"pk": "S", "sk": "N"})


def stored(dynamodb, table, pk):
    return dynamodb.get_item(TableName=table, Key={"pk": S(pk)}, ConsistentRead=True).get("Item")


# Answers


def test_what_was_put_is_got(raw, table):
    item = {"pk": S("put"), "a": N(1)}
    assert raw("PutItem", {"TableName": table, "Item": item}).json == {}
    assert raw("GetItem", {"TableName": table, "Key": {"pk": S("put")}}).json == {"Item": item}
    assert raw("DeleteItem", {"TableName": table, "Key": {"pk": S("put")}}).json == {}
    assert raw("GetItem", {"TableName": table, "Key": {"pk": S("put")}, "ConsistentRead": True}).json == {}


def test_a_put_replaces_the_whole_item(dynamodb, table):
    dynamodb.put_item(TableName=table, Item={"pk": S("replace"), "a": N(1), "b": N(2)})
    dynamodb.put_item(TableName=table, Item={"pk": S("replace"), "c": N(3)})
    assert stored(dynamodb, table, "replace") == {"pk": S("replace"), "c": N(3)}


def test_both_parts_of_the_key_tell_items_apart(dynamodb, ranged):
    for sk in (1, 2):
        dynamodb.put_item(TableName=ranged, Item={"pk": S("p"), "sk": N(sk), "a": N(sk)})
    dynamodb.delete_item(TableName=ranged, Key={"pk": S("p"), "sk": N(1)})
    assert "Item" not in dynamodb.get_item(TableName=ranged, Key={"pk": S("p"), "sk": N(1)}, ConsistentRead=True)
    other = dynamodb.get_item(TableName=ranged, Key={"pk": S("p"), "sk": N(2)}, ConsistentRead=True)
    assert other["Item"] == {"pk": S("p"), "sk": N(2), "a": N(2)}


def test_all_old_returns_what_was_there(raw, table):
    old = {"pk": S("old"), "a": N(1)}
    new = {"pk": S("old"), "a": N(2)}
    key = {"pk": S("old")}
    assert raw("PutItem", {"TableName": table, "Item": old, "ReturnValues": "ALL_OLD"}).json == {}
    assert raw("PutItem", {"TableName": table, "Item": new, "ReturnValues": "ALL_OLD"}).json == {"Attributes": old}
    assert raw("PutItem", {"TableName": table, "Item": new, "ReturnValues": "NONE"}).json == {}
    assert raw("DeleteItem", {"TableName": table, "Key": key, "ReturnValues": "ALL_OLD"}).json == {"Attributes": new}
    assert raw("DeleteItem", {"TableName": table, "Key": key, "ReturnValues": "ALL_OLD"}).json == {}


def test_deleting_what_is_not_there_is_no_error(raw, table):
    assert raw("DeleteItem", {"TableName": table, "Key": {"pk": S("nobody")}}).json == {}


def test_regions_and_accounts_have_tables_of_their_own(dynamodb, table):
    with expect_error("ResourceNotFoundException", NOT_FOUND):
        dynamodb(VIRGINIA).get_item(TableName=table, Key={"pk": S("x")})
    with expect_error("ResourceNotFoundException", NOT_FOUND):
        dynamodb(access_key="999988887777").get_item(TableName=table, Key={"pk": S("x")})


def test_the_command_line_puts_gets_and_deletes(aws, table):
    common = ["--table-name", table]
    assert aws("dynamodb", "put-item", *common, "--item", '{"pk":{"S":"cli"},"a":{"N":"1"}}') == ""
    got = aws("dynamodb", "get-item", *common, "--key", '{"pk":{"S":"cli"}}', "--consistent-read")
    assert got == {"Item": {"pk": S("cli"), "a": N(1)}}
    gone = aws("dynamodb", "delete-item", *common, "--key", '{"pk":{"S":"cli"}}', "--return-values", "ALL_OLD")
    assert gone == {"Attributes": {"pk": S("cli"), "a": N(1)}}
    assert aws("dynamodb", "get-item", *common, "--key", '{"pk":{"S":"cli"}}') == ""


def test_the_command_line_shows_an_error_as_aws_does(aws, table):
    process = aws("dynamodb", "get-item", "--table-name", table, "--key", '{"pk":{"N":"1"}}', check=False)
    assert process.returncode in (254, 255)  # newer and older command lines
    assert f"An error occurred (ValidationException) when calling the GetItem operation: {MISMATCH}" in process.stderr


# Conditions


def test_a_condition_guards_a_put(dynamodb, table):
    put = {"TableName": table, "Item": {"pk": S("once")}, "ConditionExpression": "attribute_not_exists(pk)"}
    dynamodb.put_item(**put)
    with expect_error("ConditionalCheckFailedException", FAILED):
        dynamodb.put_item(**put)


def test_a_condition_guards_a_delete(dynamodb, table):
    dynamodb.put_item(TableName=table, Item={"pk": S("guarded"), "version": N(2)})
    delete = {"TableName": table, "Key": {"pk": S("guarded")}, "ConditionExpression": "version = :v"}
    with expect_error("ConditionalCheckFailedException", FAILED):
        dynamodb.delete_item(**delete, ExpressionAttributeValues={":v": N(1)})
    assert stored(dynamodb, table, "guarded")
    dynamodb.delete_item(**delete, ExpressionAttributeValues={":v": N(2)})
    assert stored(dynamodb, table, "guarded") is None


@pytest.mark.parametrize("operation", ["PutItem", "DeleteItem", "UpdateItem"])
def test_a_failed_condition_shows_the_item_if_asked(dynamodb, raw, table, operation):
    item = {"pk": S("shown"), "a": N(1)}
    dynamodb.put_item(TableName=table, Item=item)

    def attempt(pk, show):
        body = {"TableName": table, "ConditionExpression": "a = :v", "ExpressionAttributeValues": {":v": N(2)}}
        body.update({"Item": {"pk": S(pk)}} if operation == "PutItem" else {"Key": {"pk": S(pk)}})
        if show:
            body["ReturnValuesOnConditionCheckFailure"] = show
        reply = raw(operation, body)
        assert reply.status == 400
        assert reply.type == "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
        assert reply.message == FAILED
        return reply.json.get("Item")

    assert attempt("shown", "ALL_OLD") == item
    assert attempt("shown", "NONE") is None
    assert attempt("shown", None) is None
    assert attempt("not there", "ALL_OLD") is None
    assert stored(dynamodb, table, "shown") == item


# Errors


OPERATIONS = {
    "PutItem": {"Item": {"pk": S("x")}},
    "GetItem": {"Key": {"pk": S("x")}},
    "DeleteItem": {"Key": {"pk": S("x")}},
    "UpdateItem": {"Key": {"pk": S("x")}},
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_table_that_is_not_there(raw, operation):
    reply = raw(operation, {"TableName": "no-such-table", **OPERATIONS[operation]})
    assert reply.status == 400
    assert reply.type == "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"
    assert reply.message == NOT_FOUND


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_table_name_is_required_and_of_a_form(raw, operation):
    def answer(**name):
        reply = raw(operation, {**name, **OPERATIONS[operation]})
        assert reply.type == "com.amazon.coral.validate#ValidationException"
        return reply.message

    pattern = "satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    assert answer() == constraint("null", "tableName", "not be null")
    assert answer(TableName="a;b!") == constraint("'a;b!'", "tableName", pattern)
    too_long = "have length less than or equal to 255"
    assert answer(TableName="a" * 256) == constraint(f"'{'a' * 256}'", "tableName", too_long)
    empty = constraint("''", "tableName", "have length greater than or equal to 1")
    assert answer(TableName="") == (empty if operation == "GetItem" else empty.replace("Value '' at 't", "Value at 'T"))


@pytest.mark.parametrize(
    "operation, member", [("PutItem", "item"), ("GetItem", "key"), ("DeleteItem", "key"), ("UpdateItem", "key")]
)
def test_the_item_or_key_is_required(raw, table, operation, member):
    reply = raw(operation, {"TableName": table})
    assert reply.message == constraint("null", member, "not be null")


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    "parameter, values",
    [
        ("ReturnConsumedCapacity", "[INDEXES, TOTAL, NONE]"),
        ("ReturnItemCollectionMetrics", "[SIZE, NONE]"),
        ("ReturnValues", None),
    ],
)
def test_an_enumeration_names_its_values(raw, table, operation, parameter, values):
    if operation == "GetItem" and parameter != "ReturnConsumedCapacity":
        pytest.skip("not a parameter of GetItem")
    reply = raw(operation, {"TableName": table, **OPERATIONS[operation], parameter: "magic"})
    at = parameter[0].lower() + parameter[1:]
    if parameter == "ReturnValues":
        rule = "Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"
        assert reply.message == of_write(f"Failed to satisfy constraint: {rule}")
    else:
        assert reply.message == constraint("'magic'", at, f"satisfy enum value set: {values}")


@pytest.mark.parametrize("operation", ["PutItem", "DeleteItem", "UpdateItem"])
def test_violations_are_told_all_at_once(raw, operation):
    body = {"TableName": "a;b", "ReturnConsumedCapacity": "a", "ReturnItemCollectionMetrics": "b", "ReturnValues": "c"}
    member = "item" if operation == "PutItem" else "key"
    assert violations(raw(operation, body).message) == {
        f"Value {value} at '{at}' failed to satisfy constraint: Member must {rule}"
        for value, at, rule in [
            ("'a;b'", "tableName", "satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
            ("'a'", "returnConsumedCapacity", "satisfy enum value set: [INDEXES, TOTAL, NONE]"),
            ("'b'", "returnItemCollectionMetrics", "satisfy enum value set: [SIZE, NONE]"),
            ("'c'", "returnValues", f"satisfy enum value set: {RETURN_VALUES}"),
            ("null", member, "not be null"),
        ]
    }


@pytest.mark.parametrize("operation", ["PutItem", "DeleteItem"])
@pytest.mark.parametrize("value", ["ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"])
def test_only_an_update_returns_new_values(raw, table, operation, value):
    reply = raw(operation, {"TableName": table, **OPERATIONS[operation], "ReturnValues": value})
    assert reply.type == "com.amazon.coral.validate#ValidationException"
    assert reply.message == of_write("ReturnValues can only be ALL_OLD or NONE")


@pytest.mark.parametrize(
    "item, message",
    [
        ({"a": S("x")}, "Missing the key pk in the item"),
        ({}, "Missing the key pk in the item"),
        ({"pk": S("x")}, "Missing the key sk in the item"),
        ({"pk": N(1), "sk": N(1)}, "Type mismatch for key pk expected: S actual: N"),
        ({"pk": S("x"), "sk": S("1")}, "Type mismatch for key sk expected: N actual: S"),
        ({"pk": N(1)}, "Type mismatch for key pk expected: S actual: N"),
    ],
)
def test_an_item_needs_its_key(dynamodb, ranged, item, message):
    with expect_error("ValidationException", INVALID + message):
        dynamodb.put_item(TableName=ranged, Item=item)


@pytest.mark.parametrize("operation", ["GetItem", "DeleteItem", "UpdateItem"])
@pytest.mark.parametrize(
    "key",
    [
        {},
        {"pk": S("x")},
        {"sk": N(1)},
        {"pk": S("x"), "other": N(1)},
        {"pk": S("x"), "sk": N(1), "other": N(1)},
        {"pk": N(1), "sk": N(1)},
        {"pk": S("x"), "sk": S("1")},
    ],
    ids=repr,
)
def test_a_key_is_the_whole_key_and_nothing_else(raw, ranged, operation, key):
    reply = raw(operation, {"TableName": ranged, "Key": key})
    assert (reply.status, reply.message) == (400, MISMATCH)


@pytest.mark.parametrize("operation", ["PutItem", "DeleteItem"])
def test_old_and_new_conditions_do_not_mix(raw, table, operation):
    body = {"TableName": table, **OPERATIONS[operation], "Expected": {"a": {"Exists": False}}}
    reply = raw(operation, {**body, "ConditionExpression": "attribute_not_exists(a)"})
    assert reply.message == of_write(
        MIXED + "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}"
    )


def test_old_and_new_projections_do_not_mix(dynamodb, table):
    text = MIXED + "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"
    with expect_error("ValidationException", text):
        dynamodb.get_item(TableName=table, Key={"pk": S("x")}, AttributesToGet=["a"], ProjectionExpression="a")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_names_need_an_expression(raw, table, operation):
    reply = raw(operation, {"TableName": table, **OPERATIONS[operation], "ExpressionAttributeNames": {"#a": "a"}})
    words = "ExpressionAttributeNames can only be specified when using expressions"
    assert reply.message == (words if operation == "GetItem" else of_write(words))


@pytest.mark.parametrize("operation", ["PutItem", "DeleteItem", "UpdateItem"])
def test_values_need_an_expression(raw, table, operation):
    reply = raw(operation, {"TableName": table, **OPERATIONS[operation], "ExpressionAttributeValues": {":a": N(1)}})
    assert reply.message == of_write("ExpressionAttributeValues can only be specified when using expressions")


@pytest.mark.parametrize("operation", ["PutItem", "DeleteItem", "UpdateItem"])
@pytest.mark.parametrize(
    "names, values, message",
    [
        ({}, None, "ExpressionAttributeNames must not be empty"),
        ({"a": "a"}, None, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"'),
        ({"#": "a"}, None, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "#"'),
        ({"#a-b": "a"}, None, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "#a-b"'),
        (None, {}, "ExpressionAttributeValues must not be empty"),
        (None, {"a": N(1)}, 'ExpressionAttributeValues contains invalid key: Syntax error; key: "a"'),
        (None, {":a b": N(1)}, 'ExpressionAttributeValues contains invalid key: Syntax error; key: ":a b"'),
        ({"#a": "a"}, None, "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}"),
        (None, {":a": N(1)}, "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}"),
    ],
    ids=repr,
)
def test_names_and_values_are_of_a_form_and_used(raw, table, operation, names, values, message):
    body = {"TableName": table, **OPERATIONS[operation], "ConditionExpression": "attribute_not_exists(nothing)"}
    if names is not None:
        body["ExpressionAttributeNames"] = names
    if values is not None:
        body["ExpressionAttributeValues"] = values
    assert raw(operation, body).message == of_write(message)


# The order of checks: types, constraints, plan, table, key, condition


def first_complaint(raw, operation, **body):
    reply = raw(operation, body)
    assert reply.status == 400
    return reply.type.rpartition("#")[2], reply.message


@pytest.mark.parametrize("operation", OPERATIONS)
def test_types_come_before_constraints(raw, operation):
    body = {"TableName": 7, "ReturnConsumedCapacity": "magic", **OPERATIONS[operation]}
    assert first_complaint(raw, operation, **body)[0] == "SerializationException"


@pytest.mark.parametrize("operation", ["PutItem", "DeleteItem", "UpdateItem"])
def test_constraints_come_before_the_plan(raw, operation):
    body = {"TableName": "a;b", **OPERATIONS[operation], "ConditionExpression": ""}
    assert first_complaint(raw, operation, **body)[1].startswith("1 validation error detected: Value 'a;b' at ")


@pytest.mark.parametrize("operation", ["PutItem", "DeleteItem", "UpdateItem"])
def test_the_plan_comes_before_the_table(raw, operation):
    body = {"TableName": "no-such-table", **OPERATIONS[operation], "ConditionExpression": ""}
    assert first_complaint(raw, operation, **body) == (
        "ValidationException",
        of_write("Invalid ConditionExpression: The expression can not be empty;"),
    )


@pytest.mark.parametrize("operation", ["PutItem", "DeleteItem", "UpdateItem"])
def test_values_come_before_expressions(raw, operation):
    member = "Item" if operation == "PutItem" else "Key"
    body = {"TableName": "no-such-table", member: {"pk": {}}, "ConditionExpression": ""}
    assert first_complaint(raw, operation, **body)[1].startswith("Supplied AttributeValue is empty")


@pytest.mark.parametrize("operation", ["PutItem", "DeleteItem", "UpdateItem"])
def test_the_key_comes_before_the_condition(raw, table, operation):
    member = "Item" if operation == "PutItem" else "Key"
    body = {"TableName": table, member: {"other": S("x")}, "ConditionExpression": "attribute_exists(pk)"}
    assert first_complaint(raw, operation, **body)[0] == "ValidationException"


def test_the_size_comes_before_the_table(raw):
    item = {"pk": S("x"), "a": S("x" * 410_000)}
    body = {"TableName": "no-such-table", "Item": item}
    assert first_complaint(raw, "PutItem", **body)[1] == "Item size has exceeded the maximum allowed size"
