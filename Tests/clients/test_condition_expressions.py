"""The condition language, in a write's condition and in a filter, which must agree; and what is no condition.

Sources: dynalite db/conditionParser (texts and their precedence), Alternator's test_condition_expression.py and
test_filter_expression.py (run against AWS), the DynamoDB conformance suite's captures.
"""

import pytest

from dataplane import B, L, M, N, S, of_write
from support import expect_error

ITEM = {
    "s": S("bcd"),
    "n": N("2.5"),
    "b": B(b"\x01\x80"),
    "t": {"BOOL": True},
    "f": {"BOOL": False},
    "null": {"NULL": True},
    "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1", "2"]},
    "bs": {"BS": [b"a", b"b"]},
    "l": L(N(1), S("x"), L(S("deep"))),
    "m": M(a=N(1), b=M(c=S("deep")), l=L(N(7))),
    "vacant": S(""),
    "s2": S("bcd"),
    "n2": N(3),
    "accent": S("é"),
}
NAMES = {"#null": "null"}


@pytest.fixture(scope="module")
def table(dynamodb, make_module_table):
    name = make_module_table(key={"pk": "S"})
    dynamodb.put_item(TableName=name, Item={"pk": S("item"), **ITEM})
    return name


def parameters(expression, values):
    used = {"ExpressionAttributeNames": NAMES} if "#null" in expression else {}
    if values:
        used["ExpressionAttributeValues"] = {":" + name: value for name, value in values.items()}
    return used


def holds_as_condition(dynamodb, table, expression, values):
    try:
        dynamodb.put_item(
            TableName=table,
            Item={"pk": S("item"), **ITEM},
            ConditionExpression=expression,
            **parameters(expression, values),
        )
        return True
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False


def holds_as_filter(dynamodb, table, expression, values):
    answer = dynamodb.scan(TableName=table, FilterExpression=expression, **parameters(expression, values))
    assert answer["ScannedCount"] == 1
    assert len(answer["Items"]) == answer["Count"]
    return answer["Count"] == 1


ONE = {"v": N(1)}
TRUTHS = [
    # comparisons, of one type only
    ("s = :v", {"v": S("bcd")}, True),
    ("s = :v", {"v": S("bc")}, False),
    ("s = :v", {"v": N(1)}, False),
    (":v = s", {"v": S("bcd")}, True),
    ("s = s2", {}, True),
    ("n = :v", {"v": N("2.50")}, True),
    ("s <> :v", {"v": S("x")}, True),
    ("s <> :v", {"v": N(1)}, True),
    ("s <> s2", {}, False),
    ("nothing = :v", ONE, False),
    ("nothing <> :v", ONE, True),  # AWS: a missing attribute differs from everything (Alternator)
    ("nothing = another", {}, False),
    ("nothing < :v", ONE, False),
    ("nothing > :v", ONE, False),
    ("s < :v", {"v": S("bce")}, True),
    ("s < :v", {"v": S("bcd")}, False),
    ("s <= :v", {"v": S("bcd")}, True),
    ("s > :v", {"v": S("bc")}, True),
    ("s >= :v", {"v": S("bcd")}, True),
    ("s > :v", {"v": N(1)}, False),
    ("s < :v", {"v": N(1)}, False),
    ("n < :v", {"v": N(10)}, True),
    ("n > :v", {"v": N("-1e100")}, True),
    ("n < n2", {}, True),
    ("n2 < n", {}, False),
    ("b < :v", {"v": B(b"\x01\x81")}, True),
    ("b > :v", {"v": B(b"\x01")}, True),
    ("b < :v", {"v": B(b"\x01")}, False),
    ("accent > :v", {"v": S("z")}, True),
    ("accent = :v", {"v": S("e\u0301")}, False),
    ("t = :v", {"v": {"BOOL": True}}, True),
    ("f <> :v", {"v": {"BOOL": True}}, True),
    ("#null = :v", {"v": {"NULL": True}}, True),
    ("ss = :v", {"v": {"SS": ["b", "a"]}}, True),
    ("ns = :v", {"v": {"NS": ["2.0", "1"]}}, True),
    ("bs = :v", {"v": {"BS": [b"b", b"a"]}}, True),
    ("ss = :v", {"v": {"SS": ["b"]}}, False),
    ("ss <> :v", {"v": {"SS": ["b", "a"]}}, False),
    ("l = :v", {"v": L(N("1.0"), S("x"), L(S("deep")))}, True),
    ("l = :v", {"v": L(S("x"), N(1), L(S("deep")))}, False),
    ("m = :v", {"v": M(l=L(N(7)), b=M(c=S("deep")), a=N(1))}, True),
    ("m = :v", {"v": M(a=N(1))}, False),
    # paths
    ("m.b.c = :v", {"v": S("deep")}, True),
    ("l[0] = :v", ONE, True),
    ("l[2][0] = :v", {"v": S("deep")}, True),
    ("m.l[0] = :v", {"v": N(7)}, True),
    ("l[9] = :v", ONE, False),
    ("s.x = :v", ONE, False),
    ("s[0] = :v", {"v": S("b")}, False),
    ("m[0] = :v", ONE, False),
    # BETWEEN and IN
    ("n BETWEEN :a AND :b", {"a": N(2), "b": N(3)}, True),
    ("n BETWEEN :a AND :b", {"a": N("2.5"), "b": N("2.5")}, True),
    ("n between :a and :b", {"a": N(3), "b": N(4)}, False),
    ("s BETWEEN :a AND :b", {"a": S("b"), "b": S("c")}, True),
    ("s BETWEEN :a AND :b", {"a": N(1), "b": N(2)}, False),
    (":v BETWEEN n AND n2", {"v": N("2.7")}, True),
    ("nothing BETWEEN :a AND :b", {"a": N(1), "b": N(2)}, False),
    ("n IN (:a, :b)", {"a": N(1), "b": N("2.5")}, True),
    ("n IN (:a)", {"a": N(1)}, False),
    ("s in (:a, s2)", {"a": N(1)}, True),
    ("ss IN (:a)", {"a": {"SS": ["b", "a"]}}, True),
    ("nothing IN (:a)", {"a": N(1)}, False),
    # functions
    ("attribute_exists(s)", {}, True),
    ("attribute_exists(m.b.c)", {}, True),
    ("attribute_exists(m.b.x)", {}, False),
    ("attribute_exists(l[2][0])", {}, True),
    ("attribute_exists(l[3])", {}, False),
    ("attribute_exists(#null)", {}, True),
    ("attribute_not_exists(nothing)", {}, True),
    ("attribute_not_exists(s.x.y)", {}, True),
    ("attribute_not_exists(vacant)", {}, False),
    *[(f"attribute_type({name}, :v)", {"v": S(kind)}, True) for name, kind in [
        ("s", "S"), ("n", "N"), ("b", "B"), ("t", "BOOL"), ("#null", "NULL"),
        ("ss", "SS"), ("ns", "NS"), ("bs", "BS"), ("l", "L"), ("m", "M"), ("m.b", "M")]],
    ("attribute_type(s, :v)", {"v": S("N")}, False),
    ("attribute_type(nothing, :v)", {"v": S("S")}, False),
    ("begins_with(s, :v)", {"v": S("bc")}, True),
    ("begins_with(s, :v)", {"v": S("")}, True),
    ("begins_with(s, :v)", {"v": S("cd")}, False),
    ("begins_with(s, s2)", {}, True),
    ("begins_with(b, :v)", {"v": B(b"\x01")}, True),
    ("begins_with(b, :v)", {"v": B(b"\x80")}, False),
    ("begins_with(n, :v)", {"v": S("2")}, False),
    ("begins_with(nothing, :v)", {"v": S("2")}, False),
    ("contains(s, :v)", {"v": S("cd")}, True),
    ("contains(s, :v)", {"v": S("db")}, False),
    ("contains(b, :v)", {"v": B(b"\x80")}, True),
    ("contains(ss, :v)", {"v": S("a")}, True),
    ("contains(ss, :v)", {"v": S("ab")}, False),
    ("contains(ns, :v)", {"v": N("2.0")}, True),
    ("contains(bs, :v)", {"v": B(b"b")}, True),
    ("contains(l, :v)", {"v": S("x")}, True),
    ("contains(l, :v)", {"v": N(1)}, True),
    ("contains(l, :v)", {"v": L(S("deep"))}, True),
    ("contains(l, :v)", {"v": S("deep")}, False),
    ("contains(n, :v)", {"v": N(2)}, False),
    ("contains(m, :v)", {"v": S("a")}, False),
    ("contains(nothing, :v)", {"v": S("a")}, False),
    ("size(s) = :v", {"v": N(3)}, True),
    ("size(b) = :v", {"v": N(2)}, True),
    ("size(ss) = :v", {"v": N(2)}, True),
    ("size(l) = :v", {"v": N(3)}, True),
    ("size(m) = :v", {"v": N(3)}, True),
    ("size(vacant) = :v", {"v": N(0)}, True),
    ("size(n) = :v", ONE, False),
    ("size(nothing) = :v", ONE, False),
    ("size(l) > size(ss)", {}, True),
    (":v < size(l)", ONE, True),
    ("size(s) IN (:a, :b)", {"a": N(3), "b": N(4)}, True),
    ("size(s) BETWEEN :a AND :b", {"a": N(3), "b": N(4)}, True),
    # logic, NOT before AND before OR
    ("s = s2 AND n < n2", {}, True),
    ("s = s2 AND n > n2", {}, False),
    ("s <> s2 OR n < n2", {}, True),
    ("NOT s = s2", {}, False),
    ("not s = s2 or n < n2", {}, True),
    ("NOT (s = s2 OR n < n2)", {}, False),
    ("s = s2 OR n > n2 AND n > n2", {}, True),
    ("(s = s2 OR n > n2) AND n > n2", {}, False),
    ("n > n2 AND n > n2 OR s = s2", {}, True),
    ("NOT n > n2 AND s = s2", {}, True),
    ("NOT nothing = :v", ONE, True),
    ("NOT contains(s, :v)", {"v": S("x")}, True),
    ("s = s2 AND (n BETWEEN :a AND :b AND t = t2 OR attribute_exists(m))", {"a": N(1), "b": N(9)}, True),
    ("(s) = (s2)", {}, True),
    ("\n s\t=\r:v ", {"v": S("bcd")}, True),
]  # fmt: skip


@pytest.mark.parametrize("expression, values, truth", TRUTHS)
def test_condition_and_filter_agree_on_the_truth(dynamodb, table, expression, values, truth):
    assert holds_as_condition(dynamodb, table, expression, values) is truth
    assert holds_as_filter(dynamodb, table, expression, values) is truth


FUNCTION = "Incorrect operand type for operator or function; operator or function: "
OPERATOR = "Incorrect operand type for operator or function; operator: "
COUNT = "Incorrect number of operands for operator or function; operator or function: "
DISTINCT = "The first operand must be distinct from the remaining operands for this operator or function; operator: "
MISUSED = "The function is not allowed to be used this way in an expression; function: "

FAULTS = [
    ("", {}, None, "The expression can not be empty;"),
    ("((a = :v))", ONE, None, "The expression has redundant parentheses;"),
    ("((a)) = :v", ONE, None, "The expression has redundant parentheses;"),
    ("(a = :v AND ((b = :v)))", ONE, None, "The expression has redundant parentheses;"),
    ("size = :v", ONE, None, "Attribute name is a reserved keyword; reserved keyword: size"),
    ("a.Order = :v", ONE, None, "Attribute name is a reserved keyword; reserved keyword: Order"),
    ("a = :w", ONE, None, "An expression attribute value used in expression is not defined; attribute value: :w"),
    ("a = :v", {}, None, "An expression attribute value used in expression is not defined; attribute value: :v"),
    ("#a = :v", ONE, None,
     "An expression attribute name used in the document path is not defined; attribute name: #a"),
    ("a.#b = :v", ONE, {"#a": "a"},
     "An expression attribute name used in the document path is not defined; attribute name: #b"),
    ("foo(a)", {}, None, "Invalid function name; function: foo"),
    ("ATTRIBUTE_EXISTS(a)", {}, None, "Invalid function name; function: ATTRIBUTE_EXISTS"),
    ("attribute_exists(a, b)", {}, None, COUNT + "attribute_exists, number of operands: 2"),
    ("contains(a)", {}, None, COUNT + "contains, number of operands: 1"),
    ("size(a, b) = :v", ONE, None, COUNT + "size, number of operands: 2"),
    ("attribute_exists(:v)", ONE, None,
     "Operator or function requires a document path; operator or function: attribute_exists"),
    ("attribute_not_exists(:v)", ONE, None,
     "Operator or function requires a document path; operator or function: attribute_not_exists"),
    ("begins_with(a, :v)", ONE, None, FUNCTION + "begins_with, operand type: N"),
    ("attribute_type(a, :v)", ONE, None, FUNCTION + "attribute_type, operand type: N"),
    ("size(:v) = :v", ONE, None, FUNCTION + "size, operand type: N"),
    ("a < :v", {"v": {"BOOL": True}}, None, FUNCTION + "<, operand type: BOOL"),
    ("a >= :v", {"v": L()}, None, FUNCTION + ">=, operand type: L"),
    ("a > :v", {"v": {"SS": ["x"]}}, None, FUNCTION + ">, operand type: SS"),
    ("size(a)", {}, None, MISUSED + "size"),
    ("NOT size(a)", {}, None, MISUSED + "size"),
    ("size(a) AND a = :v", ONE, None, MISUSED + "size"),
    ("attribute_exists(a) = :v", ONE, None, MISUSED + "attribute_exists"),
    ("contains(begins_with(a, :v), :v)", {"v": S("x")}, None, MISUSED + "begins_with"),
    ("a = a", {}, None, DISTINCT + "=, first operand: [a]"),
    ("a.b[0] < a.b[0]", {}, None, DISTINCT + "<, first operand: [a, b, [0]]"),
    ("contains(#a, #a)", {}, {"#a": "data"}, DISTINCT + "contains, first operand: [data]"),
    ("a BETWEEN :v AND :w", {"v": N(1), "w": S("a")}, None,
     "The BETWEEN operator requires same data type for lower and upper bounds; "
     "lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:a}"),
    ("a BETWEEN :v AND :w", {"v": N(2), "w": N(1)}, None,
     "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
     "lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}"),
    *[(expression, ONE if ":v" in expression else {}, None, None) for expression in [
        "a", "a =", "= a", "a = = :v", "a = :v AND", "AND", "NOT", "(a = :v", "a = :v)", "a = :v b = :v", "a == :v",
        "a != :v", "a IN :v", "a IN ()", "a BETWEEN :v", "a BETWEEN :v, :v", "contains(a :v)", "a = 'x'", "a = 5",
        "a.b. = :v", "a[x] = :v", "a[] = :v", "a[1.5] = :v", "a = :v;", "a = :v && a = :v", "a-b = :v", "1a = :v"]],
]  # fmt: skip


@pytest.mark.parametrize("expression, values, names, message", FAULTS)
def test_a_faulty_expression_is_explained(raw, table, expression, values, names, message):
    """A syntax error's tokens are uncertain, so only its beginning is compared."""
    shared = {"TableName": table}
    if values:
        shared["ExpressionAttributeValues"] = {":" + name: value for name, value in values.items()}
    if names:
        shared["ExpressionAttributeNames"] = names
    for operation, member, rest in [
        ("PutItem", "ConditionExpression", {"Item": {"pk": S("item")}}),
        ("DeleteItem", "ConditionExpression", {"Key": {"pk": S("item")}}),
        ("UpdateItem", "ConditionExpression", {"Key": {"pk": S("item")}}),
        ("Scan", "FilterExpression", {}),
    ]:
        reply = raw(operation, {**shared, member: expression, **rest})
        assert reply.status == 400, (operation, reply.body)
        assert reply.type == "com.amazon.coral.validate#ValidationException"
        words = f"Invalid {member}: {message or 'Syntax error; token: '}"
        if operation != "Scan":
            words = of_write(words)
        assert reply.message.startswith(words) if message is None else reply.message == words


def test_an_invalid_type_name_is_explained(raw, table):
    body = {
        "TableName": table,
        "FilterExpression": "attribute_type(a, :v)",
        "ExpressionAttributeValues": {":v": S("STRING")},
    }
    begin = "Invalid FilterExpression: Invalid attribute type name found; type: STRING, valid types: {"
    reply = raw("Scan", body)
    assert reply.message.startswith(begin)
    names = reply.message[len(begin) :].rstrip("}").replace(" ", "").split(",")
    assert set(names) == {"B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"}


@pytest.mark.parametrize(
    "expression, values, message",
    [
        ("((size = foo(a)))", {}, "The expression has redundant parentheses;"),
        ("size = foo(a)", {}, "Invalid function name; function: foo"),
        ("size = :undefined", {}, "Attribute name is a reserved keyword; reserved keyword: size"),
    ],
)
def test_of_several_faults_the_weightier_is_told(dynamodb, table, expression, values, message):
    """Precedence after dynalite's tests; documented reading."""
    with expect_error("ValidationException", "Invalid FilterExpression: " + message):
        dynamodb.scan(TableName=table, FilterExpression=expression)


def test_in_takes_a_hundred_operands(dynamodb, table):
    values = {f":v{place}": N(place) for place in range(100)}
    expression = f"size(s) IN ({', '.join(values)})"
    answer = dynamodb.scan(TableName=table, FilterExpression=expression, ExpressionAttributeValues=values)
    assert answer["Count"] == 1


def test_several_unused_placeholders_are_all_named(dynamodb, table):
    with expect_error("ValidationException") as caught:
        dynamodb.scan(
            TableName=table,
            FilterExpression="a = :a",
            ExpressionAttributeValues={":a": N(1), ":b": N(1), ":c": N(1)},
        )
    begin = "Value provided in ExpressionAttributeValues unused in expressions: keys: {"
    message = caught[0].response["Error"]["Message"]
    assert message.startswith(begin)
    assert set(message[len(begin) : -1].split(", ")) == {":b", ":c"}
