"""ExecuteTransaction: all or nothing, what refuses it, what cancels it, EXISTS, tokens, capacity.

Sources: see test_partiql; here the conformance suite's partiql/executeTransaction and writeResponses, floci's edge 2,
7 to 10, 14, 16, 17, 21 and 23 to 29 and documented 12, dynoxide's change log.
"""

import itertools
import json
import uuid

import pytest

from dataplane import M, N, S, shape
from support import assert_error, expect_error
from statements import INVALID, MALFORMED, NOT_FOUND, NOWHERE, OPERAND, Statements

CANCELLED = "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]"
FAILED = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
NONE = {"Code": "None"}
MISMATCH = {"Code": "ValidationError", "Message": "The provided key element does not match the schema"}
ABSENT = {"Code": "ResourceNotFound", "Message": NOT_FOUND}
KEY = "Select statements within ExecuteTransaction must specify the primary key in the where clause."
EXISTS = "EXISTS() must contain a single item read with additional condition"
MEMBER = "Validation failed in TransactStatements[{}]: {}"
ONE_EACH = "Transaction request cannot include multiple operations on one item"
MIXED = "ExecuteTransaction API does not support both read and write operations in the same request."
RETURNING = "RETURNING clause is not supported in ExecuteTransaction."
_numbers = itertools.count()


@pytest.fixture(scope="module")
def pq(dynamodb, make_module_table):
    gsi, lsi = {"by-g": ({"g": "S"}, "ALL")}, {"by-l": ({"pk": "S", "l": "S"}, "ALL")}
    statements = Statements(
        dynamodb,
        H=make_module_table(key={"pk": "S"}),
        T=make_module_table(key={"pk": "S", "sk": "S"}),
        I=make_module_table(**shape({"pk": "S", "sk": "S"}, gsi, lsi)),
    )
    statements.write(
        "T",
        {"pk": S("reads"), "sk": S("1"), "a": S("x")},
        {"pk": S("keyed"), "sk": S("1"), "flag": S("right")},
        {"pk": S("ranges"), "sk": S("1"), "flag": S("one")},
        {"pk": S("ranges"), "sk": S("2"), "flag": S("two")},
    )
    return statements


@pytest.fixture
def seed(pq):
    """`seed(a=N(1))`: a new item (`pk`, sk '1') in T; returns its partition key."""

    def write(**attributes):
        pk = f"seed-{next(_numbers)}"
        pq.write("T", {"pk": S(pk), "sk": S("1"), **attributes})
        return pk

    return write


def refuse(pq, message, *statements, code="ValidationException", **members):
    with expect_error(code, message):
        pq.transact(*statements, **members)


def cancelled(raw, pq, *statements):
    """The reasons of a transaction that must be cancelled; its message must name their codes."""
    reply = raw("ExecuteTransaction", {"TransactStatements": [pq.member(each) for each in statements]})
    assert reply.status == 400, reply.text
    reasons = reply.json.get("CancellationReasons")
    assert reasons is not None, reply.text
    assert reply.json == {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "CancellationReasons": reasons,
        "Message": CANCELLED.format(", ".join(reason["Code"] for reason in reasons)),
    }
    return reasons


def update(pk, more="", sk="1"):
    return f"UPDATE \"T\" SET touched = 1 WHERE pk = '{pk}' AND sk = '{sk}'{more}"


# Answers


def test_writes_happen_together_and_answer_an_empty_list(pq, seed):
    # conformance: partiql/executeTransaction and writeResponses
    old, gone, new = seed(data=S("before")), seed(), f"new-{next(_numbers)}"
    assert pq.transact(
        f"INSERT INTO \"T\" VALUE {{'pk': '{new}', 'sk': '1', 'data': 'new'}}",
        f"UPDATE \"T\" SET data = 'after' WHERE pk = '{old}' AND sk = '1' AND data = 'before'",
        f"DELETE FROM \"T\" WHERE pk = '{gone}' AND sk = '1'",
        "DELETE FROM \"T\" WHERE pk = 'never there' AND sk = '1' AND a = 1",
    ) == {"Responses": []}
    assert pq.read("T", pk=new, sk="1") == {"pk": S(new), "sk": S("1"), "data": S("new")}
    assert pq.read("T", pk=old, sk="1")["data"] == S("after")
    assert pq.read("T", pk=gone, sk="1") is None


def test_reads_answer_each_member(pq):
    # DynamoDB Local, of the one that finds nothing; floci: edge 9 and 10
    assert pq.transact(
        "SELECT * FROM \"T\" WHERE pk='reads' AND sk='1'",
        "SELECT a FROM \"T\" WHERE sk='2' AND pk='reads'",
        ('SELECT flag FROM "T" WHERE pk = ? AND sk = ?', S("ranges"), S("2")),
        "SELECT flag FROM \"T\" WHERE (sk='1') AND pk='keyed' AND pk='keyed'",
    ) == {
        "Responses": [
            {"Item": {"pk": S("reads"), "sk": S("1"), "a": S("x")}},
            {},
            {"Item": {"flag": S("two")}},
            {"Item": {"flag": S("right")}},
        ]
    }


def test_a_read_may_name_its_key_by_an_in_of_one_value(pq):
    # floci: edge 23
    assert pq.transact("SELECT sk FROM \"T\" WHERE pk IN ['ranges'] AND sk IN ['1']") == {
        "Responses": [{"Item": {"sk": S("1")}}]
    }
    answer = pq.transact("SELECT sk FROM \"T\" WHERE (pk IN ['ranges']) AND pk='ranges' AND sk='2'")
    assert answer == {"Responses": [{"Item": {"sk": S("2")}}]}


def test_members_may_be_from_first_use_functions_and_parentheses(pq, seed):
    # conformance: partiql/fromFirstUpdate, setFunctions and whereFunctions
    one, two, three = seed(a=N(1)), seed(ss={"SS": ["a"]}), seed(a=N(1))
    pq.transact(
        f"FROM \"T\" WHERE pk = '{one}' AND sk = '1' SET c = 1",
        f"UPDATE \"T\" SET ss = set_add(ss, <<'t'>>) WHERE (pk = '{two}' AND sk = '1')",
        f"UPDATE \"T\" SET z = 1 WHERE pk = '{three}' AND sk = '1' AND attribute_exists(a)",
    )
    assert pq.read("T", pk=one, sk="1")["c"] == N(1)
    assert sorted(pq.read("T", pk=two, sk="1")["ss"]["SS"]) == ["a", "t"]
    assert pq.read("T", pk=three, sk="1")["z"] == N(1)


# EXISTS


@pytest.mark.parametrize(
    "condition",
    ["a IS MISSING", "free = 'x'", "attribute_exists(free) AND a IS MISSING", "(a = 1 OR free = 'x')", "NOT a = 1"],
)
def test_a_transaction_may_ask_for_a_condition_of_another_item(pq, seed, condition):
    # floci: documented 12, edge 2
    checked, other = seed(free=S("x")), seed()
    pq.transact(f"EXISTS(SELECT * FROM \"T\" WHERE (pk = '{checked}' AND sk = '1') AND {condition})", update(other))
    assert pq.read("T", pk=other, sk="1")["touched"] == N(1)
    assert pq.read("T", pk=checked, sk="1") == {"pk": S(checked), "sk": S("1"), "free": S("x")}


def test_a_condition_that_fails_cancels_all(pq, raw, seed):
    # floci: documented 12
    checked, other = seed(a=N(1)), seed()
    exists = f"EXISTS(SELECT * FROM \"T\" WHERE pk = '{checked}' AND sk = '1' AND a IS MISSING)"
    assert cancelled(raw, pq, exists, update(other)) == [FAILED, NONE]
    assert "touched" not in pq.read("T", pk=other, sk="1")


def test_exists_takes_the_first_of_two_keys_and_the_other_for_a_condition(pq, raw, seed):
    # floci: edge 24
    checked, other = seed(flag=S("right")), seed(flag=S("right"))
    exists = f"EXISTS(SELECT * FROM \"T\" WHERE pk='{checked}' AND sk='1' AND pk='{other}' AND flag='right')"
    assert cancelled(raw, pq, exists, update(other)) == [FAILED, NONE]


@pytest.mark.parametrize(
    "condition",
    [
        "pk = 'ranges' AND sk = '1'",
        "pk = 'ranges'",
        "pk = 'ranges' AND flag = 'one'",
        "pk IN ['ranges'] AND sk='1' AND flag='one'",
        "flag = 'one'",
    ],
)
def test_exists_needs_the_key_and_a_condition(pq, condition):
    # floci: documented 12, edge 23; conformance: error-messages/partiqlFunctions
    refuse(pq, MEMBER.format(0, EXISTS), f'EXISTS(SELECT * FROM "T" WHERE {condition})', update("reads"))
    refuse(pq, MEMBER.format(1, EXISTS), update("reads"), f'EXISTS(SELECT * FROM "T" WHERE {condition})')
    assert "touched" not in pq.read("T", pk="reads", sk="1")


def test_exists_is_of_transactions_alone(pq, seed):
    # floci: documented 12
    statement = "EXISTS(SELECT * FROM \"T\" WHERE pk = 'reads' AND sk = '1' AND b IS MISSING)"
    pq.refuse(statement, "EXISTS can only be used in ExecuteTransaction write requests.")
    # It counts as a write.
    refuse(pq, MIXED, statement, "SELECT * FROM \"T\" WHERE pk = 'ranges' AND sk = '1'")
    assert pq.transact(statement) == {"Responses": []}


# What refuses a transaction


def test_reads_and_writes_do_not_mix(pq):
    # floci: documented 12
    refuse(pq, MIXED, "SELECT * FROM \"T\" WHERE pk = 'reads' AND sk = '1'", update("reads"))
    refuse(pq, MIXED, update("ranges"), f"SELECT * FROM {NOWHERE} WHERE pk = 'reads' AND sk = '1'")


@pytest.mark.parametrize(
    "condition",
    [
        # floci: edge 10 and 23; conformance: error-messages/partiqlFunctions
        "pk='keyed' AND sk='1' AND flag='right'",
        "pk='keyed' AND sk='1' AND pk='reads'",
        "pk='keyed'",
        "pk IN ['other'] AND pk='ranges' AND sk='1'",
        "pk='keyed' AND sk='1' AND attribute_exists(flag)",
        "flag='right'",
        "pk='keyed' AND sk IN ['1', '2']",
    ],
)
def test_a_read_names_one_item_by_its_key_and_asks_for_nothing_else(pq, condition):
    refuse(pq, MEMBER.format(0, KEY), f'SELECT * FROM "T" WHERE {condition}')


@pytest.mark.parametrize(
    "statement, message",
    [
        # conformance: error-messages/partiqlGrammar, partiql and partiqlIndexQualifier
        ('SELECT * FROM "T" WHERE', MALFORMED + "Unexpected term"),
        ("SELECT * FROM \"I\".\"by-g\" WHERE g = 'x'", "Reads on indices are not supported within transactions."),
        # floci: edge 21 and 29
        ("SELECT sk FROM \"T\" WHERE pk IN ['ranges','ranges'] AND sk='1'",
         "Overlapping conditions with range keys are not supported in where clause"),
        ("SELECT * FROM \"T\" WHERE pk IN [" + ",".join(f"'v{n}'" for n in range(101)) + "] AND sk='1'",
         "The IN operator is provided with too many operands; number of operands: 101"),
    ],
)  # fmt: skip
def test_a_read_that_is_wrong_refuses_the_transaction(pq, statement, message):
    refuse(pq, MEMBER.format(0, message), statement)
    refuse(pq, MEMBER.format(1, message), "SELECT * FROM \"T\" WHERE pk = 'reads' AND sk = '1'", statement)


@pytest.mark.parametrize(
    "statement, message",
    [
        # conformance: partiql/executeTransaction
        (update("keyed", " RETURNING ALL NEW *"), RETURNING),
        ("DELETE FROM \"T\" WHERE pk = 'keyed' AND sk = '1' RETURNING ALL OLD *", RETURNING),
        # floci: edge 7, 16 and 17
        ("INSERT INTO \"T\" VALUE {'pk':'bags-tx','sk':'1','x':[<<'a','a'>>]}",
         INVALID + "Input collection [a, a] contains duplicates."),
        ("UPDATE \"T\" SET d = " + "[" * 32 + "1" + "]" * 32 + " WHERE pk='nested' AND sk='1'",
         "Nesting Levels have exceeded supported limits under root" + "[0]" * 32),
        ("UPDATE \"T\" SET n = n + [1] WHERE pk='arithmetic' AND sk='1'", OPERAND.format("+", "L")),
        ("UPDATE \"T\" SET n = 1 WHERE pk='a' AND sk='1' garbage", MALFORMED + "Unexpected token after expression"),
        ("UPDATE \"T\" t SET n = 1 WHERE pk='a' AND sk='1'", "Aliasing is not supported"),
    ],
)  # fmt: skip
def test_a_write_that_is_wrong_refuses_the_transaction(pq, statement, message):
    refuse(pq, MEMBER.format(0, message), statement)
    refuse(pq, MEMBER.format(1, message), update("reads"), statement)
    assert "touched" not in pq.read("T", pk="reads", sk="1")


def nested(depth):
    value = S("leaf")
    for _ in range(depth):
        value = M(n=value)
    return value


@pytest.mark.parametrize(
    "parameter, message",
    [
        # conformance: error-messages/partiqlParameterNumbers; floci: edge 8
        (N("1e99999999999"), "The parameter cannot be converted to a numeric value: 1e99999999999"),
        (nested(40),
         "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported "
         "limit"),
        ({"SS": ["a", "a"]}, INVALID + "Input collection [a, a] contains duplicates."),
    ],
)  # fmt: skip
def test_a_wrong_parameter_refuses_it_without_naming_the_member(pq, parameter, message):
    refuse(pq, message, update("reads"), ("UPDATE \"T\" SET n = ? WHERE pk = 'pq-pn' AND sk = 's'", parameter))
    assert "touched" not in pq.read("T", pk="reads", sk="1")


def test_an_item_is_in_a_transaction_once(pq, raw):
    # floci: edge 9
    select = "SELECT * FROM \"T\" WHERE pk='reads' AND sk='1'"
    refuse(pq, ONE_EACH, select, "SELECT a FROM \"T\" WHERE sk='1' AND pk='reads'")
    refuse(pq, ONE_EACH, update("reads"), "DELETE FROM \"T\" WHERE sk='1' AND pk='reads'")
    exists = "EXISTS(SELECT * FROM \"T\" WHERE pk = 'reads' AND sk = '1' AND b IS MISSING)"
    refuse(pq, ONE_EACH, exists, update("reads"))
    reasons = cancelled(raw, pq, select, select, "SELECT * FROM \"T\" WHERE pk=1 AND sk='1'")
    assert reasons == [NONE, NONE, MISMATCH]
    assert "touched" not in pq.read("T", pk="reads", sk="1")


def test_a_transaction_has_1_to_100_members_and_a_token_1_to_36_characters(pq, raw):
    # conformance, of the empty one; the service model
    def send(count, **members):
        statements = [
            {"Statement": pq.text(f"DELETE FROM \"T\" WHERE pk = 'n{number}' AND sk = '1'")[0]}
            for number in range(count)
        ]
        return raw("ExecuteTransaction", {"TransactStatements": statements, **members})

    assert send(100).json == {"Responses": []}
    assert send(1, ClientRequestToken="t" * 36).json == {"Responses": []}
    for reply in [send(0), send(101), send(1, ClientRequestToken="t" * 37), send(1, ClientRequestToken="")]:
        assert reply.type.endswith("#ValidationException"), reply.text
        assert reply.message.startswith("1 validation error detected: "), reply.text


# What cancels a transaction


def test_a_duplicate_cancels_it(pq, raw, seed):
    # conformance: partiql/executeTransaction; the reason as dynoxide has it
    there, new = seed(data=S("existing")), f"new-{next(_numbers)}"
    reasons = cancelled(
        raw,
        pq,
        f"INSERT INTO \"T\" VALUE {{'pk': '{new}', 'sk': '1'}}",
        f"INSERT INTO \"T\" VALUE {{'pk': '{there}', 'sk': '1', 'data': 'second'}}",
    )
    assert reasons == [NONE, {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}]
    assert pq.read("T", pk=new, sk="1") is None
    assert pq.read("T", pk=there, sk="1")["data"] == S("existing")


def test_a_failed_condition_cancels_it(pq, raw, seed):
    old = seed(a=N(1))
    reasons = cancelled(
        raw,
        pq,
        update(old, " AND a = 1"),
        update("never there"),
        "DELETE FROM \"T\" WHERE pk='reads' AND sk='1' AND a = 'y'",
    )
    assert reasons == [NONE, FAILED, FAILED]
    assert "touched" not in pq.read("T", pk=old, sk="1")


def test_a_missing_table_is_a_reason_before_its_members_own_faults(pq, raw):
    # floci: edge 25
    missing = f"UPDATE {NOWHERE} SET a=1 WHERE pk='x' AND sk='1'"
    reasons = cancelled(raw, pq, missing + " RETURNING ALL NEW *", f"DELETE FROM {NOWHERE} WHERE pk='x' AND sk='1'")
    assert reasons == [ABSENT, ABSENT]
    select = "SELECT * FROM \"T\" WHERE pk='keyed' AND sk='1'"
    assert cancelled(raw, pq, select, f"SELECT * FROM {NOWHERE}.\"idx\" WHERE pk='x' AND sk='1'") == [NONE, ABSENT]
    # Another member's fault refuses the transaction all the same.
    refuse(pq, MEMBER.format(1, RETURNING), missing, update("keyed", " RETURNING ALL NEW *"))
    message = MEMBER.format(1, "Reads on indices are not supported within transactions.")
    select = f"SELECT * FROM {NOWHERE} WHERE pk='x' AND sk='1'"
    refuse(pq, message, select, "SELECT * FROM \"T\".\"idx\" WHERE pk='x' AND sk='1'")


def test_writes_that_do_not_name_one_item_are_reasons(pq, raw):
    # floci: edge 26
    start = 'UPDATE "T" SET a=1 WHERE '
    reasons = cancelled(
        raw,
        pq,
        start + "pk='keyed'",
        start + "pk IN ['keyed'] AND sk='1'",
        start + "pk='keyed' AND sk='1' AND pk='other'",
        start + "pk='keyed' AND sk=1",
        start + "pk='keyed' AND sk='1'",
    )
    assert reasons == [MISMATCH, MISMATCH, MISMATCH, MISMATCH, NONE]
    insert = "INSERT INTO \"T\" VALUE {'pk':'keys-insert'}"
    missing = {"Code": "ValidationError", "Message": INVALID + "Missing the key sk in the item"}
    assert cancelled(raw, pq, insert, "DELETE FROM \"T\" WHERE sk='1'") == [missing, MISMATCH]
    assert cancelled(raw, pq, "SELECT * FROM \"T\" WHERE pk='keyed' AND sk=1") == [MISMATCH]
    assert "a" not in pq.read("T", pk="keyed", sk="1")


def test_an_item_that_becomes_too_deep_is_a_reason(pq, raw, seed):
    # floci: edge 27
    pk = seed(m=M())
    reasons = cancelled(raw, pq, (f"UPDATE \"T\" SET m.deep = ? WHERE pk='{pk}' AND sk='1'", nested(31)))
    assert reasons == [{"Code": "ValidationError", "Message": "Nesting Levels have exceeded supported limits"}]
    assert pq.read("T", pk=pk, sk="1")["m"] == M()


def test_an_update_that_cannot_be_done_is_a_reason(pq, raw, seed):
    one, two = seed(a=S("text")), seed()
    assert cancelled(
        raw,
        pq,
        f"UPDATE \"T\" SET a = a + 1 WHERE pk='{one}' AND sk='1'",
        f"UPDATE \"T\" SET b = nope WHERE pk='{two}' AND sk='1'",
    ) == [
        {"Code": "ValidationError", "Message": "An operand in the update expression has an incorrect data type"},
        {
            "Code": "ValidationError",
            "Message": "The provided expression refers to an attribute that does not exist in the item",
        },
    ]


def test_a_failed_condition_shows_the_item_to_who_asks(pq, raw, seed):
    # The service model, ParameterizedStatement
    pk = seed(a=N(1))
    shown = {"Statement": update(pk, " AND a = 2"), "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    assert cancelled(raw, pq, shown) == [{**FAILED, "Item": {"pk": S(pk), "sk": S("1"), "a": N(1)}}]


# Tokens


def test_a_token_makes_a_transaction_happen_once(pq, seed):
    # conformance: partiql/executeTransaction
    pk, token = seed(n=N(0)), uuid.uuid4().hex
    statement = f"UPDATE \"T\" SET n = n + 1 WHERE pk = '{pk}' AND sk = '1'"
    first, replay = (
        pq.transact(statement, ClientRequestToken=token, ReturnConsumedCapacity="INDEXES") for _ in range(2)
    )
    assert pq.read("T", pk=pk, sk="1")["n"] == N(1)
    assert first["Responses"] == replay["Responses"] == []
    (first,), (replay,) = first["ConsumedCapacity"], replay["ConsumedCapacity"]
    assert (first["WriteCapacityUnits"], "ReadCapacityUnits" in first) == (2.0, False)
    assert (replay["ReadCapacityUnits"], "WriteCapacityUnits" in replay) == (2.0, False)


def test_a_token_is_of_its_statements_and_parameters(pq, raw, seed):
    # DynamoDB Local, dynoxide
    pk, token = seed(n=N(0)), uuid.uuid4().hex

    def send(statement, *parameters, **members):
        body = {"TransactStatements": [pq.member((statement, *parameters))], "ClientRequestToken": token, **members}
        return raw("ExecuteTransaction", body)

    statement = f"UPDATE \"T\" SET n = n + ? WHERE pk = '{pk}' AND sk = '1'"
    assert send(statement, N(1)).status == 200
    assert send(statement, N(1), ReturnConsumedCapacity="TOTAL").status == 200
    message = "Specified idempotent token was used with different request parameters within the idempotency window"
    for reply in [send(statement, N(2)), send(f"DELETE FROM \"T\" WHERE pk = '{pk}' AND sk = '1'")]:
        assert_error(reply, "IdempotentParameterMismatchException", message)
    assert pq.read("T", pk=pk, sk="1")["n"] == N(1)


def test_a_token_is_of_its_operation(pq, dynamodb, seed):
    # dynoxide
    pk, token = seed(n=N(0)), uuid.uuid4().hex
    key = {"pk": S(pk), "sk": S("1")}
    add = {
        "TableName": pq.tables["T"],
        "Key": key,
        "UpdateExpression": "ADD n :n",
        "ExpressionAttributeValues": {":n": N(10)},
    }
    dynamodb.transact_write_items(TransactItems=[{"Update": add}], ClientRequestToken=token)
    pq.transact(f"UPDATE \"T\" SET n = n + 1 WHERE pk = '{pk}' AND sk = '1'", ClientRequestToken=token)
    assert pq.read("T", pk=pk, sk="1")["n"] == N(11)


# Capacity


def test_writes_cost_twice_in_the_table_and_once_in_indexes(pq):
    # dynoxide, conformance
    answer = pq.transact(
        "INSERT INTO \"I\" VALUE {'pk': 'cost', 'sk': '1', 'g': 'x', 'l': 'y'}",
        "DELETE FROM \"I\" WHERE pk = 'never there' AND sk = '1'",
        ReturnConsumedCapacity="INDEXES",
    )
    four, one = {"CapacityUnits": 4.0, "WriteCapacityUnits": 4.0}, {"CapacityUnits": 1.0, "WriteCapacityUnits": 1.0}
    assert answer == {
        "Responses": [],
        "ConsumedCapacity": [
            {
                "TableName": pq.tables["I"],
                "CapacityUnits": 6.0,
                "WriteCapacityUnits": 6.0,
                "Table": four,
                "GlobalSecondaryIndexes": {"by-g": one},
                "LocalSecondaryIndexes": {"by-l": one},
            }
        ],
    }


def test_reads_cost_two_units_also_of_what_is_not_there(pq):
    # dynoxide
    answer = pq.transact(
        "SELECT * FROM \"T\" WHERE pk='reads' AND sk='1'",
        "SELECT * FROM \"T\" WHERE pk='never there' AND sk='1'",
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["ConsumedCapacity"] == [{"TableName": pq.tables["T"], "CapacityUnits": 4.0, "ReadCapacityUnits": 4.0}]
    pq.write("T", {"pk": S("large"), "sk": S("1"), "v": S("x" * 5000)})
    answer = pq.transact("SELECT pk FROM \"T\" WHERE pk='large' AND sk='1'", ReturnConsumedCapacity="INDEXES")
    four = {"CapacityUnits": 4.0, "ReadCapacityUnits": 4.0}
    assert answer["ConsumedCapacity"] == [{"TableName": pq.tables["T"], **four, "Table": four}]


def test_nobody_is_told_of_capacity_who_did_not_ask(pq, raw):
    statement = pq.text("SELECT a FROM \"T\" WHERE pk='reads' AND sk='1'")[0]
    for asked in [{}, {"ReturnConsumedCapacity": "NONE"}]:
        reply = raw("ExecuteTransaction", {"TransactStatements": [{"Statement": statement}], **asked})
        assert json.loads(reply.text) == {"Responses": [{"Item": {"a": S("x")}}]}
