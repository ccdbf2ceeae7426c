"""What PartiQL refuses, in AWS's words: unreadable statements, sources, keys, requests, and in which order.

Sources: see test_partiql. Texts that are known from no record of AWS stand apart, at the end.
"""

import pytest

from dataplane import N, S
from support import assert_error
from statements import MALFORMED, NOT_FOUND, NOWHERE, OPERAND, OVERFLOW, Statements

LEFTOVER = "Unexpected token after expression"
NO_KEY = "Where clause does not contain a mandatory equality on all key attributes"


@pytest.fixture(scope="module")
def pq(dynamodb, make_module_table):
    statements = Statements(
        dynamodb,
        T=make_module_table(key={"pk": "S", "sk": "S"}),
        H=make_module_table(key={"pk": "S"}),
        N=make_module_table(key={"pk": "N"}),
    )
    item = {"ss": {"SS": ["a", "b", "c"]}, "ns": {"NS": ["1"]}, "s": S("str"), "n": N(1), "BandMembers": {"SS": ["a"]}}
    statements.write("H", {"pk": S("a"), **item})
    statements.write("T", {"pk": S("a"), "sk": S("1"), **item})
    return statements


# Unreadable statements


@pytest.mark.parametrize(
    "statement, detail",
    [
        ("SLECT * FROM \"H\" WHERE pk = 'a'", "Expected data manipulation"),
        ("UPDATE Payment-x SET a = 1 WHERE pk = 'a'", "Expected data manipulation"),
        # A token too many
        ('SELECT * FROM "N" WHERE pk = 1 foo', LEFTOVER),
        ('SELECT * FROM "N" WHERE pk = 1 e5', LEFTOVER),
        ("INSERT INTO \"N\" VALUE {'pk': 970001} foo", LEFTOVER),
        ('UPDATE "N" SET a = 9 WHERE pk = 970002 foo', LEFTOVER),
        ("UPDATE \"T\" SET t=1 WHERE pk='minus' AND sk='1' garbage", LEFTOVER),
        ('DELETE FROM "N" WHERE pk = 970003 foo', LEFTOVER),
        ('SELECT * FROM "N" WHERE pk = 1)', LEFTOVER),
        ('DELETE FROM "N" WHERE pk = 970004 ORDER BY pk', LEFTOVER),
        ('SELECT * FROM "N" ORDER BY pk WHERE pk = 1', LEFTOVER),
        ("INSERT INTO \"H\" t VALUE {'pk': 'x'}", LEFTOVER),
        ("FROM \"H\" SET c = 1 WHERE pk = 'pq-ff-msg'", LEFTOVER),
        ("FROM \"H\" SET c = 1 WHERE pk = 'pq-ff-msg' SET d = 2", LEFTOVER),
        # A condition that is not there
        ('SELECT * FROM "H" WHERE', "Unexpected term"),
        ('SELECT * FROM "H" WHERE;', "Unexpected term"),
        ('SELECT * FROM "H" WHERE   ', "Unexpected term"),
        ('SELECT pk FROM "H" WHERE', "Unexpected term"),
        ('UPDATE "H" SET a = 1 WHERE', "Unexpected term"),
        ('DELETE FROM "H" WHERE', "Unexpected term"),
        ('SELECT * FROM "H" WHERE NOT', "Unexpected term"),
        ('SELECT * FROM "H" WHERE (', "Unexpected term"),
        (f"SELECT * FROM {NOWHERE} WHERE", "Unexpected term"),
        ("SELECT * FROM", "Unexpected term"),
        ("SELECT * FROM \"H\" WHERE pk = 'p1' AND", "Missing right-hand side expression of infix operator"),
        ("SELECT * FROM \"H\" WHERE pk = 'p1' OR", "Missing right-hand side expression of infix operator"),
        ('SELECT * FROM "H" WHERE ORDER BY pk', "Unexpected keyword"),
        ('SELECT * FROM "H" WHERE IS NULL', "Unexpected operator"),
        ('SELECT * FROM "H" WHERE pk = LIKE', "Unexpected operator"),
        ("SELECT * FROM \"H\" WHERE pk = 'a' AND x IS FOO", "Expected type name"),
        # PyDynamoDB issue 26, an answer of AWS
        ("INSERT INTO \"H\" (a, b) VALUES ('a', 'b')", "Unexpected keyword"),
        # A table that is not there
        ("DELETE FROM", "Expected identifier for simple path"),
        ("DELETE FROM   ", "Expected identifier for simple path"),
        ("DELETE FROM;", "Expected identifier for simple path"),
        ("DELETE FROM WHERE pk = 'a'", "Expected identifier for simple path"),
        # A keyword for a name
        ("SELECT * FROM \"H\" WHERE pk = 'a' AND attribute_exists(m.inner)", "Invalid path dot component"),
        ("UPDATE \"H\" SET m.inner = set_add(m.inner, <<'y'>>) WHERE pk = 'a'", "Invalid path dot component"),
        # What has no detail
        ('SELECT * FROM "N" WHERE pk = 1e2147483648', ""),
        ('SELECT * FROM "N" WHERE pk = 1e99999999999', ""),
        ('SELECT * FROM "N" WHERE pk = 1.5e-2147483647', ""),
        ('SELECT * FROM "N" WHERE pk = 1 # note', ""),
        ("SELECT * FROM \"H\" WHERE pk = 'a' # a note", ""),
        ('SELECT * FROM "N" WHERE pk = 1 /* note', ""),
        ('SELECT * FROM "partiql-nowhere', ""),
    ],
)
def test_a_statement_that_cannot_be_read_says_what_the_parser_missed(pq, statement, detail):
    # conformance: error-messages/partiqlGrammar, partiql and partiqlFunctions;
    # awsdocs/aws-sdk-for-javascript-v3 issue 98
    pq.refuse(statement, MALFORMED + detail)


def test_a_refused_statement_changes_nothing(pq):
    # conformance: partiql/grammar
    pq.refuse("INSERT INTO \"H\" VALUE {'pk': 'never'} foo", MALFORMED + LEFTOVER)
    pq.refuse("DELETE FROM \"H\" t WHERE pk = 'a'", "Aliasing is not supported")
    pq.refuse("DELETE FROM \"H\" WHERE pk = 'a' ORDER BY pk", MALFORMED + LEFTOVER)
    assert pq.read("H", pk="never") is None
    assert pq.read("H", pk="a")["s"] == S("str")


def test_the_envelope_of_a_refusal_ends_in_a_space_when_there_is_no_detail(raw):
    reply = raw("ExecuteStatement", {"Statement": "SELECT # FROM"})
    assert_error(reply, "ValidationException", "Statement wasn't well formed, can't be processed: ")


# What is read but not supported


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM \"H\" t WHERE pk = 'x'",
        "SELECT * FROM \"H\" AS t WHERE pk = 'x'",
        "UPDATE \"H\" t SET a = 3 WHERE pk = 'x'",
        "DELETE FROM \"H\" t WHERE pk = 'x'",
        # DynamoDB Local
        "SELECT s AS x FROM \"H\" WHERE pk = 'x'",
    ],
)
def test_nothing_has_an_alias(pq, statement):
    # conformance: error-messages/partiqlGrammar
    pq.refuse(statement, "Aliasing is not supported")


@pytest.mark.parametrize("type_name", ["INT4", "INT8", "DOUBLE PRECISION", "CHARACTER VARYING"])
def test_an_expression_alone_is_no_statement(pq, type_name):
    # conformance: error-messages/partiqlGrammar
    pq.refuse(f"x IS {type_name}", "Unsupported operation: IsType")


@pytest.mark.parametrize(
    "statement, message",
    [
        # conformance: error-messages/partiqlFunctions
        ("SELECT «attribute_exists»(ss) FROM \"H\" WHERE pk = 'a'", "Unexpected path component at {}"),
        # dynoxide: before the table is looked up
        ('SELECT «COUNT»(*) FROM "H"', "Unexpected path component at {}"),
        (f"SELECT «COUNT»(*) FROM {NOWHERE}", "Unexpected path component at {}"),
        # xo/dbimp, at DynamoDB Local; overdb
        ('SELECT pk FROM "H" LIMIT «5»', "Unsupported clause: LIMIT at {}"),
        # conformance: error-messages/partiqlFunctions
        ("SELECT * FROM \"H\" WHERE pk = 'a' AND «EXISTS»(ss)", "Unrecognized function: exists at {}"),
        ("SELECT * FROM \"H\" WHERE pk = 'a' AND «set_add»(ss, <<'x'>>) = ss", "Unrecognized function: set_add at {}"),
        ("INSERT INTO \"H\" VALUE {'pk': 'b', 'ss': «set_add»(<<'a'>>, <<'b'>>)}",
         "Unsupported data type: set_add under key root at {}"),
        # floci: edge 4 and 15
        ("SELECT l[-«1»] FROM \"H\" WHERE pk='a'", "List index is not within the allowable range; index: [-1] at {}"),
        ("SELECT l[«2147483648»] FROM \"H\" WHERE pk='a'",
         "List index is not within the allowable range; index: [2147483648] at {}"),
        # floci: edge 14
        ("UPDATE \"H\" SET x = [«?»] WHERE pk='a'", "Unsupported data type: Parameter under key root[0] at {}"),
        ("INSERT INTO \"H\" VALUE {'pk':'b','m':{'k':«?»}}", "Unsupported data type: Parameter under key root.k at {}"),
    ],
)  # fmt: skip
def test_some_refusals_tell_where(pq, statement, message):
    pq.refuse(statement, message, *([S("v")] if "?" in statement else []))


def test_a_place_is_a_line_a_column_and_a_length_in_characters(pq):
    # floci: edge 4 and 6
    assert pq.text("SELECT l[-«1»] FROM")[1] == "1:11:1"
    pq.refuse("/* 🌍é */ SELECT «size»(ss) FROM \"H\" WHERE pk = 'a'", "Unexpected path component at {}")
    pq.refuse("SELECT\n\n  «size»(ss) FROM \"H\" WHERE pk = 'a'", "Unexpected path component at {}")


# Sources


@pytest.mark.parametrize(
    "statement, message",
    [
        ('SELECT * FROM "T"."i"."x" WHERE pk = \'p\'', "A path may contain at most 2 components in the FROM clause"),
        ('SELECT * FROM "T"."" WHERE pk = \'p\'', "Path component cannot be an empty string"),
        ("SELECT * FROM \"\" WHERE pk = 'p'", "Path component cannot be an empty string"),
        ('SELECT * FROM "T"."no-such-index" WHERE pk = \'p\'', "The table does not have the specified index"),
        ('SELECT * FROM "T"."T" WHERE pk = \'p\'', "The table does not have the specified index"),
        ("INSERT INTO \"T\".\"i\" VALUE {'pk': 'w', 'sk': 'w'}",
         "FROM clause may only contain a single table name in data manipulation statements"),
        ("UPDATE \"T\".\"i\" SET a = 'z' WHERE pk = 'p' AND sk = 's1'", "This operation is not supported on an index"),
        ("DELETE FROM \"T\".\"i\" WHERE pk = 'p' AND sk = 's1'", "This operation is not supported on an index"),
    ],
)  # fmt: skip
def test_a_source_is_a_table_or_its_index(pq, statement, message):
    # conformance: error-messages/partiqlIndexQualifier, partiql/indexQualifier
    pq.refuse(statement, message)


@pytest.mark.parametrize(
    "statement",
    [
        f"SELECT pk FROM {NOWHERE} WHERE pk = 'x'",
        f"SELECT pk FROM {NOWHERE}.\"i\" WHERE pk = 'x'",
        f"INSERT INTO {NOWHERE} VALUE {{'pk': 'x'}}",
        f"UPDATE {NOWHERE} SET a = 1 WHERE pk = 'x'",
        f"DELETE FROM {NOWHERE} WHERE pk = 'x'",
        f"FROM {NOWHERE} WHERE pk = 'x' SET c = 1",
    ],
)
def test_a_table_that_is_not_there_is_not_found(pq, statement):
    # conformance: error-messages/partiqlGrammar and partiql, validation-ordering/partiql
    pq.refuse(statement, NOT_FOUND, code="ResourceNotFoundException")


# Keys of writes


@pytest.mark.parametrize(
    "statement",
    [
        'FROM "H" SET c = 1',
        'FROM "H" REMOVE a',
        'FROM "H" WHERE a = 1 SET c = 1',
        'UPDATE "H" SET c = 1',
        'DELETE FROM "H"',
        "UPDATE \"T\" SET c = 1 WHERE pk = 'a'",
        "DELETE FROM \"T\" WHERE sk = '1'",
        "UPDATE \"T\" SET c = 1 WHERE pk IN ['a'] AND sk = '1'",
        "UPDATE \"T\" SET c = 1 WHERE pk = 'a' AND sk > '0'",
        "DELETE FROM \"T\" WHERE pk = 'a' AND sk = '1' OR pk = 'a' AND sk = '2'",
        "DELETE FROM \"T\" WHERE NOT (pk = 'a' AND sk = '1')",
    ],
)
def test_a_write_names_its_item_by_an_equality_on_every_key_attribute(pq, statement):
    # conformance: error-messages/partiqlGrammar
    pq.refuse(statement, NO_KEY)


@pytest.mark.parametrize("write", ['UPDATE "T" SET a = 1', 'DELETE FROM "T"'])
def test_a_write_does_not_give_a_key_two_values(pq, write):
    # floci: edge 24
    message = "Multiple conditions on same key {}. Only single item Update/Insert/Delete are supported"
    pq.refuse(f"{write} WHERE pk='a' AND sk='1' AND pk='b'", message.format("pk"))
    pq.refuse(f"{write} WHERE sk='1' AND pk='a' AND sk='2'", message.format("sk"))


# Requests


def test_a_limit_is_looked_at_before_the_statement(raw):
    # dynoxide
    message = (
        "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1"
    )
    body = {"Statement": "SLECT", "Parameters": [N("abc")], "Limit": 0}
    assert_error(raw("ExecuteStatement", body), "ValidationException", message)


def test_the_capacity_asked_for_is_of_the_enumeration(raw):
    # dynoxide
    message = (
        "1 validation error detected: Value 'magic' at 'returnConsumedCapacity' failed to satisfy constraint: "
        "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"
    )
    body = {"Statement": "SLECT", "ReturnConsumedCapacity": "magic"}
    assert_error(raw("ExecuteStatement", body), "ValidationException", message)


def test_a_statement_has_1_to_8192_characters(raw, pq):
    # The service model, PartiQLStatement; AWS's words are not known.
    text = pq.text("SELECT pk FROM \"H\" WHERE pk = 'a'")[0]
    assert raw("ExecuteStatement", {"Statement": text.ljust(8192)}).json == {"Items": [{"pk": S("a")}]}
    for statement in ["", text.ljust(8193)]:
        assert raw("ExecuteStatement", {"Statement": statement}).type.endswith("#ValidationException")
    assert raw("ExecuteStatement", {}).type.endswith("#ValidationException")


# The order of checks


@pytest.mark.parametrize(
    "statement, message, parameters",
    [
        # conformance: validation-ordering/partiql
        (f"SELECT pk FROM {NOWHERE} WHERE pk = ? AND val < ?", OPERAND.format("<", "BOOL"), [S("x"), {"BOOL": True}]),
        ("SELECT * FROM \"\" WHERE pk = 'x'", "Path component cannot be an empty string", []),
        # conformance: error-messages/partiqlGrammar
        (f"SELECT * FROM {NOWHERE} WHERE", MALFORMED + "Unexpected term", []),
        # The others are of the same kind: what the statement alone tells comes first.
        (f"DELETE FROM {NOWHERE} WHERE pk = 'x' RETURNING ALL NEW *",
         "Invalid returning clause: RETURNING ALL NEW *. Only RETURNING ALL OLD * is allowed in DELETE statements.",
         []),
        (f"UPDATE {NOWHERE} SET n = 'a' + 1 WHERE pk = 'x'", OPERAND.format("+", "S"), []),
        (f"SELECT * FROM {NOWHERE} t", "Aliasing is not supported", []),
        (f"SELECT * FROM {NOWHERE} WHERE pk = 1e126", OVERFLOW + " under root", []),
    ],
)  # fmt: skip
def test_what_the_statement_alone_tells_is_told_before_the_table_is_looked_up(pq, statement, message, parameters):
    pq.refuse(statement, message, *parameters)


# Words that no record of AWS has: those of DynamoDB Local and of its parser, which agree with AWS's where both are
# known.


@pytest.mark.parametrize(
    "statement, message",
    [
        ('SELECT s, s FROM "H"', "Duplicate identifiers in select clause: s"),
        ('SELECT a.z, b.z FROM "H"', "Duplicate identifiers in select clause: z"),
        ('SELECT VALUE pk FROM "H"', "Select projection doesn't support value or pivot keywords"),
        ('SELECT * FROM "H", "T"', "Only select from a single table or index is supported."),
        ("INSERT INTO \"H\" VALUE {'pk': 'never'} RETURNING ALL OLD *", "RETURNING is not supported in INSERT"),
        ("INSERT INTO \"H\" <<{'pk': 'never'}, {'pk': 'never2'}>>",
         "Unsupported operation: Inserting multiple items in a single statement is not supported, "
         'use "INSERT INTO tableName VALUE item" instead'),
        ("INSERT INTO \"H\" VALUE 'never'",
         "Unsupported format in item expression. Please use struct format {...} to express item values for insert "
         "statement."),
        ("INSERT INTO \"H\" VALUE {'pk': 'never', 'a': 1, 'a': 2}", "Duplicate keys in tuple. Key: a under root"),
        ('SELECT * FROM "H" WHERE x = MISSING', "MISSING must be compared using IS operator"),
        ("UPDATE \"H\" SET x = y IS NULL WHERE pk = 'a'", "IS operator is not supported in update expressions"),
        ("UPDATE \"H\" SET x = if_not_exists(x, 1) WHERE pk = 'a'", None),
        ('SELECT * FROM "H" WHERE x IS TIMESTAMP',
         "Unsupported data type for IS operator: TIMESTAMP. Supported data types are "
         "[MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST]"),
        ('SELECT * FROM "H" WHERE pk', "WHERE clause must contain an expression that resolves to a boolean"),
        ("SELECT * FROM \"H\" WHERE pk IN []",
         "IN operator must have a left hand argument of type Variable Reference and right hand argument of type "
         "Seq with at least one member"),
        ("SELECT * FROM \"T\" WHERE pk.a = 'x'",
         "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk"),
        ("UPDATE \"H\" SET x = 1 WHERE pk = 'a' RETURNING ALL OLD *, ALL NEW *",
         "Invalid syntax with multiple returning elements in RETURNING clause"),
        ("UPDATE \"H\" SET x = 1 WHERE pk = 'a' RETURNING ALL OLD x",
         "Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause"),
        ("DELETE \"H\" WHERE pk = 'a'", MALFORMED + "Expected FROM after DELETE"),
        ('SELECT * "H"', MALFORMED + "Expected FROM after SELECT list"),
        ('SELECT FROM "H"', None),
        ("SELECT * FROM \"H\" WHERE pk = 'a' AND n BETWEEN 1", None),
        ("UPDATE \"H\" SET x WHERE pk = 'a'", None),
        ("SELECT * FROM \"H\" WHERE n LIKE 'a'", None),
        ('SELECT pk FROM "H" GROUP BY pk', None),
        ('SELECT pk FROM "H" WHERE x = (SELECT * FROM "H")', None),
        ('SELECT pk FROM "H" CROSS JOIN "T"', None),
    ],
)  # fmt: skip
def test_what_is_known_from_dynamodb_local_alone(pq, statement, message):
    pq.refuse(statement, message)
    assert pq.read("H", pk="never") is None
    assert "x" not in pq.read("H", pk="a")
