"""BatchExecuteStatement: each member's answer or error, what refuses the batch, what it costs.

Sources: see test_partiql; here the conformance suite's partiql/batchExecuteStatement, floci's edge 8, 23, 27 and 29
and its test of consumed capacity, localstack's snapshot test_batch_execute_statement.
"""

import itertools
import re

import pytest

from dataplane import L, M, N, S, shape
from support import assert_error, expect_error
from statements import INVALID, MALFORMED, NOT_FOUND, NOWHERE, Statements

KEY = "Select statements within BatchExecuteStatement must specify the primary key in the where clause."
NO_KEY = "Where clause does not contain a mandatory equality on all key attributes"
FAILED = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
DUPLICATE = {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}
_numbers = itertools.count()


@pytest.fixture(scope="module")
def pq(dynamodb, make_module_table):
    gsi = {"gsi-all": ({"gsiPk": "S"}, "ALL")}
    statements = Statements(
        dynamodb,
        H=make_module_table(key={"pk": "S"}),
        T=make_module_table(**shape({"pk": "S", "sk": "S"}, gsi)),
        O=make_module_table(key={"pk": "S"}),
    )
    statements.write("H", *({"pk": S(pk), "v": S(pk * 2)} for pk in "abc"))
    statements.write("T", {"pk": S("p"), "sk": S("1"), "flag": S("one"), "gsiPk": S("g")})
    return statements


@pytest.fixture
def fresh(pq):
    """`fresh(a=N(1))`: a new item in H; without attributes a key that nothing has."""

    def make(**attributes):
        pk = f"fresh-{next(_numbers)}"
        if attributes:
            pq.write("H", {"pk": S(pk), **attributes})
        return pk

    return make


def refused(message, code="ValidationError"):
    """The answer of a member that was refused before it ran."""
    return {"Error": {"Code": code, "Message": message}}


def capacity(pq, *statements, detail="TOTAL"):
    return pq.batch(*statements, ReturnConsumedCapacity=detail).get("ConsumedCapacity")


# Answers


def test_reads_are_answered_in_their_order(pq):
    name = pq.tables["H"]
    assert pq.batch(
        "SELECT * FROM \"H\" WHERE pk = 'b'",
        ('SELECT v FROM "H" WHERE pk = ?', S("a")),
        "SELECT * FROM \"H\" WHERE pk = 'nobody'",
        "SELECT nope FROM \"H\" WHERE pk = 'c'",
        "SELECT flag FROM \"T\" WHERE sk = '1' AND (pk = 'p')",
    ) == {
        "Responses": [
            {"TableName": name, "Item": {"pk": S("b"), "v": S("bb")}},
            {"TableName": name, "Item": {"v": S("aa")}},
            {"TableName": name},
            {"TableName": name, "Item": {}},
            {"TableName": pq.tables["T"], "Item": {"flag": S("one")}},
        ]
    }


def test_writes_name_their_table(pq, fresh):
    new, old, gone = fresh(), fresh(a=N(1)), fresh(a=N(1))
    assert pq.batch(
        f"INSERT INTO \"H\" VALUE {{'pk': '{new}', 'data': 'new'}}",
        f"UPDATE \"H\" SET data = 'after' WHERE pk = '{old}' AND a = 1",
        f"DELETE FROM \"H\" WHERE pk = '{gone}'",
        "DELETE FROM \"H\" WHERE pk = 'never there' AND a = 1",
    ) == {"Responses": [{"TableName": pq.tables["H"]}] * 4}
    assert pq.read("H", pk=new) == {"pk": S(new), "data": S("new")}
    assert pq.read("H", pk=old) == {"pk": S(old), "a": N(1), "data": S("after")}
    assert pq.read("H", pk=gone) is None


def test_a_member_may_be_a_from_first_update_and_add_to_a_set(pq, fresh):
    # conformance: partiql/fromFirstUpdate and setFunctions
    one, two = fresh(ss={"SS": ["a"]}), fresh(ss={"SS": ["a"]})
    answer = pq.batch(
        f"FROM \"H\" WHERE pk = '{one}' SET c = 1", f"UPDATE \"H\" SET ss = set_add(ss, <<'t'>>) WHERE pk = '{two}'"
    )
    assert answer == {"Responses": [{"TableName": pq.tables["H"]}] * 2}
    assert pq.read("H", pk=one)["c"] == N(1)
    assert sorted(pq.read("H", pk=two)["ss"]["SS"]) == ["a", "t"]


@pytest.mark.parametrize(
    "statement, item",
    [
        ("DELETE FROM \"H\" WHERE pk = '{}' RETURNING ALL OLD *", {"data": S("old")}),
        ("UPDATE \"H\" SET data = 'new' WHERE pk = '{}' RETURNING ALL NEW *", {"data": S("new")}),
        ("UPDATE \"H\" SET data = 'new' WHERE pk = '{}' RETURNING ALL OLD *", {"data": S("old")}),
    ],
)
def test_returning_is_honoured(pq, fresh, statement, item):
    pk = fresh(data=S("old"))
    expected = {"TableName": pq.tables["H"], "Item": {"pk": S(pk), **item}}
    assert pq.batch(statement.format(pk)) == {"Responses": [expected]}


def test_returning_what_was_modified_leaves_the_key_and_an_empty_item_out(pq, fresh):
    one, two = fresh(data=S("old")), fresh(data=S("old"))
    assert pq.batch(
        f"UPDATE \"H\" SET data = 'new' WHERE pk = '{one}' RETURNING MODIFIED NEW *",
        f"UPDATE \"H\" REMOVE data WHERE pk = '{two}' RETURNING MODIFIED NEW *",
        "DELETE FROM \"H\" WHERE pk = 'never there' RETURNING ALL OLD *",
    )["Responses"] == [
        {"TableName": pq.tables["H"], "Item": {"data": S("new")}},
        {"TableName": pq.tables["H"]},
        {"TableName": pq.tables["H"]},
    ]
    assert pq.read("H", pk=two) == {"pk": S(two)}


def test_a_condition_of_a_read_may_repeat_the_key(pq):
    # floci: edge 23
    found = {"TableName": pq.tables["T"], "Item": {"sk": S("1")}}
    answer = pq.batch("SELECT sk FROM \"T\" WHERE pk IN ['p'] AND sk='1'")
    assert answer == {"Responses": [found]}
    assert pq.batch("SELECT sk FROM \"T\" WHERE (pk='p') AND sk IN ['1'] AND pk='p'") == {"Responses": [found]}


# Errors of a member


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM \"H\" WHERE v = 'a'",
        'SELECT * FROM "H"',
        "SELECT * FROM \"T\" WHERE pk = 'p'",
        "SELECT * FROM \"T\" WHERE pk = 'p' AND sk > '0'",
        "SELECT * FROM \"T\" WHERE pk = 'p' AND sk = '1' AND flag = 'one'",
        "SELECT * FROM \"T\" WHERE pk = 'p' AND sk = '1' AND pk = 'other'",
        "SELECT * FROM \"T\" WHERE pk = 'p' AND sk IN ['1', '2']",
        "SELECT * FROM \"T\" WHERE pk = 'p' AND sk = '1' AND attribute_exists(flag)",
        "SELECT * FROM \"H\" WHERE pk = 'a' AND attribute_exists(v)",
        'SELECT * FROM "T"."gsi-all" WHERE gsiPk = \'g\'',
        "SELECT * FROM \"T\".\"gsi-all\" WHERE pk = 'p' AND sk = '1' AND gsiPk = 'g'",
    ],
)
def test_a_read_names_one_item_by_its_key_and_asks_for_nothing_else(pq, statement):
    answer = pq.batch(statement, "SELECT pk FROM \"H\" WHERE pk = 'a'")
    assert answer["Responses"] == [refused(KEY), {"TableName": pq.tables["H"], "Item": {"pk": S("a")}}]


@pytest.mark.parametrize(
    "statement, parameters, expected",
    [
        ("SLECT * FROM \"H\" WHERE pk = 'x'", [], refused(MALFORMED + "Expected data manipulation")),
        ('SELECT * FROM "H" WHERE', [], refused(MALFORMED + "Unexpected term")),
        (f"SELECT * FROM {NOWHERE} WHERE pk = 'x'", [], refused(NOT_FOUND, "ResourceNotFound")),
        # dynoxide: the table comes before the key.
        (f"SELECT * FROM {NOWHERE} WHERE v = 'x'", [], refused(NOT_FOUND, "ResourceNotFound")),
        ('SELECT * FROM "H" WHERE pk = ? AND n = ?', [S("x"), N("1e99999999999")],
         refused("The parameter cannot be converted to a numeric value: 1e99999999999")),
        ('SELECT * FROM "H" WHERE pk = ?', [{"SS": []}], refused(INVALID + "An string set  may not be empty")),
        ('SELECT * FROM "H" WHERE pk = 1', [],
         refused("Key attribute's data type should match its data type in table's schema: Key pk")),
        ("SELECT * FROM \"T\" WHERE pk IN [" + ",".join(f"'v{n}'" for n in range(51)) + "] AND sk='1'", [],
         refused("Too many decomposed read operations for a given query.")),
    ],
)  # fmt: skip
def test_a_read_that_is_refused_has_an_error_and_no_table(pq, statement, parameters, expected):
    answer = pq.batch("SELECT pk FROM \"H\" WHERE pk = 'a'", (statement, *parameters))
    assert answer["Responses"] == [{"TableName": pq.tables["H"], "Item": {"pk": S("a")}}, expected]


@pytest.mark.parametrize(
    "statement, expected",
    [
        ("UPDATE \"H\" SET a = 1 WHERE v = 'x'", refused(NO_KEY)),
        ("DELETE FROM \"T\" WHERE pk = 'p'", refused(NO_KEY)),
        ("UPDATE \"T\" SET a = 1 WHERE pk = 'p' AND sk = '1' AND pk = 'q'",
         refused("Multiple conditions on same key pk. Only single item Update/Insert/Delete are supported")),
        ("DELETE FROM \"H\" WHERE pk = 'x' RETURNING MODIFIED OLD *",
         refused("Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in DELETE "
                 "statements.")),
        (f"INSERT INTO {NOWHERE} VALUE {{'pk': 'x'}}", refused(NOT_FOUND, "ResourceNotFound")),
        ("INSERT INTO \"H\" VALUE {'pk': 'x'} foo", refused(MALFORMED + "Unexpected token after expression")),
        ("EXISTS(SELECT * FROM \"H\" WHERE pk = 'a' AND v = 'aa')",
         refused("EXISTS can only be used in ExecuteTransaction write requests.")),
    ],
)  # fmt: skip
def test_a_write_that_is_refused_has_an_error_and_no_table(pq, fresh, statement, expected):
    pk = fresh()
    answer = pq.batch(statement, f"INSERT INTO \"H\" VALUE {{'pk': '{pk}'}}")
    assert answer["Responses"] == [expected, {"TableName": pq.tables["H"]}]
    assert pq.read("H", pk=pk) is not None


def test_a_write_that_ran_and_failed_names_its_table(pq, fresh):
    pk, other, deep = fresh(v=S("here")), fresh(v=S("here")), fresh(m=M())
    value = S("x")
    for _ in range(31):
        value = M(a=value)
    answer = pq.batch(
        (f"UPDATE \"H\" SET touched = 'yes' WHERE pk = '{pk}' AND v = ?", S("wrong")),
        f"INSERT INTO \"H\" VALUE {{'pk': '{other}'}}",
        "UPDATE \"H\" SET touched = 'yes' WHERE pk = 'never there'",
        (f"UPDATE \"H\" SET m.deep = ? WHERE pk = '{deep}'", value),
    )
    errors = [
        FAILED,
        DUPLICATE,
        FAILED,
        {"Code": "ValidationError", "Message": "Nesting Levels have exceeded supported limits"},
    ]
    assert answer["Responses"] == [{"TableName": pq.tables["H"], "Error": error} for error in errors]


@pytest.mark.parametrize("asked", ["ALL_OLD", "NONE", None])
def test_a_failed_condition_never_shows_its_item(pq, raw, fresh, asked):
    statement = pq.text(f"UPDATE \"H\" SET touched = 'yes' WHERE pk = '{fresh(v=S('here'))}' AND v = 'wrong'")[0]
    member = {"Statement": statement, **({"ReturnValuesOnConditionCheckFailure": asked} if asked else {})}
    reply = raw("BatchExecuteStatement", {"Statements": [member]})
    assert reply.json == {"Responses": [{"Error": FAILED, "TableName": pq.tables["H"]}]}


def test_writes_do_not_depend_on_each_other(pq, fresh):
    pk, other = fresh(a=N(1)), fresh()
    answer = pq.batch(
        f"UPDATE \"H\" SET a = 2 WHERE pk = '{pk}' AND a = 7", f"INSERT INTO \"H\" VALUE {{'pk': '{other}'}}"
    )
    assert [set(response) for response in answer["Responses"]] == [{"TableName", "Error"}, {"TableName"}]
    assert pq.read("H", pk=other) is not None


# Errors of the batch


def test_reads_and_writes_do_not_mix(pq, fresh):
    # dynoxide
    pk = fresh()
    message = "Read and write requests together in the same batch is not supported."
    with expect_error("ValidationException", message):
        pq.batch("SELECT * FROM \"H\" WHERE pk = 'a'", f"INSERT INTO \"H\" VALUE {{'pk': '{pk}'}}")
    assert pq.read("H", pk=pk) is None
    # A member that cannot be read is neither.
    assert len(pq.batch("SLECT", f"INSERT INTO \"H\" VALUE {{'pk': '{pk}'}}")["Responses"]) == 2


@pytest.mark.parametrize(
    "statements",
    [
        ["SELECT * FROM \"H\" WHERE pk = 'a'", "SELECT v FROM \"H\" WHERE pk = 'a'"],
        ["INSERT INTO \"H\" VALUE {'pk': 'twice'}", "DELETE FROM \"H\" WHERE pk = 'twice'"],
        ["SLECT", "DELETE FROM \"H\" WHERE pk = 'twice'", "UPDATE \"H\" SET a = 1 WHERE pk = 'twice' AND a = 0"],
    ],
)
def test_an_item_is_in_a_batch_once(pq, statements):
    # dynoxide
    with expect_error("ValidationException", "Provided list of item keys contains duplicates"):
        pq.batch(*statements)
    assert pq.read("H", pk="twice") is None


def test_an_item_of_two_tables_is_two(pq):
    answer = pq.batch("DELETE FROM \"H\" WHERE pk = 'same'", "DELETE FROM \"O\" WHERE pk = 'same'")
    assert answer["Responses"] == [{"TableName": pq.tables["H"]}, {"TableName": pq.tables["O"]}]


def test_a_batch_has_1_to_25_members(pq, raw):
    # conformance, of the empty one; the service model
    def send(count):
        statements = [
            {"Statement": pq.text(f"SELECT * FROM \"H\" WHERE pk = 'n{number}'")[0]} for number in range(count)
        ]
        return raw("BatchExecuteStatement", {"Statements": statements})

    assert len(send(25).json["Responses"]) == 25
    bounds = re.compile(r"1 validation error detected: Value '.*' at 'statements' failed to satisfy constraint: "
                        r"Member must have length (less|greater) than or equal to (1|25)", re.DOTALL)  # fmt: skip
    assert_error(send(0), "ValidationException", bounds)
    assert_error(send(26), "ValidationException", bounds)
    assert raw("BatchExecuteStatement", {}).type.endswith("#ValidationException")


# Capacity


def test_each_read_costs_by_its_own_consistency(pq):
    name = pq.tables["H"]

    def total(*consistent):
        members = [
            {
                "Statement": f"SELECT * FROM \"H\" WHERE pk = '{pk}'",
                **({} if each is None else {"ConsistentRead": each}),
            }
            for pk, each in zip("abc", consistent)
        ]
        return capacity(pq, *members)

    for consistent, units in [
        ((None,), 0.5),
        ((True,), 1.0),
        ((False,), 0.5),
        ((True, None), 1.5),
        ((True, True, None), 2.5),
    ]:
        assert total(*consistent) == [{"TableName": name, "CapacityUnits": units}]


def test_reads_that_are_refused_cost_nothing_and_those_that_find_nothing_do(pq):
    # floci: consumed capacity 6
    found = {"Statement": "SELECT * FROM \"H\" WHERE pk = 'a'", "ConsistentRead": True}
    members = [found, "SELECT * FROM \"H\" WHERE pk = 'missing'", "SELECT * FROM \"H\" WHERE v = 'x'"]
    assert capacity(pq, *members, detail="INDEXES") == [
        {"TableName": pq.tables["H"], "CapacityUnits": 1.5, "Table": {"CapacityUnits": 1.5}}
    ]


def test_writes_that_failed_add_what_they_tried_to_the_total_alone(pq, fresh):
    # dynoxide, floci
    large, new = fresh(v=S("x" * 2500)), fresh()
    insert = f"INSERT INTO \"H\" VALUE {{'pk': '{new}'}}"
    assert capacity(pq, insert, f"INSERT INTO \"H\" VALUE {{'pk': '{large}'}}", detail="INDEXES") == [
        {"TableName": pq.tables["H"], "CapacityUnits": 4.0, "Table": {"CapacityUnits": 1.0}}
    ]
    new = fresh()
    insert = f"INSERT INTO \"H\" VALUE {{'pk': '{new}'}}"
    carried = (f"INSERT INTO \"H\" VALUE {{'pk': '{fresh(v=N(1))}', 'v': ?}}", S("x" * 1500))
    missing = "UPDATE \"H\" SET a = 1 WHERE pk = 'never there'"
    malformed = 'UPDATE "H" SET a'
    assert capacity(pq, insert, carried, missing, malformed) == [{"TableName": pq.tables["H"], "CapacityUnits": 4.0}]


def test_a_table_without_a_success_has_no_capacity(pq, fresh):
    # floci: consumed capacity 6; dynoxide
    there = fresh(v=N(1))
    duplicate = f"INSERT INTO \"H\" VALUE {{'pk': '{there}'}}"
    assert capacity(pq, duplicate) is None
    assert capacity(pq, duplicate, "DELETE FROM \"O\" WHERE pk = 'x'") == [
        {"TableName": pq.tables["O"], "CapacityUnits": 1.0}
    ]


def test_the_capacity_of_two_tables_has_two_entries(pq):
    found = capacity(
        pq, "SELECT * FROM \"H\" WHERE pk = 'a'", "SELECT * FROM \"T\" WHERE pk = 'p' AND sk = '1'", detail="INDEXES"
    )
    half = {"CapacityUnits": 0.5}
    assert sorted(found, key=lambda entry: entry["TableName"]) == sorted(
        ({"TableName": pq.tables[letter], **half, "Table": half} for letter in "HT"),
        key=lambda entry: entry["TableName"],
    )
    assert pq.batch("SELECT nope FROM \"H\" WHERE pk = 'a'", ReturnConsumedCapacity="NONE").keys() == {"Responses"}


def test_an_index_has_its_arm(pq):
    found = capacity(pq, "INSERT INTO \"T\" VALUE {'pk': 'arms', 'sk': '1', 'gsiPk': 'g'}", detail="INDEXES")
    one = {"CapacityUnits": 1.0}
    assert found == [
        {"TableName": pq.tables["T"], "CapacityUnits": 2.0, "Table": one, "GlobalSecondaryIndexes": {"gsi-all": one}}
    ]


def test_lists_of_parameters_are_each_members_own(pq):
    answer = pq.batch(*(('SELECT v FROM "H" WHERE pk = ?', S(pk)) for pk in "cab"))
    assert [response["Item"]["v"] for response in answer["Responses"]] == [S("cc"), S("aa"), S("bb")]
    assert pq.batch(("SELECT v FROM \"H\" WHERE pk = 'a'", L(N("abc")))) == {
        "Responses": [refused("The parameter cannot be converted to a numeric value: abc")]
    }
