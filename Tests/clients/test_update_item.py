"""UpdateItem: the update expression's clauses and functions, what is returned, and every refusal.

Sources: dynalite db/updateParser and actions/updateItem.js (texts), Alternator's test_update_expression.py and
test_returnvalues.py (run against AWS), the DynamoDB conformance suite's captures.
"""

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

from dataplane import B, L, M, N, S, of_write, shape
from support import expect_error

INVALID = "One or more parameter values were invalid: "
UPDATE = "Invalid UpdateExpression: "
WRONG_TYPE = "An operand in the update expression has an incorrect data type"
NO_ATTRIBUTE = "The provided expression refers to an attribute that does not exist in the item"
NO_PATH = "The document path provided in the update expression is invalid for update"

_keys = itertools.count(1)


@pytest.fixture(scope="module")
def table(make_module_table):
    return make_module_table(key={"pk": "S"})


@pytest.fixture(scope="module")
def ranged(make_module_table):
    return make_module_table(key={"pk": "S", "sk": "S"})


@pytest.fixture
def update(dynamodb, table):
    """`update(before, expression, {":v": value}, {"#n": name})` returns the item afterwards, without its key."""

    def run(before, expression, values=None, names=None, returning=None):
        key = {"pk": S(f"item-{next(_keys)}")}
        run.key = key
        if before is not None:
            dynamodb.put_item(TableName=table, Item={**key, **before})
        parameters = {"TableName": table, "Key": key, "UpdateExpression": expression}
        if values:
            parameters["ExpressionAttributeValues"] = values
        if names:
            parameters["ExpressionAttributeNames"] = names
        if returning:
            parameters["ReturnValues"] = returning
        answer = dynamodb.update_item(**parameters)
        if returning:
            return answer.get("Attributes")
        assert "Attributes" not in answer
        return after()

    def after():
        item = dynamodb.get_item(TableName=table, Key=run.key, ConsistentRead=True).get("Item")
        if item is not None:
            assert item.pop("pk") == run.key["pk"]
        return item

    run.after = after
    return run


ITEM = {"n": N(5), "s": S("text"), "l": L(N(0), N(1), N(2)), "m": M(a=N(1), b=M(c=S("deep"))), "ns": {"NS": ["1", "2"]}}


def changed(**attributes):
    item = {**ITEM, **attributes}
    return {name: value for name, value in item.items() if value is not None}


V = {":v": S("new")}


@pytest.mark.parametrize(
    "expression, values, after",
    [
        ("SET a = :v", V, changed(a=S("new"))),
        ("set a = :v", V, changed(a=S("new"))),
        ("SET s = :v", V, changed(s=S("new"))),
        ("SET a = s", None, changed(a=S("text"))),
        ("SET a = m.b.c, b = l[1]", None, changed(a=S("deep"), b=N(1))),
        ("SET m.a = :v", V, changed(m=M(a=S("new"), b=M(c=S("deep"))))),
        ("SET m.b.d = :v", V, changed(m=M(a=N(1), b=M(c=S("deep"), d=S("new"))))),
        ("SET l[1] = :v", V, changed(l=L(N(0), S("new"), N(2)))),
        ("SET l[3] = :v", V, changed(l=L(N(0), N(1), N(2), S("new")))),
        ("SET l[99] = :v", V, changed(l=L(N(0), N(1), N(2), S("new")))),
        ("SET l[9] = s, l[7] = n", None, changed(l=L(N(0), N(1), N(2), N(5), S("text")))),
        ("SET n = n + :v", {":v": N(3)}, changed(n=N(8))),
        ("SET n = n - :v", {":v": N(7)}, changed(n=N(-2))),
        ("SET n = :v - n", {":v": N(7)}, changed(n=N(2))),
        ("SET n = (n + :v)", {":v": N(1)}, changed(n=N(6))),
        ("SET n = l[1] + m.a", None, changed(n=N(2))),
        ("SET n = if_not_exists(n, :v)", {":v": N(1)}, changed()),
        ("SET a = if_not_exists(a, :v)", {":v": N(1)}, changed(a=N(1))),
        ("SET a = if_not_exists(b, s)", None, changed(a=S("text"))),
        ("SET a = if_not_exists(m.x, :v) + n", {":v": N(1)}, changed(a=N(6))),
        ("SET a = if_not_exists(b, if_not_exists(c, :v))", V, changed(a=S("new"))),
        ("SET l = list_append(l, :v)", {":v": L(N(3))}, changed(l=L(N(0), N(1), N(2), N(3)))),
        ("SET l = list_append(:v, l)", {":v": L(N(3))}, changed(l=L(N(3), N(0), N(1), N(2)))),
        ("SET a = list_append(if_not_exists(a, :e), :v)", {":e": L(), ":v": L(N(3))}, changed(a=L(N(3)))),
        ("SET a = list_append(l, l)", None, changed(a=L(N(0), N(1), N(2), N(0), N(1), N(2)))),
        ("SET n = s, s = n", None, changed(n=S("text"), s=N(5))),
        ("SET a = n, n = n + :v", {":v": N(1)}, changed(a=N(5), n=N(6))),
        ("REMOVE s", None, changed(s=None)),
        ("REMOVE s, n", None, changed(s=None, n=None)),
        ("REMOVE nothing", None, changed()),
        ("REMOVE nothing.deep.down", None, NO_PATH),
        ("REMOVE m.a", None, changed(m=M(b=M(c=S("deep"))))),
        ("REMOVE m.b.nothing", None, changed()),
        ("REMOVE l[0]", None, changed(l=L(N(1), N(2)))),
        ("REMOVE l[0], l[2]", None, changed(l=L(N(1)))),
        ("REMOVE l[9]", None, changed()),
        ("REMOVE l[0] SET l[1] = :v", V, changed(l=L(S("new"), N(2)))),
        ("ADD n :v", {":v": N(2)}, changed(n=N(7))),
        ("ADD a :v", {":v": N(2)}, changed(a=N(2))),
        ("ADD m.a :v", {":v": N(2)}, changed(m=M(a=N(3), b=M(c=S("deep"))))),
        ("ADD a :v", {":v": {"SS": ["x"]}}, changed(a={"SS": ["x"]})),
        ("DELETE nothing :v", {":v": {"SS": ["x"]}}, changed()),
        ("DELETE ns :v", {":v": {"NS": ["1"]}}, changed(ns={"NS": ["2"]})),
        ("DELETE ns :v", {":v": {"NS": ["1.0", "2"]}}, changed(ns=None)),
        ("SET a = :v REMOVE s ADD n :n DELETE ns :ns", {**V, ":n": N(1), ":ns": {"NS": ["1"]}},
         changed(a=S("new"), s=None, n=N(6), ns={"NS": ["2"]})),
        (" \t\r\nDELETE ns :ns\nADD n :n\tREMOVE\ns SET\na=:v ", {**V, ":n": N(1), ":ns": {"NS": ["1"]}},
         changed(a=S("new"), s=None, n=N(6), ns={"NS": ["2"]})),
    ],
)  # fmt: skip
def test_an_expression_changes_the_item(update, expression, values, after):
    if isinstance(after, str):
        with expect_error("ValidationException", after):
            update(ITEM, expression, values)
        assert update.after() == ITEM
    else:
        assert update(ITEM, expression, values) == after


@pytest.mark.parametrize("kind, old, added, members", [
    ("SS", ["a", "b"], ["b", "c"], ["a", "b", "c"]),
    ("NS", ["1", "2"], ["2.0", "3"], ["1", "2", "3"]),
    ("BS", [b"a"], [b"\x00", b"a"], [b"\x00", b"a"]),
])  # fmt: skip
def test_add_joins_sets(update, kind, old, added, members):
    after = update({"a": {kind: old}}, "ADD a :v", {":v": {kind: added}})
    assert sorted(after["a"][kind]) == sorted(members)


def test_names_stand_for_attributes_that_expressions_cannot_write(update):
    names = {"#size": "size", "#dot": "a.b", "#m": "m", "#x": "x y"}
    after = update({"m": M()}, "SET #size = :v, #dot = :v, #m.#x = :v", V, names)
    assert after == {"size": S("new"), "a.b": S("new"), "m": {"M": {"x y": S("new")}}}


def test_an_update_makes_the_item_that_is_not_there(update):
    assert update(None, "SET a = :v", V) == {"a": S("new")}
    assert update(None, "ADD n :v", {":v": N(1)}) == {"n": N(1)}


def test_an_update_that_only_takes_away_makes_no_item(update):
    """Alternator's test_update_item_non_existent, run against AWS."""
    assert update(None, "REMOVE a") is None
    assert update(None, "DELETE a :v", {":v": {"SS": ["x"]}}) is None


def test_an_update_without_an_expression_makes_the_bare_item(dynamodb, raw, table):
    assert raw("UpdateItem", {"TableName": table, "Key": {"pk": S("bare")}}).json == {}
    item = dynamodb.get_item(TableName=table, Key={"pk": S("bare")}, ConsistentRead=True)["Item"]
    assert item == {"pk": S("bare")}


# What is returned

OLD = {"a": N(1), "b": N(2), "m": M(x=N(1), y=N(2)), "l": L(N(0), N(1), N(2))}


@pytest.mark.parametrize(
    "before, expression, values, returning, attributes",
    [
        (OLD, "SET a = :v", {":v": N(9)}, "NONE", None),
        (OLD, "SET a = :v", {":v": N(9)}, "ALL_OLD", "old"),
        (OLD, "SET a = :v", {":v": N(9)}, "ALL_NEW", "new"),
        (OLD, "SET a = :v", {":v": N(9)}, "UPDATED_OLD", {"a": N(1)}),
        (OLD, "SET a = :v", {":v": N(9)}, "UPDATED_NEW", {"a": N(9)}),
        (OLD, "SET c = :v", {":v": N(9)}, "UPDATED_OLD", None),
        (OLD, "SET c = :v, a = b", {":v": N(9)}, "UPDATED_OLD", {"a": N(1)}),
        (OLD, "SET c = :v, a = b", {":v": N(9)}, "UPDATED_NEW", {"c": N(9), "a": N(2)}),
        (OLD, "REMOVE a", None, "UPDATED_OLD", {"a": N(1)}),
        (OLD, "REMOVE a", None, "UPDATED_NEW", None),
        (OLD, "SET m.x = :v", {":v": N(9)}, "UPDATED_OLD", {"m": M(x=N(1))}),
        (OLD, "SET m.x = :v", {":v": N(9)}, "UPDATED_NEW", {"m": M(x=N(9))}),
        (OLD, "SET l[1] = :v", {":v": N(9)}, "UPDATED_OLD", {"l": L(N(1))}),
        (OLD, "SET l[1] = :v", {":v": N(9)}, "UPDATED_NEW", {"l": L(N(9))}),
        (None, "SET a = :v", {":v": N(9)}, "ALL_OLD", None),
        (None, "SET a = :v", {":v": N(9)}, "ALL_NEW", "new"),
        (None, "SET a = :v", {":v": N(9)}, "UPDATED_OLD", None),
        (None, "SET a = :v", {":v": N(9)}, "UPDATED_NEW", {"a": N(9)}),
    ],
)
def test_what_an_update_returns(update, before, expression, values, returning, attributes):
    if attributes == "old":
        attributes = dict(before)
    elif attributes == "new":
        attributes = {**(before or {}), "a": N(9)}
    elif attributes is not None:
        assert update(before, expression, values, returning=returning) == attributes
        return
    answer = update(before, expression, values, returning=returning)
    if attributes is not None:
        attributes["pk"] = update.key["pk"]
    assert answer == attributes


# Refusals that depend on the item: nothing has changed afterwards


@pytest.mark.parametrize(
    "expression, values, message",
    [
        ("SET a = nothing", None, NO_ATTRIBUTE),
        ("SET a = m.nothing", None, NO_ATTRIBUTE),
        ("SET a = l[9]", None, NO_ATTRIBUTE),
        ("SET a = nothing + :v", {":v": N(1)}, NO_ATTRIBUTE),
        ("SET a = list_append(nothing, :v)", {":v": L()}, NO_ATTRIBUTE),
        ("SET a = if_not_exists(x, nothing)", None, NO_ATTRIBUTE),
        ("SET a = s + :v", {":v": N(1)}, WRONG_TYPE),
        ("SET a = n - s", None, WRONG_TYPE),
        ("SET a = list_append(s, :v)", {":v": L()}, WRONG_TYPE),
        ("SET a = list_append(l, ns)", None, WRONG_TYPE),
        ("ADD s :v", {":v": N(1)}, WRONG_TYPE),
        ("ADD n :v", {":v": {"NS": ["1"]}}, WRONG_TYPE),
        ("ADD ns :v", {":v": {"SS": ["1"]}}, WRONG_TYPE),
        ("ADD ns :v", {":v": N(1)}, WRONG_TYPE),
        ("DELETE s :v", {":v": {"SS": ["1"]}}, WRONG_TYPE),
        ("DELETE ns :v", {":v": {"SS": ["1"]}}, WRONG_TYPE),
        ("SET nothing.x = :v", V, NO_PATH),
        ("SET s.x = :v", V, NO_PATH),
        ("SET s[0] = :v", V, NO_PATH),
        ("SET l.x = :v", V, NO_PATH),
        ("SET m[0] = :v", V, NO_PATH),
        ("SET l[9].x = :v", V, NO_PATH),
        ("REMOVE s.x", None, NO_PATH),
        ("REMOVE nothing[0]", None, NO_PATH),
        ("ADD nothing.x :v", {":v": N(1)}, NO_PATH),
        ("SET n = :v, a = nothing", V, NO_ATTRIBUTE),
    ],
)
def test_an_update_that_does_not_fit_the_item_changes_nothing(update, expression, values, message):
    with expect_error("ValidationException", message):
        update(ITEM, expression, values)
    assert update.after() == ITEM


# Refusals that need no item

OVERLAP = "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: "
CONFLICT = "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: "
OPERAND = "Incorrect operand type for operator or function; "
COUNT = "Incorrect number of operands for operator or function; operator or function: "


@pytest.mark.parametrize(
    "expression, values, names, message",
    [
        ("", None, None, "The expression can not be empty;"),
        ("INVALID SYNTAX HERE", None, None, 'Syntax error; token: "INVALID", near: "INVALID SYNTAX"'),
        ("SET size = :v", V, None, "Attribute name is a reserved keyword; reserved keyword: size"),
        ("SET Size = :v", V, None, "Attribute name is a reserved keyword; reserved keyword: Size"),
        ("SET a.name = :v", V, None, "Attribute name is a reserved keyword; reserved keyword: name"),
        ("SET a = :v", None, None,
         "An expression attribute value used in expression is not defined; attribute value: :v"),
        ("SET #a = :v", V, None,
         "An expression attribute name used in the document path is not defined; attribute name: #a"),
        ("SET a = :v SET b = :v", V, None, 'The "SET" section can only be used once in an update expression;'),
        ("REMOVE a REMOVE b", None, None, 'The "REMOVE" section can only be used once in an update expression;'),
        ("SET a = :v, a = :v", V, None, OVERLAP + "[a], path two: [a]"),
        ("SET a = :v REMOVE a", V, None, OVERLAP + "[a], path two: [a]"),
        ("SET a = :v, #a = :v", V, {"#a": "a"}, OVERLAP + "[a], path two: [a]"),
        ("SET a = :v, a.b = :v", V, None, OVERLAP + "[a], path two: [a, b]"),
        ("SET a.b[1].c = :v, a.b[1] = :v", V, None, OVERLAP + "[a, b, [1], c], path two: [a, b, [1]]"),
        ("SET a.b = :v, a[0] = :v", V, None, CONFLICT + "[a, b], path two: [a, [0]]"),
        ("SET a = foo(:v)", V, None, "Invalid function name; function: foo"),
        ("SET a = IF_NOT_EXISTS(b, :v)", V, None, "Invalid function name; function: IF_NOT_EXISTS"),
        ("SET a = attribute_exists(b)", None, None, None),
        ("SET a = if_not_exists(b)", None, None, COUNT + "if_not_exists, number of operands: 1"),
        ("SET a = list_append(b, b, b)", None, None, COUNT + "list_append, number of operands: 3"),
        ("SET a = if_not_exists(:v, b)", V, None,
         "Operator or function requires a document path; operator or function: if_not_exists"),
        ("SET a = list_append(b, :v)", V, None, OPERAND + "operator or function: list_append, operand type: S"),
        ("SET a = b + :v", V, None, OPERAND + "operator or function: +, operand type: S"),
        ("SET a = :v - b", V, None, OPERAND + "operator or function: -, operand type: S"),
        # The typeSet is known from reports of AWS's answers only.
        ("ADD a :v", V, None, OPERAND + "operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND"),
        ("ADD a :v", {":v": L()}, None,
         OPERAND + "operator: ADD, operand type: LIST, typeSet: ALLOWED_FOR_ADD_OPERAND"),
        ("DELETE a :v", V, None,
         OPERAND + "operator: DELETE, operand type: STRING, typeSet: ALLOWED_FOR_DELETE_OPERAND"),
        ("DELETE a :v", {":v": N(1)}, None,
         OPERAND + "operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND"),
        ("SET a = :v +", V, None, None),
        ("SET a = :v :v", V, None, None),
        ("SET a :v", V, None, None),
        ("SET", None, None, None),
        ("SET a = :v,", V, None, None),
        ("SET a = b + c + d", None, None, None),
        ("SET a = b * c", None, None, None),
        ("SET a = 1", None, None, None),
        ("ADD a b", None, None, None),
        ("ADD a = :v", V, None, None),
        ("REMOVE a = :v", V, None, None),
        ("SET a[-1] = :v", V, None, None),
        ("SET a[b] = :v", V, None, None),
        ("SET a..b = :v", V, None, None),
        ("SET :v = a", V, None, None),
    ],
)  # fmt: skip
def test_an_expression_that_is_no_update(update, expression, values, names, message):
    """Where the message is left open only its beginning is compared: the tokens of syntax errors are uncertain."""
    with expect_error("ValidationException", of_write(UPDATE + message) if message else None) as caught:
        update(ITEM, expression, values, names)
    if message is None:
        assert caught[0].response["Error"]["Message"].startswith(of_write(UPDATE))
    assert update.after() == ITEM


@pytest.mark.parametrize("expression", ["SET {} = :v", "SET {}.x = :v", "ADD {} :v", "DELETE {} :v", "REMOVE {}"])
@pytest.mark.parametrize("name", ["pk", "sk"])
def test_the_key_cannot_be_changed(dynamodb, ranged, name, expression):
    values = {} if "REMOVE" in expression else {":v": {"SS": ["x"]}}
    parameters = {"ExpressionAttributeValues": values} if values else {}
    text = INVALID + f"Cannot update attribute {name}. This attribute is part of the key"
    with expect_error("ValidationException", text):
        dynamodb.update_item(
            TableName=ranged,
            Key={"pk": S("x"), "sk": S("y")},
            UpdateExpression=expression.format(name),
            **parameters,
        )


@pytest.fixture(scope="module")
def indexed(make_module_table):
    return make_module_table(**shape({"pk": "S"}, {"by-g": ({"g": "S", "h": "N"}, "ALL")}))


def test_an_index_key_keeps_its_type(dynamodb, indexed):
    dynamodb.put_item(TableName=indexed, Item={"pk": S("x"), "g": S("g"), "n": N(1)})

    def update(expression, **values):
        values = {"ExpressionAttributeValues": {":v": value for value in values.values()}} if values else {}
        dynamodb.update_item(TableName=indexed, Key={"pk": S("x")}, UpdateExpression=expression, **values)

    mismatch = INVALID + "Type mismatch for Index Key {} Expected: {} Actual: {} IndexName: by-g"
    with expect_error("ValidationException", mismatch.format("g", "S", "N")):
        update("SET g = :v", v=N(1))
    with expect_error("ValidationException", mismatch.format("h", "N", "NULL")):
        update("SET h = :v", v={"NULL": True})
    unsupported = "The update expression attempted to update the secondary index key to unsupported type"
    with expect_error("ValidationException", unsupported):
        update("SET g = n")
    item = dynamodb.get_item(TableName=indexed, Key={"pk": S("x")}, ConsistentRead=True)["Item"]
    assert item == {"pk": S("x"), "g": S("g"), "n": N(1)}
    update("SET h = n")
    update("REMOVE g")
    item = dynamodb.get_item(TableName=indexed, Key={"pk": S("x")}, ConsistentRead=True)["Item"]
    assert item == {"pk": S("x"), "n": N(1), "h": N(1)}


def test_the_item_must_still_fit(update):
    text = "Item size to update has exceeded the maximum allowed size"
    with expect_error("ValidationException", text):
        update({"a": S("x" * 300_000)}, "SET b = :v", {":v": S("x" * 120_000)})
    assert update.after() == {"a": S("x" * 300_000)}


def test_mixing_with_attribute_updates_is_refused(dynamodb, table):
    text = (
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {AttributeUpdates} Expression parameters: {UpdateExpression}"
    )
    with expect_error("ValidationException", of_write(text)):
        dynamodb.update_item(
            TableName=table,
            Key={"pk": S("mixed")},
            UpdateExpression="REMOVE a",
            AttributeUpdates={"a": {"Action": "DELETE"}},
        )


def test_a_condition_sees_the_item_before_the_update(dynamodb, table):
    key = {"pk": S("counter")}

    def step(expected, new):
        dynamodb.update_item(
            TableName=table,
            Key=key,
            UpdateExpression="SET n = :new",
            ConditionExpression="n = :old" if expected is not None else "attribute_not_exists(n)",
            ExpressionAttributeValues={":new": N(new), **({":old": N(expected)} if expected is not None else {})},
        )

    step(None, 1)
    step(1, 2)
    with expect_error("ConditionalCheckFailedException", "The conditional request failed"):
        step(1, 3)
    assert dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]["n"] == N(2)


def test_a_failed_condition_comes_before_a_failed_update(dynamodb, table):
    with expect_error("ConditionalCheckFailedException", "The conditional request failed"):
        dynamodb.update_item(
            TableName=table,
            Key={"pk": S("neither")},
            UpdateExpression="SET a = nothing",
            ConditionExpression="attribute_exists(pk)",
        )


def test_a_binary_travels_through_an_update(update):
    assert update(None, "SET a = :v", {":v": B(b"\x00\xff")}) == {"a": B(b"\x00\xff")}


def test_the_command_line_updates(aws, table):
    answer = aws(
        "dynamodb", "update-item", "--table-name", table, "--key", '{"pk":{"S":"cli"}}',
        "--update-expression", "SET #s = if_not_exists(#s, :zero) + :one",
        "--expression-attribute-names", '{"#s":"status"}',
        "--expression-attribute-values", '{":zero":{"N":"0"},":one":{"N":"1"}}',
        "--return-values", "UPDATED_NEW",
    )  # fmt: skip
    assert answer == {"Attributes": {"status": N(1)}}


def test_concurrent_increments_all_count(dynamodb, table):
    def increment(_):
        dynamodb.update_item(
            TableName=table,
            Key={"pk": S("concurrent")},
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": N(1)},
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(increment, range(200)))
    item = dynamodb.get_item(TableName=table, Key={"pk": S("concurrent")}, ConsistentRead=True)["Item"]
    assert item["n"] == N(200)
