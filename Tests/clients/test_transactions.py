"""TransactWriteItems and TransactGetItems: all or nothing, reasons in order, tokens, capacity, one stream record each.

Sources: the DynamoDB conformance suite's transactions, error-messages/transact*, validation-ordering/transactions and
itemSizeBySurface (measured on AWS in 2026), bodies of cancelled transactions that were seen from AWS (boto3 issue 2657,
pynamodb pull request 1144), localstack issue 6529 for what a token compares.
"""

import uuid

import botocore.exceptions
import pytest

from dataplane import N, S, constraint, shape
from streamreader import read_all
from support import assert_error, expect_error

CANCELLED = "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]"
FAILED = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
NONE = {"Code": "None"}
MISMATCH = "The provided key element does not match the schema"
ONE_EACH = "Transaction request cannot include multiple operations on one item"
EMPTY_KEY = (
    "One or more parameter values are not valid. "
    "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"
)


@pytest.fixture(scope="module")
def table(make_module_table):
    return make_module_table(key={"pk": "S"})


@pytest.fixture(scope="module")
def indexed(make_module_table):
    gsi = {"by-g": ({"g": "S"}, "KEYS_ONLY")}
    lsi = {"by-l": ({"pk": "S", "l": "S"}, "ALL")}
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    return make_module_table(**shape({"pk": "S", "sk": "N"}, gsi, lsi), StreamSpecification=stream)


@pytest.fixture
def fresh():
    """Keys that nothing else has: `fresh("a")`."""
    run = uuid.uuid4().hex
    return lambda name: {"pk": S(f"{name}-{run}")}


def put(table, item, **more):
    return {"Put": {"TableName": table, "Item": item, **more}}


def delete(table, key, **more):
    return {"Delete": {"TableName": table, "Key": key, **more}}


def check(table, key, condition, **more):
    return {"ConditionCheck": {"TableName": table, "Key": key, "ConditionExpression": condition, **more}}


def update(table, key, expression, **more):
    return {"Update": {"TableName": table, "Key": key, "UpdateExpression": expression, **more}}


def get(table, key, **more):
    return {"Get": {"TableName": table, "Key": key, **more}}


def values(**given):
    return {"ExpressionAttributeValues": {f":{name}": value for name, value in given.items()}}


def read(dynamodb, table, key):
    return dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")


def cancelled(raw, *members, operation="TransactWriteItems"):
    """The reasons of a transaction that must be cancelled; its message must name their codes."""
    reply = raw(operation, {"TransactItems": list(members)})
    reasons = reply.json["CancellationReasons"]
    codes = ", ".join(reason["Code"] for reason in reasons)
    assert reply.status == 400
    assert reply.json == {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "CancellationReasons": reasons,
        "Message": CANCELLED.format(codes),
    }
    return reasons


# Writing


def test_all_four_actions_happen_together(dynamodb, raw, table, indexed, fresh):
    dynamodb.put_item(TableName=table, Item={**fresh("checked"), "status": S("active")})
    dynamodb.put_item(TableName=table, Item={**fresh("gone"), "a": N(1)})
    place = {**fresh("updated"), "sk": N(1)}
    answer = raw(
        "TransactWriteItems",
        {
            "TransactItems": [
                check(
                    table, fresh("checked"), "#s = :v", ExpressionAttributeNames={"#s": "status"}, **values(v=S("active"))
                ),
                put(table, fresh("new"), ConditionExpression="attribute_not_exists(pk)"),
                delete(table, fresh("gone"), ConditionExpression="a = :a", **values(a=N(1))),
                update(indexed, place, "ADD n :n", **values(n=N(2))),
            ]
        },
    )
    assert (answer.status, answer.json) == (200, {})
    assert read(dynamodb, table, fresh("new")) == fresh("new")
    assert read(dynamodb, table, fresh("gone")) is None
    assert read(dynamodb, indexed, place) == {**place, "n": N(2)}


def test_a_member_that_fails_undoes_all_and_each_has_its_reason(dynamodb, raw, table, fresh):
    old = {**fresh("old"), "v": N(1)}
    dynamodb.put_item(TableName=table, Item=old)
    absent = {"ConditionExpression": "attribute_not_exists(pk)"}
    shown = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    assert cancelled(
        raw,
        put(table, fresh("new"), **absent),
        put(table, {**fresh("old"), "v": N(2)}, **absent, **shown),
        update(table, fresh("third"), "SET a = b"),
        check(table, fresh("missing"), "attribute_exists(pk)", **shown),
    ) == [
        NONE,
        {**FAILED, "Item": old},
        {
            "Code": "ValidationError",
            "Message": "The provided expression refers to an attribute that does not exist in the item",
        },
        FAILED,
    ]
    assert read(dynamodb, table, fresh("new")) is None
    assert read(dynamodb, table, fresh("old")) == old
    assert read(dynamodb, table, fresh("third")) is None


def test_boto3_raises_the_exception_with_its_reasons(dynamodb, table, fresh):
    dynamodb.put_item(TableName=table, Item=fresh("there"))
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as raised:
        dynamodb.transact_write_items(
            TransactItems=[
                put(table, fresh("new")),
                delete(table, fresh("there"), ConditionExpression="attribute_exists(x)"),
            ]
        )
    assert raised.value.response["CancellationReasons"] == [NONE, FAILED]
    assert raised.value.response["Error"]["Message"] == CANCELLED.format("None, ConditionalCheckFailed")


def test_each_item_that_changes_has_one_record_in_the_stream(dynamodb, streams, make_table):
    table = make_table(
        key={"pk": "S"}, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    )
    dynamodb.put_item(TableName=table, Item={"pk": S("b")})
    dynamodb.transact_write_items(
        TransactItems=[
            put(table, {"pk": S("c")}),
            check(table, {"pk": S("checked")}, "attribute_not_exists(pk)"),
            delete(table, {"pk": S("b")}),
            update(table, {"pk": S("a")}, "SET x = :x", **values(x=N(1))),
            delete(table, {"pk": S("never there")}),
        ]
    )
    with pytest.raises(botocore.exceptions.ClientError):
        dynamodb.transact_write_items(
            TransactItems=[put(table, {"pk": S("d")}), check(table, {"pk": S("e")}, "attribute_exists(pk)")]
        )
    arn = dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    records = [(record["eventName"], record["dynamodb"]["Keys"]["pk"]["S"]) for record in read_all(streams, arn)]
    assert records == [("INSERT", "b"), ("INSERT", "c"), ("REMOVE", "b"), ("INSERT", "a")]


# Capacity


def test_writes_and_checks_cost_the_table_twice_and_indexes_once(raw, indexed, fresh):
    item = {**fresh("a"), "sk": N(1), "g": S("x"), "l": S("y")}
    answer = raw(
        "TransactWriteItems",
        {
            "TransactItems": [put(indexed, item), check(indexed, {**fresh("b"), "sk": N(1)}, "attribute_not_exists(pk)")],
            "ReturnConsumedCapacity": "INDEXES",
            "ReturnItemCollectionMetrics": "SIZE",
        },
    ).json
    # nubo-db/dynoxide pull request 188, captured from AWS
    one, four = ({"CapacityUnits": units, "WriteCapacityUnits": units} for units in (1.0, 4.0))
    assert answer["ConsumedCapacity"] == [
        {
            "TableName": indexed,
            "CapacityUnits": 6.0,
            "WriteCapacityUnits": 6.0,
            "Table": four,
            "LocalSecondaryIndexes": {"by-l": one},
            "GlobalSecondaryIndexes": {"by-g": one},
        }
    ]
    assert answer["ItemCollectionMetrics"] == {
        indexed: [{"ItemCollectionKey": fresh("a"), "SizeEstimateRangeGB": [0.0, 1.0]}]
    }


@pytest.mark.parametrize("octets, units", [(10, 2.0), (1500, 4.0), (5000, 10.0)])
def test_a_written_item_costs_two_units_for_every_kilobyte_begun(dynamodb, table, fresh, octets, units):
    answer = dynamodb.transact_write_items(
        TransactItems=[put(table, {**fresh("a"), "v": S("x" * octets)})], ReturnConsumedCapacity="TOTAL"
    )
    assert answer["ConsumedCapacity"] == [
        {"TableName": table, "CapacityUnits": units, "WriteCapacityUnits": units}
    ]


def test_reads_cost_two_units_also_of_what_is_not_there(dynamodb, table, fresh):
    dynamodb.put_item(TableName=table, Item=fresh("there"))
    answer = dynamodb.transact_get_items(
        TransactItems=[get(table, fresh("there")), get(table, fresh("missing"))], ReturnConsumedCapacity="INDEXES"
    )
    four = {"CapacityUnits": 4.0, "ReadCapacityUnits": 4.0}
    assert answer["ConsumedCapacity"] == [{"TableName": table, **four, "Table": four}]


# Tokens


def test_the_same_request_under_a_token_happens_once(dynamodb, table, fresh):
    request = {
        "TransactItems": [update(table, fresh("counter"), "ADD n :n", **values(n=N(1)))],
        "ClientRequestToken": uuid.uuid4().hex,
    }
    dynamodb.transact_write_items(**request)
    dynamodb.transact_write_items(**request)
    assert read(dynamodb, table, fresh("counter"))["n"] == N(1)


def test_another_request_under_a_token_is_refused(raw, dynamodb, table, fresh):
    token = uuid.uuid4().hex
    first = {"TransactItems": [put(table, {**fresh("a"), "v": N(1)})], "ClientRequestToken": token}
    assert raw("TransactWriteItems", first).status == 200
    other = {"TransactItems": [put(table, {**fresh("a"), "v": N(2)})], "ClientRequestToken": token}
    assert_error(
        raw("TransactWriteItems", other),
        "IdempotentParameterMismatchException",
        "Specified idempotent token was used with different request parameters within the idempotency window",
    )
    reordered = (
        f'{{"ClientRequestToken":"{token}","TransactItems":[{{"Put":{{"Item":{{"v":{{"N":"1.0"}},'
        f'"pk":{{"S":"{fresh("a")["pk"]["S"]}"}}}},"TableName":"{table}"}}}}]}}'
    )
    assert raw("TransactWriteItems", reordered).status == 200
    assert read(dynamodb, table, fresh("a"))["v"] == N(1)


def test_a_repetition_is_charged_as_a_read(dynamodb, table, fresh):
    request = {
        "TransactItems": [put(table, {**fresh("a"), "v": S("x" * 1500)})],
        "ClientRequestToken": uuid.uuid4().hex,
        "ReturnConsumedCapacity": "TOTAL",
    }
    first, again = (dynamodb.transact_write_items(**request)["ConsumedCapacity"] for _ in range(2))
    assert first == [{"TableName": table, "CapacityUnits": 4.0, "WriteCapacityUnits": 4.0}]
    assert again == [{"TableName": table, "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}]


# Refusals of the whole request


@pytest.mark.parametrize(
    "members, message",
    [
        ([], constraint("'[]'", "transactItems", "have length greater than or equal to 1")),
        ([{}], "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"),
        (
            [{**put("T", {"pk": S("a")}), **delete("T", {"pk": S("a")})}],
            "TransactItems can only contain one of Check, Put, Update or Delete",
        ),
        ([put("T", {"pk": S("a")}), put("T", {"pk": S("a")})], ONE_EACH),
        ([put("T", {"pk": S("a")}), delete("T", {"pk": S("a")})], ONE_EACH),
        ([check("T", {"pk": S("a")}, "attribute_exists(pk)"), update("T", {"pk": S("a")}, "REMOVE a")], ONE_EACH),
        ([put("T", {"pk": S("")})], EMPTY_KEY),
        ([delete("T", {"pk": S("")})], EMPTY_KEY),
        ([check("T", {"pk": S("")}, "attribute_exists(pk)")], EMPTY_KEY),
        ([update("T", {"pk": S("")}, "REMOVE a")], EMPTY_KEY),
        ([put("T", {"pk": S("a"), "v": S("x" * 409_600)})], "Item size has exceeded the maximum allowed size"),
        (
            [put("T", {"pk": S("a")}, ConditionExpression="")],
            "Invalid ConditionExpression: The expression can not be empty;",
        ),
        (
            [put("none", {"pk": S("a")}), check("T", {"pk": S("a")}, "attribute_not_exists(")],
            'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "("',
        ),
        (
            [put("T", {"pk": S("a")}), check("T", {"pk": S("b")}, "attribute_exists(pk)", **values(v=N(1)))],
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}",
        ),
        (
            [put("T", {"pk": S("a")}), {"Update": {"TableName": "bad!name", "Key": {}, "UpdateExpression": "REMOVE a"}}],
            constraint(
                "'bad!name'", "transactItems.2.member.update.tableName",
                "satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
            ),
        ),
    ],
)  # fmt: skip
def test_what_refuses_the_whole_request(raw, dynamodb, table, fresh, members, message):
    def named(member):
        return {
            action: {**body, "TableName": table if body["TableName"] == "T" else body["TableName"]}
            for action, body in member.items()
        }

    bystander = [put(table, fresh("bystander"))] if members else []
    reply = raw("TransactWriteItems", {"TransactItems": [named(member) for member in members] + bystander})
    assert_error(reply, "ValidationException", message)
    assert read(dynamodb, table, fresh("bystander")) is None


def test_a_missing_table_is_told_before_items_named_twice(dynamodb, table):
    with expect_error("ResourceNotFoundException", "Requested resource not found"):
        dynamodb.transact_write_items(
            TransactItems=[put("none", {"pk": S("a")}), put(table, {"pk": S("a")}), put(table, {"pk": S("a")})]
        )
    with expect_error("ResourceNotFoundException", "Requested resource not found"):
        dynamodb.transact_get_items(TransactItems=[get("none", {"pk": S("a")})])


def test_constraints_are_told_together_the_token_first(raw, table):
    token = "x" * 37
    reply = raw(
        "TransactWriteItems",
        {
            "TransactItems": [put(table, {"pk": S("a")})],
            "ClientRequestToken": token,
            "ReturnConsumedCapacity": "BOGUS",
            "ReturnItemCollectionMetrics": "BOGUS2",
        },
    )
    assert reply.message == (
        f"3 validation errors detected: Value '{token}' at 'clientRequestToken' failed to satisfy constraint: "
        "Member must have length less than or equal to 36; "
        "Value 'BOGUS' at 'returnConsumedCapacity' failed to satisfy constraint: "
        "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; "
        "Value 'BOGUS2' at 'returnItemCollectionMetrics' failed to satisfy constraint: "
        "Member must satisfy enum value set: [SIZE, NONE]"
    )


def test_a_hundred_members_fit_and_four_megabytes(dynamodb, raw, table, fresh):
    def puts(count, octets):
        return [put(table, {**fresh(f"{place}"), "v": S("x" * octets)}) for place in range(count)]

    dynamodb.transact_write_items(TransactItems=puts(100, 1))
    dynamodb.transact_write_items(TransactItems=puts(10, 350_000))
    reply = raw("TransactWriteItems", {"TransactItems": puts(101, 1)})
    assert reply.message.startswith("1 validation error detected: Value '[")
    assert reply.message.endswith(
        "]' at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100"
    )
    assert raw("TransactWriteItems", {"TransactItems": puts(12, 350_000)}).type.endswith("#ValidationException")
    found = dynamodb.transact_get_items(TransactItems=[get(table, fresh(f"{place}")) for place in range(100)])
    assert [len(response["Item"]["v"]["S"]) for response in found["Responses"]] == [350_000] * 10 + [1] * 90


# Reasons of members


@pytest.mark.parametrize(
    "member, message",
    [
        (
            lambda table: put(table, {"pk": N(5), "sk": N(1)}),
            "One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N",
        ),
        (
            lambda table: put(table, {"pk": S("a"), "sk": N(1), "g": N(5)}),
            "One or more parameter values were invalid: "
            "Type mismatch for Index Key g Expected: S Actual: N IndexName: by-g",
        ),
        (
            lambda table: update(table, {"pk": S("a"), "sk": N(1)}, "SET l = :l", **values(l={"L": [S("x")]})),
            "One or more parameter values were invalid: "
            "Type mismatch for Index Key l Expected: S Actual: L IndexName: by-l",
        ),
        (lambda table: update(table, {"pk": N(5), "sk": N(1)}, "REMOVE a"), MISMATCH),
        (lambda table: delete(table, {"pk": S("a")}), MISMATCH),
        (lambda table: check(table, {"pk": {"L": []}, "sk": N(1)}, "attribute_exists(pk)"), MISMATCH),
        (
            lambda table: update(table, {"pk": S("a"), "sk": N(1)}, "SET v = :v", **values(v=S("x" * 409_600))),
            "Item size to update has exceeded the maximum allowed size",
        ),
    ],
)
def test_what_is_one_members_reason(dynamodb, raw, table, indexed, fresh, member, message):
    reasons = cancelled(raw, put(table, fresh("bystander")), member(indexed))
    assert reasons == [NONE, {"Code": "ValidationError", "Message": message}]
    assert read(dynamodb, table, fresh("bystander")) is None


# Reading


def test_items_are_read_in_order_and_projected(dynamodb, raw, table, indexed, fresh):
    dynamodb.put_item(TableName=table, Item={**fresh("a"), "v": N(1), "w": N(2)})
    place = {**fresh("b"), "sk": N(1)}
    dynamodb.put_item(TableName=indexed, Item=place)
    members = [
        get(indexed, place),
        get(table, fresh("missing")),
        get(table, fresh("a"), ProjectionExpression="#v", ExpressionAttributeNames={"#v": "v"}),
    ]
    reply = raw("TransactGetItems", {"TransactItems": members})
    assert reply.json == {"Responses": [{"Item": place}, {}, {"Item": {"v": N(1)}}]}


def test_reads_are_refused_and_cancelled_as_writes_are(raw, table):
    reply = raw("TransactGetItems", {"TransactItems": []})
    assert_error(
        reply, "ValidationException", constraint("'[]'", "transactItems", "have length greater than or equal to 1")
    )
    twice = raw("TransactGetItems", {"TransactItems": [get(table, {"pk": S("a")})] * 2})
    assert_error(twice, "ValidationException", ONE_EACH)
    syntax = raw("TransactGetItems", {"TransactItems": [get(table, {"pk": S("a")}, ProjectionExpression="!!!")]})
    assert_error(
        syntax, "ValidationException", 'Invalid ProjectionExpression: Syntax error; token: "!", near: "!!"'
    )
    reasons = cancelled(raw, get(table, {"pk": S("a")}), get(table, {}), operation="TransactGetItems")
    assert reasons == [NONE, {"Code": "ValidationError", "Message": MISMATCH}]


def test_the_command_line_transacts(aws, table, fresh):
    key = f'{{"pk":{{"S":"{fresh("cli")["pk"]["S"]}"}}}}'
    aws(
        "dynamodb", "transact-write-items",
        "--transact-items", f'[{{"Put":{{"TableName":"{table}","Item":{key}}}}}]',
    )  # fmt: skip
    answer = aws(
        "dynamodb", "transact-get-items",
        "--transact-items", f'[{{"Get":{{"TableName":"{table}","Key":{key}}}}}]',
    )  # fmt: skip
    assert answer == {"Responses": [{"Item": fresh("cli")}]}
