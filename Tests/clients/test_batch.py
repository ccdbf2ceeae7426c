"""BatchWriteItem and BatchGetItem: answers, limits, and every refusal.

Sources: dynalite validations/batch*.js, the DynamoDB conformance suite's error-messages/batch* (strings captured from
AWS), LocalStack's recorded snapshots.
"""

import re

import pytest

from dataplane import N, S, constraint, everything, text_with
from support import expect_error

DUPLICATES = "Provided list of item keys contains duplicates"
MISMATCH = "The provided key element does not match the schema"
NOT_FOUND = "Requested resource not found"
MANY_TYPES = (
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
)
LENGTHS = (
    "' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: "
    "[Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"
)


@pytest.fixture(scope="module")
def tables(make_module_table):
    return make_module_table(key={"pk": "S"}), make_module_table(key={"pk": "S", "sk": "N"})


@pytest.fixture
def table(make_table):
    return make_table(key={"pk": "S"})


def put(item):
    return {"PutRequest": {"Item": item}}


def delete(key):
    return {"DeleteRequest": {"Key": key}}


def keys(count, prefix="k"):
    return [{"pk": S(f"{prefix}{place}")} for place in range(count)]


# Writing


def test_a_batch_puts_and_deletes_in_several_tables(dynamodb, raw, make_table):
    one, two = make_table(key={"pk": "S"}), make_table(key={"pk": "S", "sk": "N"})
    dynamodb.put_item(TableName=one, Item={"pk": S("gone"), "a": N(1)})
    dynamodb.put_item(TableName=one, Item={"pk": S("replaced"), "a": N(1)})
    body = {
        "RequestItems": {
            one: [put({"pk": S("new")}), put({"pk": S("replaced"), "b": N(2)}), delete({"pk": S("gone")}),
                  delete({"pk": S("never there")})],
            two: [put({"pk": S("new"), "sk": N(1)}), put({"pk": S("new"), "sk": N(2)})],
        }
    }  # fmt: skip
    assert raw("BatchWriteItem", body).json == {"UnprocessedItems": {}}
    items = {item["pk"]["S"]: item for item in everything(dynamodb.scan, TableName=one)}
    assert items == {"new": {"pk": S("new")}, "replaced": {"pk": S("replaced"), "b": N(2)}}
    assert dynamodb.scan(TableName=two)["Count"] == 2


def test_twenty_five_requests_fit(dynamodb, table):
    answer = dynamodb.batch_write_item(RequestItems={table: [put(key) for key in keys(25)]})
    assert answer["UnprocessedItems"] == {}
    assert dynamodb.scan(TableName=table, Select="COUNT")["Count"] == 25


def test_the_resource_writer_and_the_command_line(resource, aws, table):
    with resource.Table(table).batch_writer() as writer:
        for place in range(60):
            writer.put_item(Item={"pk": f"w{place}", "n": place})
        writer.delete_item(Key={"pk": "w0"})
    request = f'{{"{table}":[{{"PutRequest":{{"Item":{{"pk":{{"S":"cli"}}}}}}}}]}}'
    assert aws("dynamodb", "batch-write-item", "--request-items", request) == {"UnprocessedItems": {}}
    assert aws("dynamodb", "scan", "--table-name", table, "--select", "COUNT")["Count"] == 60


def writing(raw, requests):
    reply = raw("BatchWriteItem", {"RequestItems": requests})
    assert reply.status == 400, reply.body
    return reply.message


@pytest.mark.parametrize(
    "requests, message",
    [
        ([put({"pk": S("a")}), put({"pk": S("a"), "x": N(1)})], DUPLICATES),
        ([put({"pk": S("a")}), delete({"pk": S("a")})], DUPLICATES),
        ([delete({"pk": S("a")}), delete({"pk": S("a")})], DUPLICATES),
        ([put({"pk": N(1)})], MISMATCH),
        ([put({"pk": {"L": [S("x")]}})], MISMATCH),
        ([put({"other": S("x")})], MISMATCH),
        ([put({})], MISMATCH),
        ([delete({"pk": N(1)})], MISMATCH),
        ([delete({"pk": S("a"), "other": S("x")})], MISMATCH),
        ([delete({})], MISMATCH),
        ([put({"pk": S("")})],
         "One or more parameter values are not valid. "
         "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"),
        ([put({"pk": S("a"), "x": {"SS": []}})],
         "One or more parameter values were invalid: An string set  may not be empty"),
        ([put({"pk": S("a"), "x": {}})],
         "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        ([put({"pk": S("a"), "x": S("x" * 410_000)})], "Item size has exceeded the maximum allowed size"),
        ([{}], MANY_TYPES),  # this text, for none as well as for both
        ([{**put({"pk": S("a")}), **delete({"pk": S("b")})}], MANY_TYPES),
    ],
)  # fmt: skip
def test_one_bad_request_refuses_the_whole_batch(dynamodb, raw, tables, requests, message):
    bystander = {"pk": S("bystander")}
    assert writing(raw, {tables[0]: [put(bystander), *requests]}) == message
    assert "Item" not in dynamodb.get_item(TableName=tables[0], Key=bystander, ConsistentRead=True)


def test_a_missing_table_refuses_the_whole_batch(dynamodb, raw, tables):
    bystander = {"pk": S("bystander")}
    reply = raw("BatchWriteItem", {"RequestItems": {tables[0]: [put(bystander)], "no-such-table": [put(bystander)]}})
    assert reply.type == "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"
    assert reply.message == NOT_FOUND
    assert "Item" not in dynamodb.get_item(TableName=tables[0], Key=bystander, ConsistentRead=True)


def test_a_batch_needs_requests(raw, tables):
    assert raw("BatchWriteItem", {}).message == constraint("null", "requestItems", "not be null")
    assert writing(raw, {}) == "The requestItems parameter is required for BatchWriteItem"
    assert text_with("1 validation error detected: Value '{" + tables[0] + "=[]}", LENGTHS).fullmatch(
        writing(raw, {tables[0]: []})
    )


def test_twenty_six_requests_are_too_many(raw, tables):
    message = writing(raw, {tables[0]: [put(key) for key in keys(26)]})
    begin = "1 validation error detected: Value '{" + tables[0] + "=[WriteRequest(putRequest=PutRequest(item={pk="
    assert text_with(begin, LENGTHS).fullmatch(message)


def test_twenty_six_requests_over_two_tables_are_too_many(raw, tables):
    other = [put({"pk": S("x"), "sk": N(place)}) for place in range(13)]
    message = writing(raw, {tables[0]: [put(key) for key in keys(13)], tables[1]: other})
    assert message == "Too many items requested for the BatchWriteItem call"


@pytest.mark.parametrize("request_, at", [
    ({"PutRequest": {}}, "member.1.member.putRequest.item"),
    ({"DeleteRequest": {}}, "member.1.member.deleteRequest.key"),
])  # fmt: skip
def test_a_request_needs_its_item_or_key(raw, tables, request_, at):
    message = writing(raw, {tables[0]: [request_]})
    pattern = (
        r"1 validation error detected: Value null at 'requestItems\..*" + re.escape(at.rpartition(".member.")[2])
        + r"' failed to satisfy constraint: Member must not be null"
    )  # fmt: skip
    assert re.fullmatch(pattern, message)


# Reading


@pytest.fixture(scope="module")
def filled(dynamodb, tables):
    for start in range(0, 100, 25):
        requests = [put({**key, "n": N(start), "m": {"M": {"x": N(1)}}}) for key in keys(100)[start : start + 25]]
        dynamodb.batch_write_item(RequestItems={tables[0]: requests})
    dynamodb.batch_write_item(RequestItems={tables[1]: [put({"pk": S("p"), "sk": N(place)}) for place in range(5)]})
    return tables


def by_key(items):
    return sorted(items, key=lambda item: (item["pk"]["S"], item.get("sk", N(0))["N"]))


def test_a_batch_reads_from_several_tables(raw, filled):
    one, two = filled
    request = {
        one: {"Keys": [*keys(2), {"pk": S("nobody")}], "ConsistentRead": True},
        two: {"Keys": [{"pk": S("p"), "sk": N("1.0")}]},
    }
    answer = raw("BatchGetItem", {"RequestItems": request}).json
    assert answer["UnprocessedKeys"] == {}
    assert set(answer) == {"Responses", "UnprocessedKeys"}
    assert by_key(answer["Responses"][one]) == [{**key, "n": N(0), "m": {"M": {"x": N(1)}}} for key in keys(2)]
    assert answer["Responses"][two] == [{"pk": S("p"), "sk": N(1)}]


def test_a_table_without_a_hit_answers_an_empty_list(raw, filled):
    answer = raw("BatchGetItem", {"RequestItems": {filled[0]: {"Keys": [{"pk": S("nobody")}]}}}).json
    assert answer == {"Responses": {filled[0]: []}, "UnprocessedKeys": {}}


def test_a_hundred_keys_fit(dynamodb, filled):
    answer = dynamodb.batch_get_item(RequestItems={filled[0]: {"Keys": keys(100)}})
    assert {item["pk"]["S"] for item in answer["Responses"][filled[0]]} == {key["pk"]["S"] for key in keys(100)}


def test_each_table_has_its_own_projection(dynamodb, filled):
    one, two = filled
    answer = dynamodb.batch_get_item(
        RequestItems={
            one: {
                "Keys": keys(2),
                "ProjectionExpression": "#n, m.x",
                "ExpressionAttributeNames": {"#n": "n"},
            },
            two: {"Keys": [{"pk": S("p"), "sk": N(2)}], "ProjectionExpression": "sk"},
        }
    )["Responses"]
    assert answer[one] == [{"n": N(0), "m": {"M": {"x": N(1)}}}] * 2
    assert answer[two] == [{"sk": N(2)}]


def test_what_does_not_fit_into_16_mb_is_left_over(dynamodb, make_table):
    table = make_table(key={"pk": "S"})
    for key in keys(50):
        dynamodb.put_item(TableName=table, Item={**key, "a": S("x" * 400_000)})
    wanted, seen, rounds = {table: {"Keys": keys(50), "ProjectionExpression": "pk"}}, set(), 0
    while wanted:
        answer = dynamodb.batch_get_item(RequestItems=wanted)
        got = {item["pk"]["S"] for item in answer["Responses"][table]}
        assert got and not got & seen
        seen |= got
        rounds += 1
        wanted = answer["UnprocessedKeys"]
        if wanted:
            assert wanted[table]["ProjectionExpression"] == "pk"
    assert seen == {key["pk"]["S"] for key in keys(50)}
    assert rounds == 2  # 50 items of 400 KB are 20 MB; measured before the projection: documented reading


def reading(raw, requests):
    reply = raw("BatchGetItem", {"RequestItems": requests})
    assert reply.status == 400, reply.body
    return reply.message


def test_a_read_needs_keys(raw, tables):
    table = tables[0]
    assert raw("BatchGetItem", {}).message == constraint("null", "requestItems", "not be null")
    least = "failed to satisfy constraint: Member must have length greater than or equal to 1"
    assert reading(raw, {}) == f"1 validation error detected: Value at 'RequestItems' {least}"
    assert reading(raw, {table: {}}) == constraint("null", f"requestItems.{table}.member.keys", "not be null")
    at = f"'RequestItems.{table}.member.Keys'"
    assert reading(raw, {table: {"Keys": []}}) == f"1 validation error detected: Value at {at} {least}"


def test_a_hundred_and_one_keys_are_too_many(raw, tables):
    assert reading(raw, {tables[0]: {"Keys": keys(101)}}) == (
        f"1 validation error detected: Value at 'RequestItems.{tables[0]}.member.Keys' "
        "failed to satisfy constraint: Member must have length less than or equal to 100"
    )


def test_keys_of_a_read_are_tables_names(raw):
    """The request is repeated as JSON (the conformance suite's error-messages/batchGetItem)."""
    assert reading(raw, {"bad!name": {"Keys": [{"pk": S("a")}]}}) == (
        """1 validation error detected: Value '{"bad!name":{"Keys":[{"pk":{"S":"a"}}]}}' at 'requestItems' """
        "failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal "
        "to 255, Member must have length greater than or equal to 3, "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]"
    )


def test_a_hundred_and_one_keys_over_two_tables_are_too_many(raw, tables):
    other = [{"pk": S("p"), "sk": N(place)} for place in range(50)]
    message = reading(raw, {tables[0]: {"Keys": keys(51)}, tables[1]: {"Keys": other}})
    assert message == "Too many items requested for the BatchGetItem call"


@pytest.mark.parametrize(
    "entry, message",
    [
        ({"Keys": [{"pk": S("a")}, {"pk": S("a")}]}, DUPLICATES),
        ({"Keys": [{"pk": N(1)}]}, MISMATCH),
        ({"Keys": [{}]}, MISMATCH),
        ({"Keys": [{"pk": S("a"), "other": S("b")}]}, MISMATCH),
        ({"Keys": [{"pk": S("")}]},
         "One or more parameter values are not valid. "
         "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"),
        ({"Keys": [{"pk": {}}]},
         "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        ({"Keys": keys(1), "AttributesToGet": ["a"], "ProjectionExpression": "a"},
         "Can not use both expression and non-expression parameters in the same request: "
         "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"),
        ({"Keys": keys(1), "ExpressionAttributeNames": {"#a": "a"}},
         "ExpressionAttributeNames can only be specified when using expressions"),
        ({"Keys": keys(1), "ProjectionExpression": "a", "ExpressionAttributeNames": {"#a": "a"}},
         "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}"),
        ({"Keys": keys(1), "ProjectionExpression": ""},
         "Invalid ProjectionExpression: The expression can not be empty;"),
    ],
    ids=repr,
)  # fmt: skip
def test_one_bad_entry_refuses_the_whole_read(raw, filled, entry, message):
    other = {"Keys": [{"pk": S("p"), "sk": N(1)}]}
    assert reading(raw, {filled[0]: entry, filled[1]: other}) == message


def test_equal_numbers_are_duplicates(raw, filled):
    """Documented reading: keys are compared as values."""
    wanted = [{"pk": S("p"), "sk": N("1")}, {"pk": S("p"), "sk": N("1.0")}]
    assert reading(raw, {filled[1]: {"Keys": wanted}}) == DUPLICATES
    assert writing(raw, {filled[1]: [delete(key) for key in wanted]}) == DUPLICATES


def test_a_missing_table_refuses_the_whole_read(dynamodb, filled):
    with expect_error("ResourceNotFoundException", NOT_FOUND):
        dynamodb.batch_get_item(
            RequestItems={filled[0]: {"Keys": keys(1)}, "no-such-table": {"Keys": keys(1)}}
        )


@pytest.mark.parametrize("operation", ["BatchGetItem", "BatchWriteItem"])
def test_capacity_has_three_settings(raw, tables, operation):
    request = {"Keys": keys(1)} if operation == "BatchGetItem" else [put(keys(1)[0])]
    reply = raw(operation, {"RequestItems": {tables[0]: request}, "ReturnConsumedCapacity": "magic"})
    assert reply.message == (
        "1 validation error detected: Value 'magic' at 'returnConsumedCapacity' failed to satisfy constraint: "
        "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"
    )
