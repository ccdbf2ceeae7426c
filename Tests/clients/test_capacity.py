"""ConsumedCapacity and ItemCollectionMetrics: shapes and sums.

Sources: the DynamoDB conformance suite's indexConsumedCapacity and consumedCapacity (measured on AWS), Alternator's
test_returnconsumedcapacity.py (run against AWS), dynalite db/index.js.
"""

import itertools

import pytest

from dataplane import N, S, shape

_fresh = itertools.count(1)


@pytest.fixture(scope="module")
def table(make_module_table):
    return make_module_table(key={"pk": "S"})


@pytest.fixture(scope="module")
def indexed(make_module_table):
    gsi = {"gsi-inc": ({"gsiPk": "S"}, ["proj"])}
    lsi = {"lsi1": ({"pk": "S", "lsiSk": "S"}, "ALL")}
    return make_module_table(**shape({"pk": "S", "sk": "S"}, gsi, lsi))


def sized(octets, pk=None):
    """An item of exactly `octets` bytes."""
    pk = pk or f"item-{next(_fresh)}"
    return {"pk": S(pk), "a": S("x" * (octets - len("pk") - len(pk) - len("a")))}


def total(table, units):
    return {"TableName": table, "CapacityUnits": units}


# Without indexes


@pytest.mark.parametrize("octets, units", [(100, 1), (1024, 1), (1025, 2), (2048, 2), (10_240, 10), (10_241, 11)])
def test_a_write_costs_a_unit_for_every_kilobyte_begun(dynamodb, table, octets, units):
    item = sized(octets)
    key = {"pk": item["pk"]}
    asked = {"TableName": table, "ReturnConsumedCapacity": "TOTAL"}
    assert dynamodb.put_item(Item=item, **asked)["ConsumedCapacity"] == total(table, units)
    smaller = dynamodb.put_item(Item={**key, "a": S("x")}, **asked)  # the larger of old and new counts
    assert smaller["ConsumedCapacity"] == total(table, units)
    update = {"UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {":v": item["a"]}}
    assert dynamodb.update_item(Key=key, **update, **asked)["ConsumedCapacity"] == total(table, units)
    update["ExpressionAttributeValues"] = {":v": S("x")}
    assert dynamodb.update_item(Key=key, **update, **asked)["ConsumedCapacity"] == total(table, units)
    dynamodb.put_item(TableName=table, Item=item)
    assert dynamodb.delete_item(Key=key, **asked)["ConsumedCapacity"] == total(table, units)
    assert dynamodb.delete_item(Key=key, **asked)["ConsumedCapacity"] == total(table, 1)  # nothing to delete


@pytest.mark.parametrize("octets, units", [(100, 1), (4096, 1), (4097, 2), (8192, 2), (8193, 3)])
def test_a_read_costs_a_unit_for_every_four_kilobytes_begun_and_half_of_it_eventually(dynamodb, table, octets, units):
    item = sized(octets)
    dynamodb.put_item(TableName=table, Item=item)
    asked = {"TableName": table, "Key": {"pk": item["pk"]}, "ReturnConsumedCapacity": "TOTAL"}
    assert dynamodb.get_item(ConsistentRead=True, **asked)["ConsumedCapacity"] == total(table, units)
    assert dynamodb.get_item(**asked)["ConsumedCapacity"] == total(table, units / 2)
    # What is left out was read nevertheless.
    assert dynamodb.get_item(ProjectionExpression="pk", **asked)["ConsumedCapacity"] == total(table, units / 2)


def test_reading_nothing_costs_as_much_as_reading_little(raw, table):
    body = {"TableName": table, "Key": {"pk": S("nobody")}, "ReturnConsumedCapacity": "TOTAL"}
    assert raw("GetItem", body).json == {"ConsumedCapacity": total(table, 0.5)}
    assert raw("GetItem", {**body, "ConsistentRead": True}).json == {"ConsumedCapacity": total(table, 1)}


def test_names_count_too(dynamodb, table):
    asked = {"TableName": table, "ReturnConsumedCapacity": "TOTAL"}
    answer = dynamodb.put_item(Item={"pk": S("name"), "n" * 1100: N(1)}, **asked)
    assert answer["ConsumedCapacity"] == total(table, 2)


@pytest.mark.parametrize("asked", [{}, {"ReturnConsumedCapacity": "NONE"}])
def test_nobody_is_told_who_did_not_ask(raw, table, asked):
    for operation, body in [
        ("PutItem", {"Item": {"pk": S("unasked")}}),
        ("GetItem", {"Key": {"pk": S("nobody")}}),
        ("DeleteItem", {"Key": {"pk": S("unasked")}}),
        ("UpdateItem", {"Key": {"pk": S("unasked")}}),
        ("Scan", {}),
    ]:
        assert "ConsumedCapacity" not in raw(operation, {"TableName": table, **body, **asked}).json


def test_indexes_adds_the_table_alone_where_there_are_none(dynamodb, table):
    asked = {"TableName": table, "ReturnConsumedCapacity": "INDEXES"}
    expected = {**total(table, 1), "Table": {"CapacityUnits": 1}}
    assert dynamodb.put_item(Item={"pk": S("alone")}, **asked)["ConsumedCapacity"] == expected
    answer = dynamodb.get_item(Key={"pk": S("alone")}, **asked)
    assert answer["ConsumedCapacity"] == {**total(table, 0.5), "Table": {"CapacityUnits": 0.5}}


# Queries and scans are rounded once, not an item at a time


@pytest.fixture(scope="module")
def rows(dynamodb, make_module_table):
    table = make_module_table(key={"pk": "S", "sk": "N"})
    for place in range(10):
        # 2 + 1, 2 + 2, 1 + 992, 4 + 1: 1005 bytes
        key = {"pk": S("p"), "sk": N(place + 1)}
        dynamodb.put_item(TableName=table, Item={**key, "a": S("x" * 992), "even": {"BOOL": place % 2 == 0}})
    return table


def test_a_query_is_rounded_as_a_whole(dynamodb, rows):
    asked = {
        "TableName": rows,
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": S("p")},
        "ReturnConsumedCapacity": "TOTAL",
    }
    # ten items of 1005 bytes are 10,050: three blocks of four kilobytes
    assert dynamodb.query(ConsistentRead=True, **asked)["ConsumedCapacity"] == total(rows, 3)
    assert dynamodb.query(**asked)["ConsumedCapacity"] == total(rows, 1.5)
    for more in ({"ProjectionExpression": "sk"}, {"Select": "COUNT"}, {"ScanIndexForward": False}):
        assert dynamodb.query(**asked, **more)["ConsumedCapacity"] == total(rows, 1.5)
    asked["ExpressionAttributeValues"] = {":p": S("p"), ":t": {"BOOL": True}}
    filtered = dynamodb.query(FilterExpression="even = :t", **asked)
    assert (filtered["Count"], filtered["ConsumedCapacity"]) == (5, total(rows, 1.5))
    limited = dynamodb.query(FilterExpression="even = :t", Limit=4, **asked)
    assert (limited["ScannedCount"], limited["ConsumedCapacity"]) == (4, total(rows, 0.5))


def test_a_scan_is_rounded_as_a_whole(dynamodb, rows):
    asked = {"TableName": rows, "ReturnConsumedCapacity": "TOTAL"}
    assert dynamodb.scan(ConsistentRead=True, **asked)["ConsumedCapacity"] == total(rows, 3)
    assert dynamodb.scan(**asked)["ConsumedCapacity"] == total(rows, 1.5)
    nothing = dynamodb.scan(FilterExpression="attribute_exists(nothing)", **asked)
    assert (nothing["Count"], nothing["ConsumedCapacity"]) == (0, total(rows, 1.5))


def test_an_empty_answer_costs_the_least(dynamodb, rows):
    asked = {
        "TableName": rows,
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": S("nobody")},
        "ReturnConsumedCapacity": "TOTAL",
    }
    assert dynamodb.query(**asked)["ConsumedCapacity"] == total(rows, 0.5)
    assert dynamodb.query(ConsistentRead=True, **asked)["ConsumedCapacity"] == total(rows, 1)


# Indexes; after the conformance suite's measurements


def cost(answer, table):
    """(total, table, {GSI: units}, {LSI: units}) of an answer to INDEXES; what is absent is an empty map."""
    capacity = answer["ConsumedCapacity"]
    assert set(capacity) <= {
        "TableName",
        "CapacityUnits",
        "Table",
        "GlobalSecondaryIndexes",
        "LocalSecondaryIndexes",
    }
    assert capacity["TableName"] == table

    def units(member):
        if member in capacity:
            assert capacity[member], "an index map is never empty"
        for index in capacity.get(member, {}).values():
            assert set(index) == {"CapacityUnits"}
        return {name: index["CapacityUnits"] for name, index in capacity.get(member, {}).items()}

    return (
        capacity["CapacityUnits"],
        capacity["Table"]["CapacityUnits"],
        units("GlobalSecondaryIndexes"),
        units("LocalSecondaryIndexes"),
    )


@pytest.fixture
def put(dynamodb, indexed):
    def run(pk=None, capacity="INDEXES", **attributes):
        run.key = {"pk": S(pk or f"item-{next(_fresh)}"), "sk": S("1")}
        item = {**run.key, **{name: S(text) for name, text in attributes.items()}}
        return dynamodb.put_item(TableName=indexed, Item=item, ReturnConsumedCapacity=capacity)

    return run


def test_a_put_costs_a_write_in_every_index_it_enters(put, indexed):
    assert cost(put(gsiPk="g1", proj="p"), indexed) == (2, 1, {"gsi-inc": 1}, {})
    assert cost(put(other="o"), indexed) == (1, 1, {}, {})
    assert cost(put(lsiSk="L1"), indexed) == (2, 1, {}, {"lsi1": 1})
    assert cost(put(gsiPk="g3", lsiSk="L1", proj="p"), indexed) == (3, 1, {"gsi-inc": 1}, {"lsi1": 1})
    assert put(gsiPk="g2", capacity="TOTAL")["ConsumedCapacity"] == total(indexed, 2)


def test_the_same_again_costs_the_table_write_alone(put, indexed):
    attributes = dict(gsiPk="g4", lsiSk="L1", proj="p")
    put(pk="same", **attributes)
    assert cost(put(pk="same", **attributes), indexed) == (1, 1, {}, {})


@pytest.mark.parametrize(
    "expression, value, expected",
    [
        ("SET #o = :v", "o2", (2, 1, {}, {"lsi1": 1})),  # not in the global index
        ("SET proj = :v", "p2", (3, 1, {"gsi-inc": 1}, {"lsi1": 1})),
        ("SET gsiPk = :v", "moved", (4, 1, {"gsi-inc": 2}, {"lsi1": 1})),  # one delete, one insert
        ("REMOVE gsiPk", None, (3, 1, {"gsi-inc": 1}, {"lsi1": 1})),
        ("SET lsiSk = :v", "L2", (3, 1, {}, {"lsi1": 2})),
    ],
)
def test_an_update_costs_what_it_changes_in_an_index(dynamodb, put, indexed, expression, value, expected):
    put(gsiPk="ladder", lsiSk="L1", proj="p", other="o")
    more = {"ExpressionAttributeValues": {":v": S(value)}} if value else {}
    if "#o" in expression:
        more["ExpressionAttributeNames"] = {"#o": "other"}
    answer = dynamodb.update_item(
        TableName=indexed, Key=put.key, UpdateExpression=expression, ReturnConsumedCapacity="INDEXES", **more
    )
    assert cost(answer, indexed) == expected


def test_a_delete_costs_a_write_in_every_index_it_leaves(dynamodb, put, indexed):
    put(gsiPk="g", lsiSk="L1", proj="p")
    answer = dynamodb.delete_item(TableName=indexed, Key=put.key, ReturnConsumedCapacity="INDEXES")
    assert cost(answer, indexed) == (3, 1, {"gsi-inc": 1}, {"lsi1": 1})
    put(other="o")
    answer = dynamodb.delete_item(TableName=indexed, Key=put.key, ReturnConsumedCapacity="INDEXES")
    assert cost(answer, indexed) == (1, 1, {}, {})


def test_a_batch_tells_every_table(dynamodb, table, indexed):
    requests = {
        indexed: [
            {"PutRequest": {"Item": {"pk": S("b1"), "sk": S("1"), "gsiPk": S("g"), "proj": S("p")}}},
            {"PutRequest": {"Item": {"pk": S("b2"), "sk": S("1"), "other": S("o")}}},
        ],
        table: [{"PutRequest": {"Item": sized(1025)}}, {"PutRequest": {"Item": sized(100)}}],
    }
    answer = dynamodb.batch_write_item(RequestItems=requests, ReturnConsumedCapacity="INDEXES")
    told = {capacity["TableName"]: {"ConsumedCapacity": capacity} for capacity in answer["ConsumedCapacity"]}
    assert set(told) == {table, indexed}
    assert cost(told[indexed], indexed) == (3, 2, {"gsi-inc": 1}, {})
    assert cost(told[table], table) == (3, 3, {}, {})


def test_a_batch_of_reads_is_rounded_an_item_at_a_time(dynamodb, table):
    items = [sized(4097), sized(100)]
    for item in items:
        dynamodb.put_item(TableName=table, Item=item)
    keys = [{"pk": item["pk"]} for item in items] + [{"pk": S("nobody")}]
    for consistent, units in ((True, 4), (False, 2)):
        answer = dynamodb.batch_get_item(
            RequestItems={table: {"Keys": keys, "ConsistentRead": consistent}}, ReturnConsumedCapacity="TOTAL"
        )
        assert answer["ConsumedCapacity"] == [total(table, units)]


def test_a_query_of_an_index_costs_the_index(dynamodb, put, indexed):
    put(gsiPk="query", lsiSk="L1", proj="p")
    asked = {
        "TableName": indexed,
        "KeyConditionExpression": "gsiPk = :g",
        "ExpressionAttributeValues": {":g": S("query")},
        "IndexName": "gsi-inc",
    }
    answer = dynamodb.query(ReturnConsumedCapacity="INDEXES", **asked)
    assert cost(answer, indexed) == (0.5, 0, {"gsi-inc": 0.5}, {})
    assert dynamodb.query(ReturnConsumedCapacity="TOTAL", **asked)["ConsumedCapacity"] == total(indexed, 0.5)


# Item collections


@pytest.mark.parametrize("operation", ["put_item", "update_item", "delete_item"])
def test_a_table_with_local_indexes_measures_its_item_collections(dynamodb, indexed, operation):
    key = {"pk": S("collection"), "sk": S("1")}
    parameters = {"Item": key} if operation == "put_item" else {"Key": key}
    answer = getattr(dynamodb, operation)(TableName=indexed, ReturnItemCollectionMetrics="SIZE", **parameters)
    metrics = answer["ItemCollectionMetrics"]
    assert metrics["ItemCollectionKey"] == {"pk": S("collection")}
    assert metrics["SizeEstimateRangeGB"] == [0.0, 1.0]
    answer = getattr(dynamodb, operation)(TableName=indexed, ReturnItemCollectionMetrics="NONE", **parameters)
    assert "ItemCollectionMetrics" not in answer


def test_a_table_without_local_indexes_has_no_item_collections(raw, table):
    body = {"TableName": table, "Item": {"pk": S("collection")}, "ReturnItemCollectionMetrics": "SIZE"}
    assert raw("PutItem", body).json == {}


def test_a_batch_measures_item_collections_by_table(dynamodb, indexed):
    requests = [{"PutRequest": {"Item": {"pk": S("collection"), "sk": S(str(place))}}} for place in range(2)]
    answer = dynamodb.batch_write_item(RequestItems={indexed: requests}, ReturnItemCollectionMetrics="SIZE")
    metrics = answer["ItemCollectionMetrics"][indexed]
    assert {entry["ItemCollectionKey"]["pk"]["S"] for entry in metrics} == {"collection"}
    assert all(entry["SizeEstimateRangeGB"] == [0.0, 1.0] for entry in metrics)
