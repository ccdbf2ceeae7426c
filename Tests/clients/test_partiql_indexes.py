"""SELECT from an index: its items and attributes, what a local index fetches, filters, capacity by arms.

Sources: see test_partiql; here the conformance suite's partiql/indexQualifier, executeStatementIndex and
multiAttributeIndex, floci's edge 11, 22 and 30 and its test of consumed capacity.
"""

import pytest

from dataplane import N, S, shape
from statements import INVALID, MALFORMED, Statements

FILTERS = INVALID + "Secondary index {} does not project one or more filter attributes: [{}]"
COLUMNS = INVALID + "Global secondary index {} does not project [{}]"
SEVERAL = (
    "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute RANGE keys."
)
BATCH_KEY = "Select statements within BatchExecuteStatement must specify the primary key in the where clause."


def row(pk, sk, **attributes):
    return {"pk": S(pk), "sk": S(sk), **{name: S(value) for name, value in attributes.items()}}


@pytest.fixture(scope="module")
def pq(dynamodb, make_module_table):
    """I: an index of every kind; `nonproj` is in none but those of all. E: a partition key alone."""
    gsi = {
        "gsi-all": ({"gsiPk": "S"}, "ALL"),
        "gsi-keys": ({"gsiPk2": "S"}, "KEYS_ONLY"),
        "gsi-inc": ({"gsiPk2": "S"}, ["projattr"]),
        "gsi-sort": ({"gsiPk2": "S", "lsiSk": "S"}, "ALL"),
    }
    lsi = {
        "lsi-all": ({"pk": "S", "lsiSk": "S"}, "ALL"),
        "lsi-keys": ({"pk": "S", "lsiSk2": "S"}, "KEYS_ONLY"),
        "lsi-inc": ({"pk": "S", "lsiSk3": "S"}, ["projattr"]),
    }
    statements = Statements(
        dynamodb,
        I=make_module_table(**shape({"pk": "S", "sk": "S"}, gsi, lsi)),
        E=make_module_table(**shape({"pk": "S"}, {"gsi-inc": ({"gsiPk": "S"}, ["projattr"])})),
    )
    statements.write(
        "I",
        row("p", "s1", gsiPk="x", gsiPk2="y", lsiSk="l1", lsiSk2="k1", lsiSk3="m1", projattr="proj1", nonproj="np1"),
        row("p", "s2", gsiPk="z", gsiPk2="y", lsiSk="l2", lsiSk2="k2", lsiSk3="m2", projattr="proj2", nonproj="np2"),
        row("p", "s3", nonproj="np3"),
        row("p", "s4", gsiPk="x", gsiPk2="y", lsiSk="l4", lsiSk2="k4", lsiSk3="m4", projattr="proj4", nonproj="np4"),
        row("q", "s5", gsiPk2="y2", projattr="proj5", nonproj="np5"),
    )
    statements.write("E", {"pk": S("p"), "gsiPk": S("y"), "projattr": S("proj1"), "nonproj": S("np1")})
    return statements


def sorts(pq, source, condition, **members):
    return sorted(item["sk"]["S"] for item in pq.items(f"SELECT sk FROM {source} WHERE {condition}", **members))


# Items and attributes


def test_an_index_has_the_items_that_have_its_key(pq):
    assert sorts(pq, '"I"."gsi-all"', "gsiPk = 'x'") == ["s1", "s4"]
    assert sorts(pq, '"I"', "pk = 'p'") == ["s1", "s2", "s3", "s4"]
    assert sorts(pq, '"I"."lsi-all"', "pk = 'p'") == ["s1", "s2", "s4"]
    assert len(pq.items('SELECT * FROM "I"."gsi-keys"')) == 4


@pytest.mark.parametrize(
    "source, condition, names",
    [
        ('"I"."gsi-keys"', "gsiPk2 = 'y'", {"pk", "sk", "gsiPk2"}),
        ('"I"."gsi-inc"', "gsiPk2 = 'y'", {"pk", "sk", "gsiPk2", "projattr"}),
        ('"I"."lsi-keys"', "pk = 'p'", {"pk", "sk", "lsiSk2"}),
        ('"I"."lsi-inc"', "pk = 'p'", {"pk", "sk", "lsiSk3", "projattr"}),
    ],
)
def test_a_star_is_what_the_index_projects(pq, source, condition, names):
    answer = pq.run(f"SELECT * FROM {source} WHERE {condition}", ReturnConsumedCapacity="INDEXES")
    assert [set(item) for item in answer["Items"]] == [names] * 3
    assert answer["ConsumedCapacity"]["Table"] == {"CapacityUnits": 0.0}


def test_a_read_by_another_key_scans_the_index(pq):
    # conformance: partiql/executeStatementIndex
    assert sorts(pq, '"I"."gsi-all"', "pk = 'p'") == ["s1", "s2", "s4"]


def test_a_local_index_fetches_the_columns_that_it_lacks(pq):
    found = pq.items('SELECT nonproj FROM "I"."lsi-keys" WHERE pk = \'p\'')
    assert found == [{"nonproj": S("np1")}, {"nonproj": S("np2")}, {"nonproj": S("np4")}]
    assert pq.items("SELECT nonproj FROM \"I\".\"lsi-inc\" WHERE pk = 'p' AND lsiSk3 = 'm2'") == [{"nonproj": S("np2")}]


@pytest.mark.parametrize(
    "columns, condition, listed",
    [
        ("nonproj", " WHERE gsiPk2 = 'y'", "nonproj"),
        ("zz, projattr, aa", " WHERE gsiPk2 = 'y'", "zz, aa"),
        ("nonproj", "", "nonproj"),
    ],
)
def test_a_global_index_refuses_columns_that_it_lacks(pq, columns, condition, listed):
    # conformance: partiql/executeStatementIndex, error-messages/partiqlIndexQualifier
    pq.refuse(f'SELECT {columns} FROM "I"."gsi-inc"{condition}', COLUMNS.format("gsi-inc", listed))


def test_a_global_index_is_not_read_consistently_and_a_local_one_is(pq):
    message = "Strongly consistent read is not supported on Global Secondary Indexes"
    pq.refuse('SELECT * FROM "I"."gsi-all" WHERE gsiPk = \'x\'', message, ConsistentRead=True)
    assert sorts(pq, '"I"."lsi-all"', "pk = 'p'", ConsistentRead=True) == ["s1", "s2", "s4"]


# Filters


@pytest.mark.parametrize(
    "index, condition, names",
    [
        # conformance: partiql/indexQualifier
        ("gsi-inc", "gsiPk2 = 'y' AND nonproj = 'np1'", "nonproj"),
        ("lsi-keys", "pk = 'p' AND nonproj = 'np1'", "nonproj"),
        ("gsi-inc", "gsiPk2 = 'y' AND nonproj IS MISSING", "nonproj"),
        ("gsi-inc", "gsiPk2 = 'y' AND nonproj IS NOT MISSING", "nonproj"),
        ("gsi-inc", "gsiPk2 = 'y' AND begins_with(nonproj, 'np')", "nonproj"),
        ("gsi-inc", "gsiPk2 = 'y' AND NOT nonproj = 'np1'", "nonproj"),
        ("gsi-inc", "gsiPk2 IN ['y', 'z'] AND nonproj = 'np1'", "nonproj"),
        ("lsi-keys", "pk = 'p' AND lsiSk2 BETWEEN 'k1' AND 'k4' AND nonproj = 'np1'", "nonproj"),
    ],
)
def test_a_keyed_read_of_an_index_does_not_filter_by_what_it_lacks(pq, index, condition, names):
    pq.refuse(f'SELECT pk FROM "I"."{index}" WHERE {condition}', FILTERS.format(index, names))


@pytest.mark.parametrize(
    "condition, names",
    [
        # floci: edge 11; a hash of Java gives the order
        ("gsiPk='y' AND NOT (nonproj='np1' OR projattr='x')", "nonproj"),
        ("gsiPk='y' AND b='1' AND (a='2' OR projattr='3')", "a, b"),
        ("gsiPk='y' AND (zz='1' OR aa='2' OR mm='3')", "zz, aa, mm"),
        # floci: edge 22
        ("(gsiPk='y' OR gsiPk='z') AND zz='1'", "zz"),
        ("(gsiPk='b' AND u1='1') OR (gsiPk='q' AND u2='1')", "u2"),
        ("(gsiPk='q' AND u1='1') OR (gsiPk='b' AND u2='1')", "u1"),
    ],
)
def test_the_names_that_an_index_lacks_are_those_of_the_last_partition(pq, condition, names):
    pq.refuse(f'SELECT pk FROM "E"."gsi-inc" WHERE {condition}', FILTERS.format("gsi-inc", names))


@pytest.mark.parametrize(
    "condition, count",
    [
        # floci: edge 11 and 22
        ("gsiPk='y' AND (projattr='proj1' OR projattr='proj2')", 1),
        ("(gsiPk='y' AND projattr='1') OR (gsiPk='z' AND aa='1')", 0),
        ("gsiPk > 'a' AND zz='1'", 0),
        ("gsiPk='y' AND (gsiPk='z' OR zz='1')", 0),
        ("(gsiPk='y' AND zz='1') OR aa='1'", 0),
        ("nonproj = 'np1'", 0),
        ("NOT nonproj = 'np1'", 1),
    ],
)
def test_a_read_that_one_way_leaves_without_such_a_filter_runs(pq, condition, count):
    assert len(pq.items(f'SELECT pk FROM "E"."gsi-inc" WHERE {condition}')) == count


def test_an_index_without_a_sort_key_has_overlaps_too(pq):
    # floci: edge 22
    pq.refuse(
        "SELECT pk FROM \"E\".\"gsi-inc\" WHERE (gsiPk='y' AND zz='1') OR (gsiPk='y' AND aa='1')",
        "Overlapping conditions with range keys are not supported in where clause",
    )


@pytest.mark.parametrize(
    "index, condition, expected",
    [
        # conformance: partiql/indexQualifier; floci: edge 30
        ("gsi-inc", "nonproj = 'np1'", []),
        ("lsi-keys", "nonproj = 'np1'", []),
        ("gsi-inc", "nonproj = 'np1' AND nonproj = 'np2'", []),
        ("gsi-inc", "gsiPk2 = 'y' AND projattr = 'proj1'", ["s1"]),
        ("gsi-inc", "gsiPk2 = 'y' AND projattr IS NOT MISSING", ["s1", "s2", "s4"]),
        ("gsi-keys", "NOT nonproj = 'np1'", ["s1", "s2", "s4", "s5"]),
        ("gsi-inc", "(gsiPk2 = 'y' AND nonproj = 'np1') OR (gsiPk2 = 'y2')", ["s5"]),
        ("gsi-all", "gsiPk = 'x' AND nonproj = 'np4'", ["s4"]),
        ("lsi-keys", "pk = 'p' AND lsiSk2 BETWEEN 'k2' AND 'k4'", ["s2", "s4"]),
    ],
)
def test_a_filter_sees_what_the_index_has(pq, index, condition, expected):
    assert sorts(pq, f'"I"."{index}"', condition) == expected


# Order and pages


def test_the_keys_to_order_by_are_the_indexs(pq):
    # floci: documented 11
    found = pq.items('SELECT sk FROM "I"."gsi-sort" WHERE gsiPk2 = \'y\' ORDER BY lsiSk DESC')
    assert [item["sk"]["S"] for item in found] == ["s4", "s2", "s1"]
    found = pq.items('SELECT sk FROM "I"."lsi-keys" WHERE pk = \'p\' ORDER BY lsiSk2 DESC')
    assert [item["sk"]["S"] for item in found] == ["s4", "s2", "s1"]
    message = "Attribute {} in ORDER BY clause must be part of the primary key"
    with pytest.raises(pq.dynamodb.exceptions.ClientError) as raised:
        pq.run('SELECT sk FROM "I"."gsi-sort" WHERE gsiPk2 = \'y\' ORDER BY sk')
    assert raised.value.response["Error"]["Message"] == message.format("sk")


@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize(
    "clause",
    [
        '"I"."gsi-all" WHERE gsiPk = \'x\'',
        "\"I\".\"gsi-keys\" WHERE gsiPk2 IN ['y', 'y2']",
        '"I"."gsi-keys"',
        '"I"."gsi-sort" WHERE gsiPk2 = \'y\' ORDER BY lsiSk DESC',
        '"I"."lsi-keys" WHERE pk = \'p\'',
    ],
)
def test_pages_of_an_index_together_are_the_whole(pq, clause, limit):
    statement, found, token = f"SELECT pk, sk FROM {clause}", [], {}
    for _ in range(9):
        answer = pq.run(statement, Limit=limit, **token)
        found += answer["Items"]
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert found == pq.items(statement)


def test_a_token_is_of_its_index(pq):
    token = pq.run('SELECT pk, sk FROM "I"."gsi-inc" WHERE gsiPk2 = \'y\'', Limit=1)["NextToken"]
    statement = 'SELECT pk, sk FROM "I"."gsi-keys" WHERE gsiPk2 = \'y\''
    pq.refuse(statement, "NextToken does not match request", NextToken=token)


# Capacity


def arms(pq, statement, **members):
    """Of the whole, the table, and the index."""
    consumed = pq.run(statement, ReturnConsumedCapacity="INDEXES", **members)["ConsumedCapacity"]
    assert consumed.pop("TableName") == pq.tables["I"]
    indexes = [
        *consumed.pop("GlobalSecondaryIndexes", {}).values(),
        *consumed.pop("LocalSecondaryIndexes", {}).values(),
    ]
    assert set(consumed) == {"CapacityUnits", "Table"}
    (index,) = indexes
    assert set(index) == set(consumed["Table"]) == {"CapacityUnits"}
    return consumed["CapacityUnits"], consumed["Table"]["CapacityUnits"], index["CapacityUnits"]


@pytest.mark.parametrize(
    "statement, members, expected",
    [
        ('SELECT pk FROM "I"."gsi-all" WHERE gsiPk = \'x\'', {}, (0.5, 0.0, 0.5)),
        ('SELECT pk FROM "I"."lsi-all" WHERE pk = \'p\'', {}, (0.5, 0.0, 0.5)),
        ('SELECT pk FROM "I"."lsi-all" WHERE pk = \'p\'', {"ConsistentRead": True}, (1.0, 0.0, 1.0)),
        ('SELECT lsiSk2 FROM "I"."lsi-keys" WHERE pk = \'p\'', {}, (0.5, 0.0, 0.5)),
        # A fetch of each row looked at
        ('SELECT nonproj FROM "I"."lsi-keys" WHERE pk = \'p\'', {}, (2.0, 1.5, 0.5)),
        ('SELECT nonproj FROM "I"."lsi-keys" WHERE pk = \'p\'', {"ConsistentRead": True}, (4.0, 3.0, 1.0)),
        ('SELECT nonproj FROM "I"."lsi-keys" WHERE pk = \'p\'', {"Limit": 1}, (1.0, 0.5, 0.5)),
        ("SELECT nonproj FROM \"I\".\"lsi-inc\" WHERE pk = 'p' AND projattr = 'none'", {}, (2.0, 1.5, 0.5)),
    ],
)
def test_an_index_read_is_charged_to_its_arms(pq, statement, members, expected):
    assert arms(pq, statement, **members) == expected


def test_each_fetched_item_is_rounded_by_itself(pq, dynamodb):
    # dynoxide: items of nine kilobytes
    for number in range(3):
        item = row("big", str(number), lsiSk2=f"k{number}", nonproj="x" * 9000)
        dynamodb.put_item(TableName=pq.tables["I"], Item=item)
    assert arms(pq, 'SELECT nonproj FROM "I"."lsi-keys" WHERE pk = \'big\'') == (5.0, 4.5, 0.5)
    for number in range(3):
        dynamodb.delete_item(TableName=pq.tables["I"], Key=row("big", str(number)))


# Keys of several attributes


@pytest.fixture(scope="module")
def several(dynamodb, make_module_table):
    """M: two and two; P: two and one, beside an index of one and a local one; C: one and one."""

    def gsi(name, *hashes, ranges):
        keys = [*((each, "HASH") for each in hashes), *((each, "RANGE") for each in ranges)]
        schema = [{"AttributeName": attribute, "KeyType": kind} for attribute, kind in keys]
        return {"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}

    def table(names, key, *indexes, **more):
        definitions = [{"AttributeName": name, "AttributeType": "S"} for name in names.split()]
        schema = [{"AttributeName": name, "KeyType": kind} for name, kind in zip(key, ["HASH", "RANGE"])]
        return make_module_table(
            AttributeDefinitions=definitions, KeySchema=schema, GlobalSecondaryIndexes=list(indexes), **more
        )

    local = shape({"id": "S", "sk": "S"}, lsi={"local": ({"id": "S", "l": "S"}, "ALL")})["LocalSecondaryIndexes"]
    statements = Statements(
        dynamodb,
        M=table("id h1 h2 r1 r2", ["id"], gsi("gsi", "h1", "h2", ranges=["r1", "r2"])),
        P=table(
            "id sk g h1 h2 r1 l", ["id", "sk"], gsi("single", "g", ranges=[]), gsi("multi", "h1", "h2", ranges=["r1"]),
            LocalSecondaryIndexes=local,
        ),
        C=table("id h1 r1", ["id"], gsi("gsi", "h1", ranges=["r1"])),
    )  # fmt: skip
    item = {name: S(value) for name, value in {"id": "i1", "h1": "a", "h2": "x", "r1": "m", "r2": "n"}.items()}
    statements.write("M", item)
    statements.write("C", item)
    statements.write("P", {**item, "sk": S("s"), "g": S("g1"), "l": S("l1")})
    return statements


@pytest.mark.parametrize(
    "statement, message, parameters",
    [
        ('SELECT * FROM "M"."gsi" WHERE h1 = \'a\'', SEVERAL, []),
        ('SELECT * FROM "P"."multi" WHERE h1 = \'a\'', SEVERAL, []),
        ("SELECT * FROM \"P\".\"multi\" WHERE h1 = 'a' AND h2 = 'x'", SEVERAL, []),
        ("SELECT id FROM \"M\".\"gsi\" WHERE h1 = 'a' AND h2 = 'x' ORDER BY r1 DESC", SEVERAL, []),
        # Ahead of it
        ('SELECT * FROM "P"."multi" WHERE', MALFORMED + "Unexpected term", []),
        ('SELECT * FROM "P"."multi" WHERE h1 = 1e99999999999', MALFORMED, []),
        (
            'SELECT * FROM "P"."multi" WHERE h1 = ?',
            "The parameter cannot be converted to a numeric value: abc",
            [N("abc")],
        ),
        # Behind it
        ('SELECT * FROM "P"."multi" WHERE h1 = 5', SEVERAL, []),
        ('SELECT * FROM "P"."multi" WHERE id = \'i1\'', SEVERAL, []),
        ('SELECT * FROM "P"."multi"', SEVERAL, []),
        ('SELECT COUNT(*) FROM "P"."multi"', SEVERAL, []),
    ],
)
def test_an_index_whose_key_has_several_attributes_is_not_read(several, statement, message, parameters):
    # conformance: error-messages/partiqlMultiAttributeIndex
    several.refuse(statement, message, *parameters)


def test_the_rest_of_its_table_is(several):
    # conformance: partiql/multiAttributeIndex
    for source, condition in [
        ('"M"', "id = 'i1'"), ('"P"', "id = 'i1'"), ('"P"."single"', "g = 'g1'"), ('"P"."local"', "id = 'i1'"),
    ]:  # fmt: skip
        assert len(several.items(f"SELECT * FROM {source} WHERE {condition}")) == 1
    several.run("INSERT INTO \"M\" VALUE {'id': 'n1'}")
    several.run("UPDATE \"M\" SET a = 1 WHERE id = 'n1'")
    assert several.read("M", id="n1") == {"id": S("n1"), "a": N(1)}
    several.run("DELETE FROM \"M\" WHERE id = 'n1'")


def test_in_a_batch_it_fails_its_member_alone(several):
    # conformance: error-messages/partiqlMultiAttributeIndex
    control, multi, base = several.batch(
        "SELECT * FROM \"C\".\"gsi\" WHERE h1 = 'a' AND r1 = 'm'",
        "SELECT * FROM \"P\".\"multi\" WHERE h1 = 'a' AND h2 = 'x' AND r1 = 'm'",
        "SELECT id FROM \"M\" WHERE id = 'i1'",
    )["Responses"]
    assert control["Error"] == {"Code": "ValidationError", "Message": BATCH_KEY}
    assert multi["Error"] == {"Code": "ValidationError", "Message": SEVERAL}
    assert base == {"TableName": several.tables["M"], "Item": {"id": S("i1")}}
