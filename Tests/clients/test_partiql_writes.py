"""INSERT, UPDATE and DELETE: what they change, what RETURNING shows, what they cost, what they leave in the stream.

Sources: see test_partiql.
"""

import itertools

import pytest

from dataplane import B, L, M, N, S, shape
from streamreader import read_all
from support import assert_error
from statements import Statements

FAILED = "The conditional request failed"
CONDITION = "ConditionalCheckFailedException"
RETURNING = "Invalid returning clause: RETURNING {}. Only RETURNING ALL OLD * is allowed in DELETE statements."
_numbers = itertools.count()


@pytest.fixture(scope="module")
def pq(dynamodb, make_module_table):
    gsi = {"gsi1": ({"gsiPk": "S"}, "ALL"), "gsi2": ({"gsi2Pk": "S"}, "KEYS_ONLY")}
    return Statements(
        dynamodb,
        H=make_module_table(key={"pk": "S"}),
        T=make_module_table(key={"pk": "S", "sk": "S"}),
        G=make_module_table(**shape({"pk": "S"}, gsi)),
    )


@pytest.fixture
def seed(pq):
    """`seed(a=N(1))`: a new item in H; returns its partition key."""

    def write(**attributes):
        pk = f"seed-{next(_numbers)}"
        pq.write("H", {"pk": S(pk), **attributes})
        return pk

    return write


# INSERT


def test_an_insert_makes_an_item(pq):
    pq.run("INSERT INTO \"H\" VALUE {'pk': 'inserted', 'data': 'x'}")
    assert pq.read("H", pk="inserted") == {"pk": S("inserted"), "data": S("x")}


def test_an_insert_never_replaces(pq, raw, seed):
    # conformance: partiql/executeStatement
    pk = seed(data=S("first"))
    statement = pq.text(f"INSERT INTO \"H\" VALUE {{'pk': '{pk}', 'data': 'second'}}")[0]
    reply = raw("ExecuteStatement", {"Statement": statement})
    assert_error(reply, "DuplicateItemException", "Duplicate primary key exists in table")
    assert pq.read("H", pk=pk)["data"] == S("first")
    pq.run(f"DELETE FROM \"H\" WHERE pk = '{pk}'")
    pq.run(statement)
    assert pq.read("H", pk=pk)["data"] == S("second")


@pytest.mark.parametrize("item", ["{'pk': 'a'}", "{'sk': 'a'}", "{}", "{'pk': 1, 'sk': 'a'}", "{'pk': '', 'sk': 'a'}"])
def test_an_insert_has_the_whole_key(pq, item):
    # The words of AWS are not known.
    pq.refuse(f'INSERT INTO "T" VALUE {item}', None)


# DELETE


def test_a_delete_removes_an_item_and_is_content_with_none(pq, seed):
    # conformance: partiql/executeStatement and writeResponses
    pk = seed()
    for _ in range(2):
        assert pq.items(f"DELETE FROM \"H\" WHERE pk = '{pk}'") == []
        assert pq.read("H", pk=pk) is None
    # Whatever else is asked of the item that is not there
    assert pq.items(f"DELETE FROM \"H\" WHERE pk = '{pk}' AND a = 1") == []
    assert pq.items(f"DELETE FROM \"H\" WHERE pk = '{pk}' AND attribute_exists(pk)") == []


@pytest.mark.parametrize("condition", ["a = 2", "attribute_exists(nope)", "a IS MISSING", "NOT a = 1", "a IN [2, 3]"])
def test_a_delete_whose_condition_fails_keeps_the_item(pq, seed, condition):
    # conformance: partiql/whereFunctions and executeStatement
    pk = seed(a=N(1))
    pq.refuse(f"DELETE FROM \"H\" WHERE pk = '{pk}' AND {condition}", FAILED, code=CONDITION)
    assert pq.read("H", pk=pk) is not None


@pytest.mark.parametrize("condition", ["a = 1", "attribute_not_exists(nope)", "a IN [1, 2]", "(a = 2 OR a = 1)"])
def test_a_delete_whose_condition_holds_removes_the_item(pq, seed, condition):
    pk = seed(a=N(1))
    pq.run(f"DELETE FROM \"H\" WHERE {condition} AND pk = '{pk}'")
    assert pq.read("H", pk=pk) is None


def test_key_equalities_may_stand_in_parentheses(pq):
    # floci: edge 2 and 24
    pq.write("T", {"pk": S("grouped"), "sk": S("1"), "flag": S("x")})
    pq.run("UPDATE \"T\" SET a=2 WHERE (pk='grouped' AND sk='1') AND flag='x'")
    assert pq.read("T", pk="grouped", sk="1")["a"] == N(2)
    pq.run("UPDATE \"T\" SET a=3 WHERE pk='grouped' AND sk='1' AND pk='grouped'")
    assert pq.read("T", pk="grouped", sk="1")["a"] == N(3)
    pq.run("DELETE FROM \"T\" WHERE (pk='grouped' AND sk='1') AND flag='x'")
    assert pq.read("T", pk="grouped", sk="1") is None


# UPDATE


@pytest.mark.parametrize(
    "clauses, changes",
    [
        ("SET a = 2", {"a": N(2)}),
        ("SET c = 'new'", {"c": S("new")}),
        ("SET a = 2, b = 'x'", {"a": N(2), "b": S("x")}),
        ("SET a = 2 SET b = 'x'", {"a": N(2), "b": S("x")}),
        ("REMOVE b", {"b": None}),
        ("REMOVE a REMOVE b", {"a": None, "b": None}),
        ("SET c = 1 REMOVE a", {"c": N(1), "a": None}),
        ("REMOVE a SET c = 1", {"c": N(1), "a": None}),
        ("SET a = a + 1", {"a": N(2)}),
        ("SET a = a - 3", {"a": N(-2)}),
        ("SET c = a", {"c": N(1)}),
        ("SET c = m.x", {"c": N(5)}),
        ("SET m.x = 6, m.y = [1]", {"m": M(x=N(6), y=L(N(1)))}),
        ("SET l[0] = 'z'", {"l": L(S("z"), S("q"))}),
        ("SET l[9] = 'z'", {"l": L(S("p"), S("q"), S("z"))}),
        ("REMOVE l[0]", {"l": L(S("q"))}),
        ("SET l = list_append(l, ['r'])", {"l": L(S("p"), S("q"), S("r"))}),
        ("SET l = LIST_APPEND(['o'], l)", {"l": L(S("o"), S("p"), S("q"))}),
        ("SET nope = 1 REMOVE nope2", {"nope": N(1)}),
        ("SET a = null", {"a": {"NULL": True}}),
        ("SET a = <<1>>", {"a": {"NS": ["1"]}}),
        ("SET a = {'x': {'y': [true]}}", {"a": M(x=M(y=L({"BOOL": True})))}),
    ],
)
@pytest.mark.parametrize("form", ["UPDATE \"H\" {} WHERE pk = '{}'", "FROM \"H\" WHERE pk = '{1}' {0}"])
def test_an_update_changes_what_its_clauses_name(pq, seed, form, clauses, changes):
    # conformance: partiql/executeStatement and fromFirstUpdate; floci: documented 3, 4 and 7
    old = {"a": N(1), "b": S("bee"), "m": M(x=N(5)), "l": L(S("p"), S("q"))}
    pk = seed(**old)
    form = form.replace("{}", "{0}", 1).replace("{}", "{1}", 1)
    assert pq.items(form.format(clauses, pk)) == []
    new = {"pk": S(pk), **old, **changes}
    assert pq.read("H", pk=pk) == {name: value for name, value in new.items() if value is not None}


def test_the_documented_updates(pq, seed):
    # floci: documented 3 and 4, from the developer guide
    pk = seed(
        NumberType=N(1), MapType=M(entryname1=S("value")), ListType=L(N(1), S("stringval")),
        NumberSetType={"NS": ["1", "34"]}, StringSetType={"SS": ["stringval"]},
    )  # fmt: skip
    pq.run(
        "UPDATE \"H\" SET NumberType=NumberType + 100 SET MapType.NewMapEntry=[2020, 'stringvalue', 2.4]"
        " SET ListType = LIST_APPEND(ListType, [4, <<'string1', 'string2'>>])"
        " SET NumberSetType= SET_ADD(NumberSetType, <<345, 48.4>>)"
        f" SET StringSetType = SET_ADD(StringSetType, <<'v1', 'v2'>>) WHERE pk='{pk}'"
    )
    item = pq.read("H", pk=pk)
    assert item["NumberType"] == N(101)
    assert item["MapType"]["M"]["NewMapEntry"] == L(N(2020), S("stringvalue"), N("2.4"))
    assert [*item["ListType"]["L"][:3], sorted(item["ListType"]["L"][3]["SS"])] == [
        N(1), S("stringval"), N(4), ["string1", "string2"]
    ]  # fmt: skip
    assert sorted(item["NumberSetType"]["NS"]) == ["1", "34", "345", "48.4"]
    assert sorted(item["StringSetType"]["SS"]) == ["stringval", "v1", "v2"]
    pq.run(
        'UPDATE "H" SET NumberType=NumberType - 1 REMOVE ListType[1] REMOVE MapType.NewMapEntry'
        " SET NumberSetType = SET_DELETE( NumberSetType, <<345>>)"
        f" SET StringSetType = SET_DELETE( StringSetType, <<'v1'>>) WHERE pk='{pk}'"
    )
    item = pq.read("H", pk=pk)
    assert (item["NumberType"], len(item["ListType"]["L"]), item["MapType"]) == (N(100), 3, M(entryname1=S("value")))
    assert sorted(item["NumberSetType"]["NS"]) == ["1", "34", "48.4"]
    assert sorted(item["StringSetType"]["SS"]) == ["stringval", "v2"]


@pytest.mark.parametrize(
    "clause, name, members",
    [
        # conformance: partiql/setFunctions
        ("SET ss = set_add(ss, <<'0', 'z'>>)", "ss", ["0", "a", "b", "c", "z"]),
        ("SET ns = set_add(ns, <<4, 1>>)", "ns", ["1", "2", "3", "4"]),
        ("SET ss = set_add(ss, <<'a'>>)", "ss", ["a", "b", "c"]),
        ("SET nss = set_add(nss, <<'x'>>)", "nss", ["x"]),
        ("SET ss = SET_ADD(ss, <<'x'>>)", "ss", ["a", "b", "c", "x"]),
        ("SET ss = set_add(ss, <<'x'>>) SET ns = set_add(ns, <<9>>)", "ns", ["1", "2", "3", "9"]),
        ("SET m.s = set_add(m.s, <<'y'>>)", "m", None),
        ("SET ss = set_delete(ss, <<'a'>>)", "ss", ["b", "c"]),
        ("SET ns = set_delete(ns, <<2>>)", "ns", ["1", "3"]),
        ("SET ss = set_delete(ss, <<'a', 'b', 'c'>>)", "ss", []),
        ("SET ss = set_delete(ss, <<'zz'>>)", "ss", ["a", "b", "c"]),
        ("SET nss = set_delete(nss, <<'a'>>)", "nss", []),
    ],
)
def test_sets_gain_and_lose_members(pq, seed, clause, name, members):
    pk = seed(ss={"SS": ["a", "b", "c"]}, ns={"NS": ["1", "2", "3"]}, m=M(s={"SS": ["x"]}))
    pq.run(f"UPDATE \"H\" {clause} WHERE pk = '{pk}'")
    item = pq.read("H", pk=pk)
    if name == "m":
        assert sorted(item["m"]["M"]["s"]["SS"]) == ["x", "y"]
    else:
        assert sorted(next(iter(item.get(name, {"": []}).values()))) == members


def test_binary_sets_gain_members_by_a_parameter(pq, seed):
    # conformance: partiql/setFunctions
    pk = seed(bs={"BS": [b"\1", b"\2"]})
    pq.run('UPDATE "H" SET bs = set_add(bs, ?) WHERE pk = ?', {"BS": [b"\1", b"\3"]}, S(pk))
    assert sorted(pq.read("H", pk=pk)["bs"]["BS"]) == [b"\1", b"\2", b"\3"]
    pq.run('UPDATE "H" SET bs = set_delete(bs, ?) WHERE pk = ?', {"BS": [b"\2"]}, S(pk))
    assert sorted(pq.read("H", pk=pk)["bs"]["BS"]) == [b"\1", b"\3"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE \"H\" SET z = 1 WHERE pk = 'absent'",
        "UPDATE \"H\" SET z = 1 WHERE pk = 'absent' AND attribute_not_exists(pk)",
        "UPDATE \"H\" SET ss = set_add(ss, <<'x'>>) WHERE pk = 'absent'",
        "UPDATE \"H\" REMOVE z WHERE pk = 'absent'",
        "FROM \"H\" WHERE pk = 'absent' SET c = 1",
    ],
)
def test_an_update_never_makes_an_item(pq, statement):
    # conformance: partiql/whereFunctions, setFunctions and fromFirstUpdate
    pq.refuse(statement, FAILED, code=CONDITION)
    assert pq.read("H", pk="absent") is None


def test_an_update_whose_condition_fails_changes_nothing(pq, seed):
    # conformance: partiql/whereFunctions, fromFirstUpdate and comparison
    pk = seed(a=N(1), val=M(x=N(1)))
    for condition in ["a = 2", "attribute_exists(nope)", "val = {'x': 2}", "a IS MISSING", "NOT attribute_exists(a)"]:
        pq.refuse(f"UPDATE \"H\" SET z = 2 WHERE pk = '{pk}' AND {condition}", FAILED, code=CONDITION)
        pq.refuse(f"FROM \"H\" WHERE pk = '{pk}' AND {condition} SET z = 2", FAILED, code=CONDITION)
    assert "z" not in pq.read("H", pk=pk)
    for condition in ["a = 1", "attribute_exists(a)", "val = {'x': 1}", "z IS MISSING"]:
        pq.run(f"UPDATE \"H\" SET y = a WHERE pk = '{pk}' AND {condition}")
    assert pq.read("H", pk=pk)["y"] == N(1)


def test_an_update_guarded_by_a_missing_attribute_happens_once(pq, seed):
    # conformance: partiql/whereFunctions
    pk = seed()
    pq.run(f"UPDATE \"H\" SET y = 1 WHERE pk = '{pk}' AND attribute_not_exists(y)")
    pq.refuse(f"UPDATE \"H\" SET y = 2 WHERE pk = '{pk}' AND attribute_not_exists(y)", FAILED, code=CONDITION)
    assert pq.read("H", pk=pk)["y"] == N(1)


def test_a_failed_condition_shows_the_item_to_who_asks(pq, raw, seed):
    # developer guide: ExecuteStatement, ReturnValuesOnConditionCheckFailure
    pk = seed(a=N(1))
    for statement in [
        f"UPDATE \"H\" SET z = 2 WHERE pk = '{pk}' AND a = 2",
        f"DELETE FROM \"H\" WHERE pk = '{pk}' AND a = 2",
    ]:
        body = {"Statement": pq.text(statement)[0]}
        reply = raw("ExecuteStatement", {**body, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"})
        assert reply.json["Item"] == {"pk": S(pk), "a": N(1)}
        assert reply.message == FAILED
        assert_error(
            raw("ExecuteStatement", {**body, "ReturnValuesOnConditionCheckFailure": "NONE"}), CONDITION, FAILED
        )
        assert_error(raw("ExecuteStatement", body), CONDITION, FAILED)
    body = {"Statement": pq.text("UPDATE \"H\" SET z = 2 WHERE pk = 'absent'")[0]}
    reply = raw("ExecuteStatement", {**body, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"})
    assert_error(reply, CONDITION, FAILED)


PATH = "The document path provided in the update expression is invalid for update"


@pytest.mark.parametrize(
    "clause, message",
    [
        # conformance: partiql/executeStatement; the others as UpdateItem
        ("SET newlist[0] = 1", PATH),
        ("SET newmap.x = 1", PATH),
        ("SET a.x = 1", PATH),
        ("SET a = b + 1", "An operand in the update expression has an incorrect data type"),
        ("SET a = nope + 1", "The provided expression refers to an attribute that does not exist in the item"),
        ("SET a = nope", "The provided expression refers to an attribute that does not exist in the item"),
        ("SET pk = 'other'", None),
        ("REMOVE pk", None),
    ],
)
def test_an_update_that_cannot_be_done_is_refused(pq, seed, clause, message):
    pk = seed(a=N(1), b=S("text"))
    pq.refuse(f"UPDATE \"H\" {clause} WHERE pk = '{pk}'", message)
    assert pq.read("H", pk=pk) == {"pk": S(pk), "a": N(1), "b": S("text")}


def test_an_item_has_409600_octets_whichever_statement_writes_it(pq, seed):
    # conformance: limits/itemSizeBySurface
    pk = "size-of-an-insert"
    room = 409_600 - len("pk" + pk + "p")
    pq.refuse(
        "INSERT INTO \"H\" VALUE {'pk': ?, 'p': ?}",
        "Item size has exceeded the maximum allowed size",
        S(pk),
        S("x" * (room + 1)),
    )
    pq.run("INSERT INTO \"H\" VALUE {'pk': ?, 'p': ?}", S(pk), S("x" * room))
    pk = seed()
    room = 409_600 - len("pk" + pk + "p")
    message = "Item size to update has exceeded the maximum allowed size"
    pq.refuse('UPDATE "H" SET p = ? WHERE pk = ?', message, S("x" * (room + 1)), S(pk))
    pq.run('UPDATE "H" SET p = ? WHERE pk = ?', S("x" * room), S(pk))
    assert len(pq.read("H", pk=pk)["p"]["S"]) == room


# RETURNING


@pytest.mark.parametrize(
    "clauses, returning, expected",
    [
        # conformance: partiql/executeStatement
        (
            "SET data = 'new'",
            "ALL OLD",
            [{"data": S("old"), "m": M(a=N(1), b=N(2)), "tags": L(S("a"), S("b"), S("c"))}],
        ),
        (
            "SET data = 'new'",
            "ALL NEW",
            [{"data": S("new"), "m": M(a=N(1), b=N(2)), "tags": L(S("a"), S("b"), S("c"))}],
        ),
        ("SET data = 'new'", "MODIFIED OLD", [{"data": S("old")}]),
        ("SET data = 'new'", "MODIFIED NEW", [{"data": S("new")}]),
        ("SET data = 'old'", "MODIFIED NEW", [{"data": S("old")}]),
        ("SET m.a = 9", "MODIFIED OLD", [{"m": M(a=N(1))}]),
        ("SET m.a = 9", "MODIFIED NEW", [{"m": M(a=N(9))}]),
        ("SET m.a = 9, data = 'new'", "MODIFIED NEW", [{"m": M(a=N(9)), "data": S("new")}]),
        ("SET tags[2] = 'z' SET tags[0] = 'x'", "MODIFIED NEW", [{"tags": L(S("x"), S("z"))}]),
        ("SET tags[2] = 'z' SET tags[0] = 'x'", "MODIFIED OLD", [{"tags": L(S("a"), S("c"))}]),
        ("REMOVE tags[1]", "MODIFIED NEW", [{"tags": L(S("c"))}]),
        ("REMOVE tags[1]", "MODIFIED OLD", [{"tags": L(S("b"))}]),
        ("SET tags[5] = 'x'", "MODIFIED NEW", []),
        ("REMOVE data", "MODIFIED NEW", []),
        ("REMOVE data", "MODIFIED OLD", [{"data": S("old")}]),
        ("SET fresh = 1", "MODIFIED OLD", []),
        ("SET fresh = 1", "MODIFIED NEW", [{"fresh": N(1)}]),
        ("SET fresh = 1 REMOVE data", "MODIFIED NEW", [{"fresh": N(1)}]),
        ("SET data = 'new' SET fresh = 1", "MODIFIED OLD", [{"data": S("old")}]),
    ],
)
def test_an_update_returns_what_is_asked_for(pq, seed, clauses, returning, expected):
    pk = seed(data=S("old"), m=M(a=N(1), b=N(2)), tags=L(S("a"), S("b"), S("c")))
    if returning.startswith("ALL"):
        expected = [{"pk": S(pk), **expected[0]}]
    assert pq.items(f"UPDATE \"H\" {clauses} WHERE pk = '{pk}' RETURNING {returning} *") == expected


def test_a_from_first_update_returns_too(pq, seed):
    # conformance: partiql/fromFirstUpdate
    pk = seed(a=N(1))
    found = pq.items(f"from \"H\" where pk = '{pk}' set d = 3 returning all new *")
    assert found == [{"pk": S(pk), "a": N(1), "d": N(3)}]


def test_a_delete_returns_the_old_item_alone(pq, seed):
    # conformance: partiql/executeStatement, error-messages/partiql
    pk = seed(a=N(1))
    for returning in ["MODIFIED OLD", "ALL NEW", "MODIFIED NEW"]:
        statement = f"DELETE FROM \"H\" WHERE pk = '{pk}' RETURNING {returning} *"
        pq.refuse(statement, RETURNING.format(returning + " *"))
    statement = f"DELETE FROM \"H\" WHERE pk = '{pk}' RETURNING ALL OLD *"
    assert pq.items(statement) == [{"pk": S(pk), "a": N(1)}]
    assert pq.items(statement) == []


# Capacity


def test_a_write_costs_what_the_operation_of_one_item_costs(pq):
    # floci: consumed capacity 4
    answer = pq.run(
        "INSERT INTO \"G\" VALUE {'pk': 'a', 'gsiPk': 'i1', 'gsi2Pk': 'i2'}", ReturnConsumedCapacity="INDEXES"
    )
    one = {"CapacityUnits": 1.0}
    assert answer["ConsumedCapacity"] == {
        "TableName": pq.tables["G"],
        "CapacityUnits": 3.0,
        "Table": one,
        "GlobalSecondaryIndexes": {"gsi1": one, "gsi2": one},
    }
    answer = pq.run("UPDATE \"G\" SET other = ? WHERE pk = 'a'", S("x" * 1500), ReturnConsumedCapacity="INDEXES")
    assert answer["ConsumedCapacity"]["Table"] == {"CapacityUnits": 2.0}
    assert answer["ConsumedCapacity"]["GlobalSecondaryIndexes"] == {"gsi1": {"CapacityUnits": 2.0}}


@pytest.mark.parametrize(
    "statement", ["DELETE FROM \"H\" WHERE pk = 'absent'", "INSERT INTO \"H\" VALUE {'pk': 'cost'}"]
)
def test_a_write_costs_one_unit_at_least(pq, statement):
    # floci: consumed capacity 4
    answer = pq.run(statement, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == {"TableName": pq.tables["H"], "CapacityUnits": 1.0}
    assert answer["Items"] == []


# Streams and indexes


def test_the_stream_has_a_record_of_each_change(dynamodb, streams, make_table):
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    pq = Statements(dynamodb, S=make_table(key={"pk": "S"}, StreamSpecification=stream))
    pq.run("INSERT INTO \"S\" VALUE {'pk': 'a', 'n': 1}")
    pq.run("UPDATE \"S\" SET n = n + 1 WHERE pk = 'a'")
    pq.run("UPDATE \"S\" SET n = 2 WHERE pk = 'a'")
    pq.refuse(
        "INSERT INTO \"S\" VALUE {'pk': 'a'}", "Duplicate primary key exists in table", code="DuplicateItemException"
    )
    pq.refuse("UPDATE \"S\" SET n = 3 WHERE pk = 'a' AND n = 5", FAILED, code=CONDITION)
    pq.run("SELECT * FROM \"S\" WHERE pk = 'a'")
    pq.run("FROM \"S\" WHERE pk = 'a' REMOVE n")
    pq.batch("INSERT INTO \"S\" VALUE {'pk': 'b'}", "INSERT INTO \"S\" VALUE {'pk': 'a'}")
    pq.transact("UPDATE \"S\" SET t = 1 WHERE pk = 'b'", "DELETE FROM \"S\" WHERE pk = 'never'")
    pq.run("DELETE FROM \"S\" WHERE pk = 'a' RETURNING ALL OLD *")
    pq.run("DELETE FROM \"S\" WHERE pk = 'a'")
    arn = dynamodb.describe_table(TableName=pq.tables["S"])["Table"]["LatestStreamArn"]
    records = [
        (record["eventName"], record["dynamodb"].get("OldImage"), record["dynamodb"].get("NewImage"))
        for record in read_all(streams, arn)
    ]

    def of(pk):
        return [record for record in records if (record[1] or record[2])["pk"] == S(pk)]

    one, two, bare = {"pk": S("a"), "n": N(1)}, {"pk": S("a"), "n": N(2)}, {"pk": S("a")}
    assert of("a") == [("INSERT", None, one), ("MODIFY", one, two), ("MODIFY", two, bare), ("REMOVE", bare, None)]
    assert of("b") == [("INSERT", None, {"pk": S("b")}), ("MODIFY", {"pk": S("b")}, {"pk": S("b"), "t": N(1)})]
    assert len(records) == 6


def test_writes_reach_the_indexes(pq):
    pq.run("INSERT INTO \"G\" VALUE {'pk': 'indexed', 'gsiPk': 'g', 'b': ?}", B(b"x"))
    assert pq.items('SELECT b FROM "G"."gsi1" WHERE gsiPk = \'g\'') == [{"b": B(b"x")}]
    pq.run("UPDATE \"G\" SET gsiPk = 'h' WHERE pk = 'indexed'")
    assert pq.items('SELECT b FROM "G"."gsi1" WHERE gsiPk = \'g\'') == []
    assert len(pq.items('SELECT b FROM "G"."gsi1" WHERE gsiPk = \'h\'')) == 1
    pq.refuse("UPDATE \"G\" SET gsiPk = 1 WHERE pk = 'indexed'", None)
    pq.refuse("INSERT INTO \"G\" VALUE {'pk': 'wrong', 'gsiPk': 1}", None)
    pq.run("DELETE FROM \"G\" WHERE pk = 'indexed'")
    assert pq.items('SELECT b FROM "G"."gsi1" WHERE gsiPk = \'h\'') == []
