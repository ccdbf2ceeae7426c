"""UpdateTable: global secondary indexes created, backfilled, changed and deleted."""

import re

import pytest

from support import assert_constraints, assert_error, eventually
from tables import FIRST, INVALID, NAME_PATTERN, ONE, gsi, hash_key, range_key, strings, undefined

FIVE = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
ONLY_ONE = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"


@pytest.fixture
def update(raw):
    """`update(name, *changes, definitions=[…])`: UpdateTable with these GlobalSecondaryIndexUpdates."""

    def send(name, *changes, definitions=None, **members):
        body = {"TableName": name, "GlobalSecondaryIndexUpdates": list(changes), **members}
        if definitions is not None:
            body["AttributeDefinitions"] = definitions
        return raw("UpdateTable", body)

    return send


@pytest.fixture
def described(dynamodb):
    def describe(name):
        return dynamodb.describe_table(TableName=name)["Table"]

    return describe


def create(name, *schema, **members):
    return {"Create": gsi(name, *schema, **members)}


def delete(name):
    return {"Delete": {"IndexName": name}}


def change(name, throughput):
    return {"Update": {"IndexName": name, "ProvisionedThroughput": throughput}}


def all_items(dynamodb, name, index=None):
    items = []
    for page in dynamodb().get_paginator("scan").paginate(TableName=name, **({"IndexName": index} if index else {})):
        items += page["Items"]
    return sorted(items, key=lambda item: item["p"]["S"])


class TestCreate:
    def test_backfill(self, dynamodb, update, described, make_table):
        name = make_table(key={"p": "S"})

        def put(key, **attributes):
            item = {"p": {"S": key}, **attributes}
            dynamodb.put_item(TableName=name, Item=item)
            return item

        right = [put(f"right{i}", x={"S": f"x{i}"}, y={"N": str(i)}) for i in range(30)]
        # None of these can be in the index: no value, another type, empty, or too long for a key (Alternator).
        put("none", y={"N": "1"})
        put("number", x={"N": "1"})
        put("empty", x={"S": ""})
        put("long", x={"S": "x" * 2049})
        longest = put("longest", x={"S": "x" * 2048})

        reply = update(name, create("by-x", hash_key("x")), definitions=strings("x"))
        assert reply.status == 200, reply.text
        table = reply.json["TableDescription"]
        assert table["TableStatus"] == "UPDATING"
        (index,) = table["GlobalSecondaryIndexes"]
        assert index["IndexStatus"] == "CREATING"
        assert index["Backfilling"] is False  # there, and not begun (ack-api-quirks DDB-TABLE-148)
        assert index["KeySchema"] == [hash_key("x")]
        assert index["IndexArn"] == table["TableArn"] + "/index/by-x"
        assert (index["ItemCount"], index["IndexSizeBytes"]) == (0, 0)
        assert sorted(d["AttributeName"] for d in table["AttributeDefinitions"]) == ["p", "x"]

        seen = []

        def ready():
            (index,) = described(name)["GlobalSecondaryIndexes"]
            seen.append((index["IndexStatus"], index.get("Backfilling")))
            return index["IndexStatus"] == "ACTIVE"

        eventually(ready)
        legal = {("CREATING", False), ("CREATING", True), ("ACTIVE", None)}
        assert set(seen) <= legal, seen
        assert all_items(dynamodb, name, "by-x") == sorted([*right, longest], key=lambda item: item["p"]["S"])
        found = dynamodb.query(
            TableName=name,
            IndexName="by-x",
            KeyConditionExpression="x = :x",
            ExpressionAttributeValues={":x": {"S": "x7"}},
        )
        assert found["Items"] == [right[7]]

    def test_the_type_is_enforced_from_then_on(self, raw, update, make_table, wait_active):
        name = make_table(key={"p": "S"})
        update(name, create("by-x", hash_key("x")), definitions=strings("x"))
        wait_active(name)
        reply = raw("PutItem", {"TableName": name, "Item": {"p": {"S": "1"}, "x": {"N": "3"}}})
        assert_error(
            reply,
            "ValidationException",
            INVALID + "Type mismatch for Index Key x Expected: S Actual: N IndexName: by-x",
        )
        assert raw("PutItem", {"TableName": name, "Item": {"p": {"S": "1"}}}).status == 200

    def test_a_sort_key_may_be_half_as_long(self, dynamodb, update, make_table, wait_active):
        name = make_table(key={"p": "S", "c": "S"})
        for length in (1024, 1025):
            dynamodb.put_item(TableName=name, Item={"p": {"S": str(length)}, "c": {"S": "c"}, "x": {"S": "x" * length}})
        reply = update(name, create("by-c-x", hash_key("c"), range_key("x")), definitions=strings("c", "x"))
        assert reply.status == 200, reply.text
        wait_active(name)
        assert [item["p"]["S"] for item in all_items(dynamodb, name, "by-c-x")] == ["1024"]

    def test_projections(self, dynamodb, update, make_table, wait_active):
        name = make_table(key={"p": "S"})
        dynamodb.put_item(TableName=name, Item={k: {"S": k} for k in ("p", "x", "y", "z")})
        for projection, expected in [
            ({"ProjectionType": "KEYS_ONLY"}, "px"),
            ({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["y"]}, "pxy"),
            ({"ProjectionType": "ALL"}, "pxyz"),
        ]:
            index = "by-" + projection["ProjectionType"]
            assert (
                update(name, create(index, hash_key("x"), projection=projection), definitions=strings("x")).status
                == 200
            )
            wait_active(name)
            assert all_items(dynamodb, name, index) == [{k: {"S": k} for k in expected}]

    def test_writes_during_the_backfill_are_in_it(self, dynamodb, update, described, make_table):
        name = make_table(key={"p": "S"})
        for i in range(100):
            dynamodb.put_item(TableName=name, Item={"p": {"S": f"a{i:03}"}, "x": {"S": "old"}})
        update(name, create("by-x", hash_key("x")), definitions=strings("x"))
        count = 0
        while True:
            dynamodb.put_item(TableName=name, Item={"p": {"S": f"b{count:03}"}, "x": {"S": "new"}})
            dynamodb.delete_item(TableName=name, Key={"p": {"S": f"a{count:03}"}})
            count += 1
            if described(name)["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE" or count == 100:
                break
        eventually(lambda: described(name)["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE")
        assert all_items(dynamodb, name, "by-x") == all_items(dynamodb, name)

    def test_with_its_own_throughput(self, update, described, make_table, wait_active):
        name = make_table(ProvisionedThroughput=ONE)
        reply = update(name, create("by-x", hash_key("x"), ProvisionedThroughput=FIVE), definitions=strings("x"))
        assert reply.status == 200, reply.text
        wait_active(name)
        (index,) = described(name)["GlobalSecondaryIndexes"]
        throughput = index["ProvisionedThroughput"]
        assert (throughput["ReadCapacityUnits"], throughput["NumberOfDecreasesToday"]) == (5, 0)

    def test_unused_definitions_are_ignored(self, update, described, make_table, wait_active):
        """Unlike in CreateTable (Alternator, seen on AWS)."""
        name = make_table()
        assert update(name, create("by-x", hash_key("x")), definitions=strings("x", "unused")).status == 200
        wait_active(name)
        assert sorted(d["AttributeName"] for d in described(name)["AttributeDefinitions"]) == ["pk", "x"]

    def test_on_a_key_of_the_table(self, dynamodb, update, make_table, wait_active):
        name = make_table(key={"p": "S", "c": "S"})
        dynamodb.put_item(TableName=name, Item={"p": {"S": "1"}, "c": {"S": "2"}})
        assert update(name, create("by-c", hash_key("c")), definitions=strings("c")).status == 200
        wait_active(name)
        assert len(all_items(dynamodb, name, "by-c")) == 1

    def test_a_name_of_255_characters(self, update, described, make_table, wait_active):
        name = make_table()
        assert update(name, create("n" * 255, hash_key("pk")), definitions=strings("pk")).status == 200
        wait_active(name)
        assert described(name)["GlobalSecondaryIndexes"][0]["IndexName"] == "n" * 255


class TestDelete:
    def test_delete_and_make_again(self, raw, dynamodb, update, described, make_table, wait_active):
        name = make_table(
            KeySchema=[hash_key("p")],
            AttributeDefinitions=strings("p", "x", "y"),
            GlobalSecondaryIndexes=[gsi("by-x", hash_key("x")), gsi("by-y", hash_key("y"))],
        )
        dynamodb.put_item(TableName=name, Item={"p": {"S": "1"}, "x": {"S": "1"}, "y": {"S": "1"}})
        table = update(name, delete("by-x")).json["TableDescription"]
        assert table["TableStatus"] == "UPDATING"
        states = {index["IndexName"]: index["IndexStatus"] for index in table["GlobalSecondaryIndexes"]}
        assert states == {"by-x": "DELETING", "by-y": "ACTIVE"}

        def gone():
            table = described(name)
            names = [index["IndexName"] for index in table["GlobalSecondaryIndexes"]]
            return table if names == ["by-y"] and table["TableStatus"] == "ACTIVE" else None

        table = eventually(gone)
        # What only that index used is no longer defined (ack-api-quirks DDB-TABLE-151).
        assert sorted(d["AttributeName"] for d in table["AttributeDefinitions"]) == ["p", "y"]
        query = {
            "TableName": name,
            "IndexName": "by-x",
            "KeyConditionExpression": "x = :x",
            "ExpressionAttributeValues": {":x": {"S": "1"}},
        }
        assert_error(raw("Query", query), "ValidationException", "The table does not have the specified index: by-x")
        dynamodb.put_item(TableName=name, Item={"p": {"S": "2"}, "x": {"N": "7"}})  # any type again
        assert update(name, create("by-x", hash_key("x")), definitions=strings("x")).status == 200
        wait_active(name)
        assert [item["p"]["S"] for item in all_items(dynamodb, name, "by-x")] == ["1"]

    def test_the_last_one_takes_the_list_with_it(self, update, described, make_table):
        name = make_table(
            KeySchema=[hash_key("p")],
            AttributeDefinitions=strings("p", "x"),
            GlobalSecondaryIndexes=[gsi("by-x", hash_key("x"))],
        )
        update(name, delete("by-x"))
        eventually(lambda: "GlobalSecondaryIndexes" not in described(name))

    def test_no_such_index(self, update, make_table):
        name = make_table()
        message = f"Requested resource not found: Index nonexistent for table {name}"
        assert_error(update(name, delete("nonexistent")), "ResourceNotFoundException", message)
        assert_error(update(name, change("nonexistent", ONE)), "ResourceNotFoundException", message)

    def test_local_indexes_stay(self, update, make_table):
        name = make_table(
            KeySchema=[hash_key("p"), range_key("c")],
            AttributeDefinitions=strings("p", "c"),
            LocalSecondaryIndexes=[gsi("local", hash_key("p"), range_key("c"))],
        )
        assert_error(
            update(name, delete("local")),
            "ValidationException",
            "Cannot delete an index that is not a GlobalSecondaryIndex: local",
        )


class TestThroughputOfAnIndex:
    @pytest.fixture
    def name(self, make_table):
        return make_table(
            KeySchema=[hash_key("p")],
            AttributeDefinitions=strings("p", "x", "y"),
            ProvisionedThroughput=ONE,
            GlobalSecondaryIndexes=[gsi(f"by-{k}", hash_key(k), ProvisionedThroughput=ONE) for k in "xy"],
        )

    def test_change(self, update, described, wait_active, name):
        table = update(name, change("by-x", FIVE), change("by-y", FIVE)).json["TableDescription"]
        assert table["TableStatus"] == "ACTIVE"  # the indexes alone are UPDATING
        for index in table["GlobalSecondaryIndexes"]:
            assert index["IndexStatus"] == "UPDATING"
            assert index["ProvisionedThroughput"]["ReadCapacityUnits"] == 1
        wait_active(name)
        for index in described(name)["GlobalSecondaryIndexes"]:
            assert index["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
            assert "LastIncreaseDateTime" in index["ProvisionedThroughput"]

    def test_no_change(self, update, name):
        reply = update(name, change("by-x", ONE))
        assert_error(
            reply,
            "ValidationException",
            re.compile(
                r"The provisioned throughput for the index by-x will not change\. "
                r"The requested value equals the current value\. .+"
            ),
        )

    @pytest.mark.parametrize("unit, other", [("ReadCapacityUnits", 1000000000001), ("WriteCapacityUnits", 1)])
    def test_out_of_bounds(self, update, unit, other):
        throughput = {"ReadCapacityUnits": other, "WriteCapacityUnits": 1000000000001}
        assert_error(
            update("abc", change("abc", throughput)),
            "ValidationException",
            f"Given value 1000000000001 for {unit} is out of bounds for index abc",
        )


class TestErrors:
    @pytest.fixture(scope="class")
    def name(self, _tables):
        name = _tables(
            KeySchema=[hash_key("p"), range_key("c")],
            AttributeDefinitions=strings("p", "c", "x"),
            LocalSecondaryIndexes=[gsi("local", hash_key("p"), range_key("x"))],
            GlobalSecondaryIndexes=[gsi("taken", hash_key("x"))],
        )
        yield name
        _tables.remove(name)

    @pytest.mark.parametrize("count", [1, 6])
    def test_an_empty_change(self, update, count):
        assert_error(
            update("abc", *[{}] * count),
            "ValidationException",
            INVALID + "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
            "GlobalSecondaryIndexUpdate.Delete must not be null",
        )

    def test_two_changes_in_one(self, update, name):
        assert_error(
            update(name, {**create("new", hash_key("x")), **delete("taken")}, definitions=strings("x")),
            "ValidationException",
            INVALID + "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object",
        )

    def test_two_changes_of_one_index(self, update):
        assert_error(
            update("abc", delete("abc"), delete("abc")),
            "ValidationException",
            INVALID + "Only one global secondary index update per index is allowed simultaneously. Index: abc",
        )

    @pytest.mark.parametrize(
        "changes",
        [
            [create("new1", hash_key("x")), create("new2", hash_key("x"))],
            [create("new1", hash_key("x")), delete("taken")],
        ],
        ids=["two creations", "one of each"],
    )
    def test_one_online_index_at_a_time(self, update, name, changes):
        assert_error(update(name, *changes, definitions=strings("x")), "LimitExceededException", ONLY_ONE)

    def test_one_online_index_at_a_time_across_calls(self, update, make_table, stop_clock):
        name = make_table(key={"p": "S"})
        stop_clock()
        update(name, create("by-x", hash_key("x")), definitions=strings("x"))
        reply = update(name, create("by-y", hash_key("y")), definitions=strings("y"))
        assert_error(reply, "LimitExceededException", ONLY_ONE)

    def test_no_delete_of_a_table_whose_index_is_being_made(self, raw, update, make_table, stop_clock):
        name = make_table(key={"p": "S"})
        stop_clock()
        update(name, create("by-x", hash_key("x")), definitions=strings("x"))
        assert_error(
            raw("DeleteTable", {"TableName": name}),
            "ResourceInUseException",
            "Attempt to change a resource which is still in use: "
            "Cannot delete table while indexes are being created, updated, or deleted.",
        )

    @pytest.mark.parametrize("taken", ["taken", "local"])
    def test_a_name_that_is_taken(self, update, name, taken):
        message = "Attempting to create an index which already exists"
        assert_error(
            update(name, create(taken, hash_key("x")), definitions=strings("x")), "ValidationException", message
        )

    def test_the_twenty_first(self, update, make_table):
        name = make_table(
            KeySchema=[hash_key("p")],
            AttributeDefinitions=strings("p"),
            GlobalSecondaryIndexes=[gsi(f"index{i}", hash_key("p")) for i in range(20)],
        )
        assert_error(
            update(name, create("index20", hash_key("p")), definitions=strings("p")),
            "LimitExceededException",
            "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of 20",
        )

    def test_no_definitions(self, update, name):
        assert_error(
            update(name, create("new", hash_key("x"))),
            "ValidationException",
            INVALID + "AttributeDefinitions is not specified for index: new",
        )

    def test_an_undefined_attribute(self, update, name):
        assert_error(
            update(name, create("new", hash_key("y")), definitions=strings("z")),
            "ValidationException",
            undefined(["y"], ["z"]),
        )

    def test_another_type(self, update, name):
        assert_error(
            update(name, create("new", hash_key("x")), definitions=[{"AttributeName": "x", "AttributeType": "N"}]),
            "ValidationException",
            re.compile(
                re.escape(
                    INVALID
                    + "Attributes cannot be redefined. Please check that your attribute has the same type as previously defined."
                )
                + r"\s+Existing schema: Schema:\[SchemaElement: key\{x:S:HASH\}\]"
                + r"\s+New schema: Schema:\[SchemaElement: key\{x:N:HASH\}\]"
            ),
        )

    def test_a_range_key_first(self, update, name):
        assert_error(
            update(name, create("new", range_key("x")), definitions=strings("x")), "ValidationException", FIRST
        )

    def test_projections(self, update, name):
        for projection, message in [
            ({}, "Unknown ProjectionType: null"),
            ({"ProjectionType": "INCLUDE"}, "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"),
            (
                {"ProjectionType": "ALL", "NonKeyAttributes": ["a"]},
                "ProjectionType is ALL, but NonKeyAttributes is specified",
            ),
        ]:
            reply = update(name, create("new", hash_key("x"), projection=projection), definitions=strings("x"))
            assert_error(reply, "ValidationException", INVALID + message)

    def test_throughput_on_demand(self, update, name):
        assert_error(
            update(name, create("new", hash_key("x"), ProvisionedThroughput=ONE), definitions=strings("x")),
            "ValidationException",
            INVALID + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: new "
            "when BillingMode is PAY_PER_REQUEST",
        )

    def test_no_throughput_provisioned(self, update, make_table):
        assert_error(
            update(make_table(ProvisionedThroughput=ONE), create("new", hash_key("x")), definitions=strings("x")),
            "ValidationException",
            INVALID + "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: new",
        )

    def test_constraints(self, update):
        prefix = "globalSecondaryIndexUpdates"
        assert_constraints(
            update("abc", {"Create": {}}),
            f"Value null at '{prefix}.1.member.create.indexName': Member must not be null",
            f"Value null at '{prefix}.1.member.create.keySchema': Member must not be null",
            f"Value null at '{prefix}.1.member.create.projection': Member must not be null",
        )
        assert_constraints(
            update(
                "abc", {"Update": {"IndexName": "a", "ProvisionedThroughput": {}}}, {"Delete": {"IndexName": "abc;"}}
            ),
            f"Value 'a' at '{prefix}.1.member.update.indexName': Member must have length greater than or equal to 3",
            f"Value null at '{prefix}.1.member.update.provisionedThroughput.writeCapacityUnits': Member must not be null",
            f"Value null at '{prefix}.1.member.update.provisionedThroughput.readCapacityUnits': Member must not be null",
            f"Value 'abc;' at '{prefix}.2.member.delete.indexName': {NAME_PATTERN}",
        )

    def test_types(self, update, raw):
        body = {"TableName": "abc", "GlobalSecondaryIndexUpdates": {}}
        message = "Start of structure or map found where not expected"
        assert_error(raw("UpdateTable", body), "SerializationException", message)
        assert_error(update("abc", 1), "SerializationException", "Unexpected value type in payload")
        assert_error(update("abc", {"Delete": "x"}), "SerializationException", "Unexpected field type")
