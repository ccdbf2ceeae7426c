"""Query and Scan of global and local secondary indexes: membership, projections, pages, consistency with the table.

Sources: dynalite actions/{query,scan}.js, Alternator's test_gsi.py and test_lsi.py (run against AWS), the DynamoDB
conformance suite's gsi, lsi and pagination tests. The emulator's indexes are read at once after a write: AWS's global
indexes follow eventually, so a test that must wait there needs no waiting here.
"""

import random

import pytest

from dataplane import N, S, everything, hash_place, ordered, pages, shape, write_all

GSI = {
    "all": ({"g": "S", "h": "N"}, "ALL"),
    "keys": ({"g": "S"}, "KEYS_ONLY"),
    "some": ({"h": "N", "g": "S"}, ["a", "b"]),
    "reversed": ({"sk": "N", "pk": "S"}, "ALL"),
}
LSI = {
    "local-all": ({"pk": "S", "l": "S"}, "ALL"),
    "local-keys": ({"pk": "S", "l": "S"}, "KEYS_ONLY"),
    "local-some": ({"pk": "S", "n": "N"}, ["a"]),
}
TABLE_KEY = {"pk": "S", "sk": "N"}
PROJECTED = {
    "all": None,
    "reversed": None,
    "local-all": None,
    "keys": (),
    "local-keys": (),
    "some": ("a", "b"),
    "local-some": ("a",),
}


def random_items(seed, count):
    generator = random.Random(seed)
    for place in range(count):
        item = {"pk": S(f"p{generator.randint(0, 4)}"), "sk": N(place)}
        optional = {
            "g": S(f"g{generator.randint(0, 3)}"),
            "h": N(generator.choice(["-1.5", "0", "2", "10", "1e20"])),
            "l": S(generator.choice(["a", "b", "é", "x", "zz"])),
            "n": N(generator.randint(-3, 3)),
            "a": S("A" * generator.randint(1, 9)),
            "b": {"L": [N(place)]},
            "c": {"BOOL": True},
        }
        yield {**item, **{name: value for name, value in optional.items() if generator.random() < 0.75}}


def normal(item):
    """Numbers in the form in which they come back."""
    return {name: N("100000000000000000000") if value == N("1e20") else value for name, value in item.items()}


@pytest.fixture(scope="module")
def filled(dynamodb, make_module_table):
    table = make_module_table(**shape(TABLE_KEY, GSI, LSI))
    items = [normal(item) for item in random_items(seed=30, count=300)]
    write_all(dynamodb, table, items)
    return table, items


def own_key(index):
    return list(({**GSI, **LSI})[index][0])


def members(index, items):
    """What the index shows: the items that have its whole key, with what it projects."""
    shown = PROJECTED[index]
    for item in items:
        if all(name in item for name in own_key(index)):
            names = set(item) if shown is None else {*own_key(index), *TABLE_KEY, *shown}
            yield {name: value for name, value in item.items() if name in names}


def identity(item):
    return item["pk"]["S"], item["sk"]["N"]


INDEXES = [*GSI, *LSI]


@pytest.mark.parametrize("index", INDEXES)
def test_a_scan_of_an_index_shows_the_items_that_have_its_key(dynamodb, filled, index):
    for limit in ({}, {"Limit": 13}):
        found = everything(dynamodb.scan, TableName=filled[0], IndexName=index, **limit)
        assert sorted(found, key=identity) == sorted(members(index, filled[1]), key=identity)


@pytest.mark.parametrize("index", INDEXES)
def test_a_scan_of_an_index_goes_by_the_hash_of_its_partition_key(dynamodb, filled, index):
    key = own_key(index)
    found = everything(dynamodb.scan, TableName=filled[0], IndexName=index, Limit=17)
    places = [(hash_place(item[key[0]]), *(ordered(item[name]) for name in key[1:])) for item in found]
    assert places == sorted(places)


@pytest.mark.parametrize("index", INDEXES)
@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("limit", [None, 1, 4])
def test_query_pages_are_the_sorted_filtered_table(dynamodb, filled, index, forward, limit):
    """Many items have equal index keys: pages must go through them without loss, repetition or a second order."""
    key = own_key(index)
    values = {str(item[key[0]]): item[key[0]] for item in members(index, filled[1])}
    few = 1 if limit == 1 else 3 if index == "reversed" else None  # requests are dear
    for value in list(values.values())[:few]:
        parameters = {
            "TableName": filled[0],
            "IndexName": index,
            "KeyConditionExpression": "#k = :v",
            "ExpressionAttributeNames": {"#k": key[0]},
            "ExpressionAttributeValues": {":v": value},
            "ScanIndexForward": forward,
        }
        if limit:
            parameters["Limit"] = limit
        found = everything(dynamodb.query, **parameters)
        expected = [item for item in members(index, filled[1]) if item[key[0]] == value]
        assert sorted(found, key=identity) == sorted(expected, key=identity)
        if len(key) > 1:
            order = [ordered(item[key[1]]) for item in found]
            assert order == sorted(order, reverse=not forward)


@pytest.mark.parametrize("index, first, second, operator", [
    ("all", "g", "h", "="), ("all", "g", "h", ">="), ("all", "g", "h", "<"), ("some", "h", "g", "begins_with"),
    ("local-all", "pk", "l", "begins_with"), ("local-all", "pk", "l", ">"), ("local-some", "pk", "n", "BETWEEN"),
])  # fmt: skip
def test_a_condition_on_the_second_key_of_an_index(dynamodb, filled, index, first, second, operator):
    compare = {
        "=": lambda value, bound: value == bound,
        ">=": lambda value, bound: value >= bound,
        "<": lambda value, bound: value < bound,
        ">": lambda value, bound: value > bound,
        "begins_with": lambda value, bound: value.startswith(bound),
        "BETWEEN": lambda value, bound: value == bound,
    }[operator]
    condition = {"begins_with": "begins_with(#b, :b)", "BETWEEN": "#b BETWEEN :b AND :b"}.get(
        operator, f"#b {operator} :b"
    )
    sample = [item for item in members(index, filled[1])][::29]
    for a, b in [(item[first], item[second]) for item in sample]:
        found = everything(
            dynamodb.query,
            TableName=filled[0],
            IndexName=index,
            KeyConditionExpression=f"#a = :a AND {condition}",
            ExpressionAttributeNames={"#a": first, "#b": second},
            ExpressionAttributeValues={":a": a, ":b": b},
            Limit=3,
        )
        expected = [
            item
            for item in members(index, filled[1])
            if item[first] == a and compare(ordered(item[second]), ordered(b))
        ]
        assert sorted(found, key=identity) == sorted(expected, key=identity)
        assert [ordered(item[second]) for item in found] == sorted(ordered(item[second]) for item in expected)


@pytest.mark.parametrize("index", INDEXES)
def test_a_last_key_holds_the_keys_of_index_and_table(dynamodb, filled, index):
    answer = dynamodb.scan(TableName=filled[0], IndexName=index, Limit=5)
    names = {*own_key(index), *TABLE_KEY}
    assert answer["LastEvaluatedKey"] == {name: answer["Items"][-1][name] for name in names}


def test_segments_of_an_index_cover_it_once(dynamodb, filled):
    for index in ("keys", "local-all"):
        found = []
        for segment in range(3):
            found += everything(
                dynamodb.scan, TableName=filled[0], IndexName=index, TotalSegments=3, Segment=segment, Limit=20
            )
        assert sorted(found, key=identity) == sorted(members(index, filled[1]), key=identity)


def test_a_filter_on_an_index_counts_what_it_looked_at(dynamodb, filled):
    looked_at = [item for item in members("all", filled[1]) if item["g"] == S("g1")]
    matching = [item for item in looked_at if item.get("c") == {"BOOL": True}]
    answers = list(
        pages(
            dynamodb.query,
            TableName=filled[0],
            IndexName="all",
            KeyConditionExpression="g = :g",
            FilterExpression="c = :c",
            ExpressionAttributeValues={":g": S("g1"), ":c": {"BOOL": True}},
            Limit=6,
        )
    )
    assert sum(answer["ScannedCount"] for answer in answers) == len(looked_at)
    assert sum(answer["Count"] for answer in answers) == len(matching)


# Following the table


@pytest.fixture
def sparse(make_table):
    return make_table(**shape({"pk": "S"}, {"by-g": ({"g": "S", "h": "N"}, ["a"])}))


def test_an_item_enters_moves_and_leaves(dynamodb, sparse):
    def shown():
        return everything(dynamodb.scan, TableName=sparse, IndexName="by-g")

    def update(expression, **values):
        more = {"ExpressionAttributeValues": {":" + name: value for name, value in values.items()}} if values else {}
        dynamodb.update_item(TableName=sparse, Key={"pk": S("x")}, UpdateExpression=expression, **more)

    update("SET g = :g", g=S("one"))
    assert shown() == []  # only half its key
    update("SET h = :h, b = :h", h=N(1))
    assert shown() == [{"pk": S("x"), "g": S("one"), "h": N(1)}]
    update("SET a = :a", a=S("projected"))
    assert shown() == [{"pk": S("x"), "g": S("one"), "h": N(1), "a": S("projected")}]
    update("SET g = :g, h = :h", g=S("two"), h=N("2.0"))
    assert shown() == [{"pk": S("x"), "g": S("two"), "h": N(2), "a": S("projected")}]
    update("REMOVE h")
    assert shown() == []
    dynamodb.put_item(TableName=sparse, Item={"pk": S("x"), "g": S("three"), "h": N(3)})
    assert shown() == [{"pk": S("x"), "g": S("three"), "h": N(3)}]
    dynamodb.put_item(TableName=sparse, Item={"pk": S("x")})
    assert shown() == []
    write_all(dynamodb, sparse, [{"pk": S("x"), "g": S("four"), "h": N(4)}])
    assert [item["g"] for item in shown()] == [S("four")]
    dynamodb.delete_item(TableName=sparse, Key={"pk": S("x")})
    assert shown() == []


def test_after_random_writes_index_and_table_agree(dynamodb, make_table):
    table = make_table(**shape({"pk": "S"}, {"by-g": ({"g": "S", "h": "N"}, "ALL")}))
    generator = random.Random(31)
    for _ in range(300):
        key = {"pk": S(f"k{generator.randint(0, 15)}")}
        action = generator.choice(["put", "update", "remove", "delete"])
        g, h = S(f"g{generator.randint(0, 2)}"), N(generator.randint(0, 3))
        if action == "put":
            chosen = {name: value for name, value in {"g": g, "h": h, "v": h}.items() if generator.random() < 0.7}
            dynamodb.put_item(TableName=table, Item={**key, **chosen})
        elif action == "update":
            values = {":g": g, ":h": h}
            dynamodb.update_item(
                TableName=table, Key=key, UpdateExpression="SET g = :g, h = :h", ExpressionAttributeValues=values
            )
        elif action == "remove":
            dynamodb.update_item(TableName=table, Key=key, UpdateExpression=f"REMOVE {generator.choice('ghv')}")
        else:
            dynamodb.delete_item(TableName=table, Key=key)
    whole = everything(dynamodb.scan, TableName=table, ConsistentRead=True)
    shown = everything(dynamodb.scan, TableName=table, IndexName="by-g", Limit=3)
    expected = [item for item in whole if "g" in item and "h" in item]
    assert sorted(shown, key=lambda item: item["pk"]["S"]) == sorted(expected, key=lambda item: item["pk"]["S"])


# Select, projections and refusals


def query(raw, filled, index, first, value, **more):
    body = {
        "TableName": filled[0],
        "IndexName": index,
        "KeyConditionExpression": f"{first} = :v",
        "ExpressionAttributeValues": {":v": value},
        **more,
    }
    return raw("Query", body)


def test_a_local_index_fetches_what_it_does_not_hold(raw, filled):
    for more in ({"Select": "ALL_ATTRIBUTES"}, {"ProjectionExpression": "c, pk, sk, b"}):
        found = query(raw, filled, "local-keys", "pk", S("p1"), **more).json["Items"]
        whole = [item for item in filled[1] if item["pk"] == S("p1") and "l" in item]
        if "ProjectionExpression" in more:
            whole = [{name: item[name] for name in ("c", "pk", "sk", "b") if name in item} for item in whole]
        assert sorted(found, key=identity) == sorted(whole, key=identity)


@pytest.mark.parametrize(
    "index, first, value", [("all", "g", S("g1")), ("keys", "g", S("g1")), ("local-keys", "pk", S("p1"))]
)
def test_all_projected_attributes_is_what_an_index_shows_anyway(raw, filled, index, first, value):
    plain = query(raw, filled, index, first, value).json["Items"]
    assert query(raw, filled, index, first, value, Select="ALL_PROJECTED_ATTRIBUTES").json["Items"] == plain
    count = query(raw, filled, index, first, value, Select="COUNT").json
    assert count == {"Count": len(plain), "ScannedCount": len(plain)}


@pytest.mark.parametrize("index, first, value", [("keys", "g", S("g1")), ("some", "h", N(2))])
def test_a_global_index_shows_only_what_it_projects(raw, filled, index, first, value):
    text = (
        "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary "
        f"index {index} because its projection type is not ALL"
    )
    assert query(raw, filled, index, first, value, Select="ALL_ATTRIBUTES").message == text
    scan = raw("Scan", {"TableName": filled[0], "IndexName": index, "Select": "ALL_ATTRIBUTES"})
    assert scan.message == text
    # documented reading
    text = f"One or more parameter values were invalid: Global secondary index {index} does not project [c]"
    assert query(raw, filled, index, first, value, ProjectionExpression="pk, c").message == text


def test_a_global_index_that_projects_all_may_be_asked_for_all(raw, filled):
    found = query(raw, filled, "all", "g", S("g1"), Select="ALL_ATTRIBUTES").json["Items"]
    assert sorted(found, key=identity) == sorted(
        (item for item in members("all", filled[1]) if item["g"] == S("g1")), key=identity
    )


def test_only_a_global_index_cannot_be_read_consistently(raw, filled):
    text = "Consistent reads are not supported on global secondary indexes"
    assert query(raw, filled, "all", "g", S("g1"), ConsistentRead=True).message == text
    assert raw("Scan", {"TableName": filled[0], "IndexName": "all", "ConsistentRead": True}).message == text
    assert query(raw, filled, "local-all", "pk", S("p1"), ConsistentRead=True).status == 200
    assert raw("Scan", {"TableName": filled[0], "IndexName": "local-all", "ConsistentRead": True}).status == 200


def test_the_key_of_a_query_is_the_key_of_its_index(raw, filled):
    missed = "Query condition missed key schema element: "
    assert query(raw, filled, "all", "pk", S("p1")).message == missed + "g"
    assert query(raw, filled, "local-all", "l", S("a")).message == missed + "pk"
    assert query(raw, filled, "keys", "g", S("g1"), KeyConditionExpression="g = :v AND h = :v").message == (
        "The number of query conditions (2) exceeds the number of key attributes defined in the schema (1)"
    )
    wrong = "One or more parameter values were invalid: Condition parameter type does not match schema type"
    assert query(raw, filled, "all", "g", N(1)).message == wrong


def test_the_filter_of_a_query_leaves_the_key_of_its_index_alone(raw, filled):
    text = "Filter Expression can only contain non-primary key attributes: Primary key attribute: "
    for name in ("g", "h"):
        reply = query(raw, filled, "all", "g", S("g1"), FilterExpression=f"attribute_exists({name})")
        assert reply.message == text + name
    allowed = query(raw, filled, "all", "g", S("g1"), FilterExpression="attribute_exists(pk)")  # the table's key
    assert allowed.status == 200


@pytest.mark.parametrize("operation", ["Query", "Scan"])
def test_a_starting_key_of_an_index_is_complete(raw, filled, operation):
    body = {"TableName": filled[0], "IndexName": "all"}
    if operation == "Query":
        body.update(KeyConditionExpression="g = :g", ExpressionAttributeValues={":g": S("g1")})
    whole = {"pk": S("p1"), "sk": N(1), "g": S("g1"), "h": N(2)}
    text = "The provided starting key is invalid"
    for start in (
        {"pk": S("p1"), "sk": N(1)},
        {"g": S("g1"), "h": N(2)},
        {name: value for name, value in whole.items() if name != "h"},
        {**whole, "other": N(1)},
    ):
        assert raw(operation, {**body, "ExclusiveStartKey": start}).message == text
    assert raw(operation, {**body, "ExclusiveStartKey": whole}).status == 200
    assert raw(operation, {**body, "ExclusiveStartKey": {**whole, "h": S("2")}}).message == (
        "The provided key element does not match the schema"
    )
    assert raw(operation, {**body, "ExclusiveStartKey": {**whole, "sk": S("2")}}).message == (
        text + ": The provided key element does not match the schema"
    )
    if operation == "Query":
        outside = "The provided starting key is outside query boundaries based on provided conditions"
        assert raw(operation, {**body, "ExclusiveStartKey": {**whole, "g": S("g2")}}).message == outside


def test_an_index_that_is_not_there(raw, filled):
    text = "The table does not have the specified index: nowhere"
    assert query(raw, filled, "nowhere", "g", S("g1")).message == text
    assert raw("Scan", {"TableName": filled[0], "IndexName": "nowhere"}).message == text
    start = {"pk": S("p1"), "sk": N(1)}
    scan = raw("Scan", {"TableName": filled[0], "IndexName": "nowhere", "ExclusiveStartKey": start})
    assert scan.message == "The provided starting key is invalid"


def test_the_command_line_queries_an_index(aws, filled):
    answer = aws(
        "dynamodb", "query", "--table-name", filled[0], "--index-name", "some",
        "--key-condition-expression", "h = :h AND g = :g",
        "--expression-attribute-values", '{":h":{"N":"2"},":g":{"S":"g1"}}',
        "--projection-expression", "a, pk",
    )  # fmt: skip
    expected = [item for item in members("some", filled[1]) if item["h"] == N(2) and item["g"] == S("g1")]
    assert answer["Count"] == len(expected)
    assert all(set(item) <= {"a", "pk"} for item in answer["Items"])
