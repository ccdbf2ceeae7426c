"""What PartiQL refuses of operands, functions, literals and parameters, in AWS's words.

Sources: see test_partiql.
"""

import pytest

from dataplane import L, M, N, S
from support import assert_error
from statements import INVALID, NOWHERE, OPERAND, OVERFLOW, UNDERFLOW, Statements

DEEP = "Nesting Levels have exceeded supported limits"
DEEP_PARAMETER = DEEP + ": Attributes in the item have nested levels beyond supported limit"
DIGITS = "Attempting to store more than 38 significant digits in a Number"
UNCONVERTIBLE = "The parameter cannot be converted to a numeric value"
WANTS_PATH = "Operator or function requires a document path; operator or function: {}"
COUNT = "Incorrect number of operands for operator or function; operator or function: {}, number of operands: {}"


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
    return statements


# Operands


UNORDERED = {
    "BOOL": {"BOOL": True}, "NULL": {"NULL": True}, "L": L(S("a")), "M": M(a=S("b")), "SS": {"SS": ["a"]},
    "NS": {"NS": ["1"]}, "BS": {"BS": [b"\1"]},
}  # fmt: skip


@pytest.mark.parametrize("kind", UNORDERED)
def test_what_has_no_order_is_not_compared_by_it(pq, kind):
    # conformance: partiql/comparison
    for operator in ["<", "<=", ">", ">="]:
        message = OPERAND.format(operator, kind)
        pq.refuse(f"SELECT pk FROM \"H\" WHERE pk = 'x' AND val {operator} ?", message, UNORDERED[kind])
    pq.refuse("SELECT pk FROM \"H\" WHERE val BETWEEN ? AND 'b'", OPERAND.format("BETWEEN", kind), UNORDERED[kind])


@pytest.mark.parametrize(
    "literal, kind",
    [("true", "BOOL"), ("null", "NULL"), ("['a']", "L"), ("{'a': 1}", "M"), ("<<'a'>>", "SS"), ("<<1>>", "NS")],
)
def test_a_literal_without_an_order_is_refused_alike(pq, literal, kind):
    # conformance: partiql/comparison
    pq.refuse(f'SELECT pk FROM "H" WHERE val > {literal}', OPERAND.format(">", kind))
    pq.refuse(f"UPDATE \"H\" SET x = 1 WHERE pk = 'a' AND val > {literal}", OPERAND.format(">", kind))
    pq.refuse(f"DELETE FROM \"H\" WHERE pk = 'a' AND val > {literal}", OPERAND.format(">", kind))


@pytest.mark.parametrize(
    "condition, message, parameters",
    [
        # conformance: error-messages/partiqlFunctions
        ("attribute_exists('ss')", WANTS_PATH.format("attribute_exists"), []),
        ("attribute_exists(?)", WANTS_PATH.format("attribute_exists"), [S("ss")]),
        ("attribute_not_exists('ss')", WANTS_PATH.format("attribute_not_exists"), []),
        ("attribute_exists()", COUNT.format("attribute_exists", 0), []),
        ("attribute_exists(ss, ns)", COUNT.format("attribute_exists", 2), []),
        # floci: edge 5 and 19, documented 9
        ("attribute_type(l, 1)", OPERAND.format("attribute_type", "N"), []),
        ("attribute_type(l, true)", OPERAND.format("attribute_type", "BOOL"), []),
        ("attribute_type(Total, 'X')",
         "Invalid attribute type name found; type: X, valid types: {N,BS,L,B,NULL,M,S,SS,NS,BOOL}", []),
        ("attribute_exists(n) > false", OPERAND.format(">", "BOOL"), []),
    ],
)  # fmt: skip
def test_functions_look_at_their_operands(pq, condition, message, parameters):
    pq.refuse(f"SELECT * FROM \"H\" WHERE pk = 'a' AND {condition}", message, *parameters)


@pytest.mark.parametrize(
    "value, message",
    [
        ("'a' + 1", OPERAND.format("+", "S")),
        ("n - null", OPERAND.format("-", "NULL")),
        ("n + [1]", OPERAND.format("+", "L")),
    ],
)
def test_arithmetic_is_of_numbers_whatever_the_condition_says(pq, value, message):
    # floci: edge 17
    pq.refuse(f"UPDATE \"T\" SET n = {value} WHERE pk='a' AND sk='1' AND nope='x'", message)


FIRST = "The first argument to {} must equal the assignment value at {{}}"
SECOND = "The second argument to {} must be a value with type SET at {{}}"
TWO = "{} must have exactly two arguments at {{}}"
DUPLICATES = INVALID + "Input collection [{}] contains duplicates."
WRONG_TYPE = "An operand in the update expression has an incorrect data type"


@pytest.mark.parametrize(
    "clause, message",
    [
        # conformance: error-messages/partiqlFunctions
        ("t = «set_add»(ss, <<'x'>>)", FIRST.format("SET_ADD")),
        ("ss = «set_add»(<<'a'>>, <<'b'>>)", FIRST.format("SET_ADD")),
        ("ss = set_add(«ss», 'x')", SECOND.format("SET_ADD")),
        ("ss = set_add(«ss», ['x'])", SECOND.format("SET_ADD")),
        ("ss = «set_add»(ss)", TWO.format("SET_ADD")),
        ("ss = «set_add»(ss, <<'x'>>, <<'y'>>)", TWO.format("SET_ADD")),
        ("ss = set_add(ss, <<1>>)", WRONG_TYPE),
        ("s = set_add(s, <<'x'>>)", WRONG_TYPE),
        ("ss = set_add(ss, <<'x', 'x'>>)", DUPLICATES.format("x, x")),
        ("ss = set_add(ss, <<>>)", "Empty bags are not supported"),
        ("t = «set_delete»(ss, <<'a'>>)", FIRST.format("SET_DELETE")),
        ("ss = set_delete(«ss», 'a')", SECOND.format("SET_DELETE")),
        ("ss = set_delete(ss, <<1>>)", WRONG_TYPE),
        # floci: edge 6
        ("\"BandMembers\" = set_delete(«\"BandMembers\"», ['x'])", SECOND.format("SET_DELETE")),
        ("ss = set_add(ss, <<'b','b'>>)", DUPLICATES.format("b, b")),
        # floci: edge 7
        ("ns = set_add(ns, <<2, 2.0>>)", INVALID + "Input collection [2, 2.0] contains duplicates! under root"),
        # floci: documented 8
        ("NoList = list_append(NoList, [1])",
         "The provided expression refers to an attribute that does not exist in the item"),
    ],
)  # fmt: skip
def test_functions_that_update_look_at_their_operands(pq, clause, message):
    pq.refuse(f"UPDATE \"H\" SET {clause} WHERE pk = 'a'", message)
    assert pq.read("H", pk="a")["ss"] == {"SS": ["a", "b", "c"]}


def test_the_place_of_an_operand_counts_from_its_own_line(pq):
    # floci: edge 6
    pq.refuse("UPDATE \"H\"\nSET BandMembers = set_add(«BandMembers», 'x')\nWHERE pk='a'", SECOND.format("SET_ADD"))
    assert pq.text("UPDATE \"H\"\nSET BandMembers = set_add(«BandMembers», 'x')")[1] == "2:27:11"


# Literals


@pytest.mark.parametrize(
    "statement, message",
    [
        # conformance: error-messages/partiqlGrammar
        ('SELECT * FROM "N" WHERE pk = 1e126', OVERFLOW + " under root"),
        ('SELECT * FROM "N" WHERE pk = 1e-131', UNDERFLOW + " under root"),
        ('SELECT * FROM "N" WHERE pk = 123456789012345678901234567890123456789', DIGITS + " under root"),
        ("INSERT INTO \"N\" VALUE {'pk': 1e126}", OVERFLOW + " under root"),
        ('UPDATE "N" SET a = 1e-131 WHERE pk = 970005', UNDERFLOW + " under root"),
        ("INSERT INTO \"N\" VALUE {'pk': 970006, 'm': {'x': 1e126}}", OVERFLOW + " under root.x"),
        ("INSERT INTO \"N\" VALUE {'pk': 970007, 'l': [1, 1e126]}", OVERFLOW + " under root[1]"),
        # floci: documented 6, edge 7
        ("INSERT INTO \"H\" VALUE {'pk':'bag', 's':<<>>}", "Empty bags are not supported"),
        ("INSERT INTO \"H\" VALUE {'pk':'bag', 's':<<1, 'a'>>}",
         "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"),
        ("INSERT INTO \"H\" VALUE {'pk':'bag', 's':<<true>>}",
         "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"),
        ("INSERT INTO \"H\" VALUE {'pk':'bag', 's':<<'a', 'a'>>}", DUPLICATES.format("a, a")),
        ("SELECT sk FROM \"T\" WHERE pk='a' AND s = <<'a','a'>>", DUPLICATES.format("a, a")),
        # floci: edge 16
        ("UPDATE \"H\" SET d = " + "{'a':" * 32 + "1" + "}" * 32 + " WHERE pk='a'", DEEP + " under root" + ".a" * 32),
        ("UPDATE \"H\" SET d = {'a':" + "[" * 31 + "1" + "]" * 31 + "} WHERE pk='a'",
         DEEP + " under root.a" + "[0]" * 31),
    ],
)  # fmt: skip
def test_a_literal_that_cannot_be_stored_says_where_it_stands_in_its_value(pq, statement, message):
    pq.refuse(statement, message)


def test_a_literal_may_nest_31_levels(pq):
    # floci: edge 16
    pq.run("INSERT INTO \"H\" VALUE {'pk':'nested', 'd':" + "{'a':" * 31 + "1" + "}" * 31 + "}")
    value = pq.read("H", pk="nested")["d"]
    for _ in range(31):
        value = value["M"]["a"]
    assert value == N(1)


def test_an_item_that_becomes_too_deep_is_refused_in_fewer_words(pq):
    # floci: edge 27
    pq.write("H", {"pk": S("deep"), "m": M()})
    value = S("x")
    for _ in range(31):
        value = M(a=value)
    pq.refuse("UPDATE \"H\" SET m.deep = ? WHERE pk='deep'", DEEP, value)
    assert pq.read("H", pk="deep")["m"] == M()


# Parameters

POSITIONS = [
    "SELECT * FROM \"T\" WHERE pk = 'pq-pn' AND n = ?",
    "INSERT INTO \"T\" VALUE {'pk': 'pq-pn-insert', 'sk': 's', 'n': ?}",
    "UPDATE \"T\" SET n = ? WHERE pk = 'pq-pn' AND sk = 's'",
    'SELECT * FROM "T" WHERE pk = ?',
    'SELECT * FROM "T"',
    'UPDATE "T" SET WHERE',
    f"SELECT * FROM {NOWHERE} WHERE pk = ?",
]


def nested(depth, leaf=S("leaf")):
    for _ in range(depth):
        leaf = M(n=leaf)
    return leaf


@pytest.mark.parametrize(
    "parameter, message",
    [
        # conformance: error-messages/partiqlParameterNumbers
        (N("1e99999999999"), UNCONVERTIBLE + ": 1e99999999999"),
        (N("-1e99999999999"), UNCONVERTIBLE + ": -1e99999999999"),
        (N("1e-99999999999"), UNCONVERTIBLE + ": 1e-99999999999"),
        (N("1e2147483648"), UNCONVERTIBLE + ": 1e2147483648"),
        (N("1e-2147483648"), UNCONVERTIBLE + ": 1e-2147483648"),
        (N("1e2147483647"), UNDERFLOW),
        (N(""), UNCONVERTIBLE),
        (N("abc"), UNCONVERTIBLE + ": abc"),
        (L(N(1), N("1e99999999999")), UNCONVERTIBLE + ": 1e99999999999"),
        (M(x=N("1e99999999999")), UNCONVERTIBLE + ": 1e99999999999"),
        ({"NS": ["1", "1e99999999999"]}, UNCONVERTIBLE + ": 1e99999999999"),
        (nested(40), DEEP_PARAMETER),
        (nested(40, N("abc")), DEEP_PARAMETER),
        (N("1e126"), OVERFLOW),
        (N("1e-131"), UNDERFLOW),
        # floci: edge 8
        ({"SS": ["a", "a"]}, INVALID + "Input collection [a, a] contains duplicates."),
        ({"SS": []}, INVALID + "An string set  may not be empty"),
        ({"NULL": False}, INVALID + "Null attribute value types must have the value of true"),
        # floci's parser test, recorded in ap-northeast-1
        ({}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        ({"S": "a", "N": "1"},
         "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
         "datatypes"),
    ],
)  # fmt: skip
def test_a_parameter_is_looked_at_before_the_statement_is_read(raw, pq, parameter, message):
    for statement in POSITIONS:
        reply = raw("ExecuteStatement", {"Statement": pq.text(statement)[0], "Parameters": [parameter]})
        assert_error(reply, "ValidationException", message)


@pytest.mark.parametrize("depth", [40, 100])
@pytest.mark.parametrize("first", ["deep", "number"])
def test_the_first_wrong_parameter_is_told(raw, pq, depth, first):
    # conformance: error-messages/partiqlParameterNumbers
    deep, number = (nested(depth), DEEP_PARAMETER), (N("abc"), UNCONVERTIBLE + ": abc")
    (one, message), (two, _) = (deep, number) if first == "deep" else (number, deep)
    statement = pq.text("SELECT * FROM \"T\" WHERE pk = 'pq-pn' AND x = ? AND y = ?")[0]
    for parameters in [[one, two], [M(a=one, b=two), S("")], [L(one, two), S("")]]:
        reply = raw("ExecuteStatement", {"Statement": statement, "Parameters": parameters})
        assert_error(reply, "ValidationException", message)


def test_a_parameter_of_bad_base64_is_no_json_of_the_operation(raw, pq):
    # floci's parser test
    statement = pq.text('SELECT * FROM "H" WHERE pk = ?')[0]
    reply = raw("ExecuteStatement", {"Statement": statement, "Parameters": [{"B": "abc"}]})
    assert_error(
        reply, "SerializationException", "Base64 encoded length is expected a multiple of 4 bytes but found: 3"
    )


def test_there_is_a_parameter_for_every_question_mark(pq):
    # DynamoDB Local, and moto's tests
    message = "Number of parameters in request and statement don't match."
    pq.refuse('SELECT * FROM "H" WHERE pk = ?', message)
    pq.refuse('SELECT * FROM "H" WHERE pk = ? AND n = ?', message, S("a"))
    pq.refuse("UPDATE \"H\" SET n = ? WHERE pk = 'a'", message)


@pytest.mark.parametrize("statement", ["SELECT * FROM ? WHERE pk = 'a'", "SELECT ? FROM \"H\" WHERE pk = 'a'"])
def test_no_parameter_names_a_table_or_a_column(pq, statement):
    # DynamoDB Local
    pq.refuse(statement, None, S("H"))


def test_no_parameter_stands_in_a_set(pq):
    # DynamoDB Local
    pq.refuse("UPDATE \"H\" SET x = <<?>> WHERE pk = 'a'", None, S("x"))
