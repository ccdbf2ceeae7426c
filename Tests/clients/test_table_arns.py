"""A table's ARN in place of its name, in every operation on items. (Docs: TableName, "name or ARN", since 2024.)"""

import pytest

from dataplane import N, S
from support import BEIJING, NINGXIA, expect_error


@pytest.fixture
def table(dynamodb, make_table):
    """Name and ARN of a table with one item."""
    name = make_table(BEIJING, key={"id": "S"})
    dynamodb.put_item(TableName=name, Item={"id": S("a"), "n": N(1)})
    return name, dynamodb.describe_table(TableName=name)["Table"]["TableArn"]


KEY = {"id": S("a")}
ITEM = {"id": S("a"), "n": N(1)}


def test_reads(dynamodb, table):
    _, arn = table
    assert dynamodb.get_item(TableName=arn, Key=KEY)["Item"] == ITEM
    query = dict(KeyConditionExpression="id = :a", ExpressionAttributeValues={":a": S("a")})
    assert dynamodb.query(TableName=arn, **query)["Items"] == [ITEM]
    assert dynamodb.scan(TableName=arn)["Items"] == [ITEM]
    assert dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": arn, "Key": KEY}}])["Responses"] == [{"Item": ITEM}]
    assert dynamodb.execute_statement(Statement=f'SELECT * FROM "{arn}" WHERE id = \'a\'')["Items"] == [ITEM]


def test_a_batch_answers_under_the_name_that_it_was_asked_by(dynamodb, table):
    _, arn = table
    answer = dynamodb.batch_get_item(RequestItems={arn: {"Keys": [KEY]}}, ReturnConsumedCapacity="TOTAL")
    assert answer["Responses"] == {arn: [ITEM]}
    assert answer["ConsumedCapacity"][0]["TableName"] == arn


def test_writes_reach_the_table_of_that_name(dynamodb, table):
    name, arn = table

    def now():
        return dynamodb.get_item(TableName=name, Key=KEY, ConsistentRead=True).get("Item")

    dynamodb.put_item(TableName=arn, Item={**KEY, "n": N(2)})
    assert now()["n"] == N(2)
    dynamodb.update_item(TableName=arn, Key=KEY, UpdateExpression="ADD n :n", ExpressionAttributeValues={":n": N(1)})
    assert now()["n"] == N(3)
    dynamodb.batch_write_item(RequestItems={arn: [{"PutRequest": {"Item": {**KEY, "n": N(4)}}}]})
    assert now()["n"] == N(4)
    dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": arn, "Item": {**KEY, "n": N(5)}}}])
    assert now()["n"] == N(5)
    dynamodb.execute_statement(Statement=f'UPDATE "{arn}" SET n = 6 WHERE id = \'a\'')
    assert now()["n"] == N(6)
    dynamodb.delete_item(TableName=arn, Key=KEY)
    assert now() is None


def test_name_and_arn_are_one_table_in_a_transaction(dynamodb, table):
    name, arn = table
    with expect_error("ValidationException", "Transaction request cannot include multiple operations on one item"):
        dynamodb.transact_write_items(
            TransactItems=[{"Put": {"TableName": arn, "Item": ITEM}}, {"Delete": {"TableName": name, "Key": KEY}}]
        )


def test_a_table_of_another_region_is_out_of_reach(dynamodb, table):
    _, arn = table
    with expect_error("ValidationException"):
        dynamodb(NINGXIA).get_item(TableName=arn, Key=KEY)
