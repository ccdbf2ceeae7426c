"""Projection expressions in GetItem, Query, Scan and BatchGetItem.

Sources: dynalite db/projectionParser and db/index.js mapPaths, Alternator's test_projection_expression.py, the
DynamoDB conformance suite's projection rejections.
"""

import pytest

from dataplane import L, M, N, S

ITEM = {
    "a": S("A"),
    "m": M(x=N(1), y=M(z=S("deep"), w=L(N(1), N(2)))),
    "l": L(N(0), M(p=N(1), q=N(2)), L(N(3), N(4)), N(5)),
    "size": N(7),
    "a.b": S("dot"),
}
KEY = {"pk": S("item"), "sk": S("s")}


@pytest.fixture(scope="module")
def table(dynamodb, make_module_table):
    name = make_module_table(key={"pk": "S", "sk": "S"})
    dynamodb.put_item(TableName=name, Item={**KEY, **ITEM})
    return name


PROJECTIONS = [
    ("a", None, {"a": ITEM["a"]}),
    ("a, m", None, {"a": ITEM["a"], "m": ITEM["m"]}),
    ("pk, sk", None, KEY),
    ("nothing", None, {}),
    ("nothing, a", None, {"a": ITEM["a"]}),
    ("m.x", None, {"m": M(x=N(1))}),
    ("m.x, m.y.z", None, {"m": M(x=N(1), y=M(z=S("deep")))}),
    ("m.nothing", None, {}),
    ("m.nothing.x, a", None, {"a": ITEM["a"]}),
    ("a.x", None, {}),
    ("a[0]", None, {}),
    ("m[0]", None, {}),
    ("l[0]", None, {"l": L(N(0))}),
    ("l[3], l[0]", None, {"l": L(N(0), N(5))}),
    ("l[9]", None, {}),
    ("l[9], l[3]", None, {"l": L(N(5))}),
    ("l[1].p", None, {"l": L(M(p=N(1)))}),
    ("l[1].q, l[1].p, l[2][1]", None, {"l": L(M(p=N(1), q=N(2)), L(N(4)))}),
    ("m.y.w[1]", None, {"m": M(y=M(w=L(N(2))))}),
    ("#s", {"#s": "size"}, {"size": N(7)}),
    ("#d", {"#d": "a.b"}, {"a.b": S("dot")}),
    ("#m.#x, #m.y.#z", {"#m": "m", "#x": "x", "#z": "z"}, {"m": M(x=N(1), y=M(z=S("deep")))}),
    (" a ,\n\tm . x ", None, {"a": ITEM["a"], "m": M(x=N(1))}),
]


@pytest.mark.parametrize("expression, names, expected", PROJECTIONS)
def test_every_read_projects_alike(dynamodb, table, expression, names, expected):
    projection = {"ProjectionExpression": expression, **({"ExpressionAttributeNames": names} if names else {})}
    assert dynamodb.get_item(TableName=table, Key=KEY, **projection)["Item"] == expected
    assert dynamodb.scan(TableName=table, **projection)["Items"] == [expected]
    found = dynamodb.query(
        TableName=table,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": KEY["pk"]},
        **projection,
    )
    assert found["Items"] == [expected]
    batch = dynamodb.batch_get_item(RequestItems={table: {"Keys": [KEY], **projection}})
    assert batch["Responses"] == {table: [expected]}


OVERLAP = "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: "
CONFLICT = "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: "


@pytest.mark.parametrize(
    "expression, names, message",
    [
        ("", None, "The expression can not be empty;"),
        ("size", None, "Attribute name is a reserved keyword; reserved keyword: size"),
        ("a, m.Name", None, "Attribute name is a reserved keyword; reserved keyword: Name"),
        ("#a", None, "An expression attribute name used in the document path is not defined; attribute name: #a"),
        ("a, a", None, OVERLAP + "[a], path two: [a]"),
        ("#a, #b", {"#a": "a", "#b": "a"}, OVERLAP + "[a], path two: [a]"),
        ("a, a.b", None, OVERLAP + "[a], path two: [a, b]"),
        ("a.b[0].c, a.b", None, OVERLAP + "[a, b, [0], c], path two: [a, b]"),
        ("a[0], a.b", None, CONFLICT + "[a, [0]], path two: [a, b]"),
        *[(expression, None, None) for expression in
          ["a,", ", a", "a b", "a..b", "a.", ".a", "a[", "a[]", "a[x]", "a[-1]", ":a", "a = b", "size(a)"]],
    ],
)  # fmt: skip
def test_a_faulty_projection_is_explained_before_anything_is_read(raw, table, expression, names, message):
    projection = {"ProjectionExpression": expression, **({"ExpressionAttributeNames": names} if names else {})}
    for operation, body in [
        ("GetItem", {"TableName": table, "Key": {"pk": S("no"), "sk": S("body")}, **projection}),
        ("Scan", {"TableName": table, **projection}),
        ("BatchGetItem", {"RequestItems": {table: {"Keys": [{"pk": S("no"), "sk": S("body")}], **projection}}}),
    ]:
        reply = raw(operation, body)
        assert reply.status == 400, (operation, reply.body)
        assert reply.type == "com.amazon.coral.validate#ValidationException"
        if message is None:
            assert reply.message.startswith("Invalid ProjectionExpression: ")
        else:
            assert reply.message == "Invalid ProjectionExpression: " + message


@pytest.mark.parametrize("expression", ["pk.a", "sk[0]", "a, pk.a.b"])
def test_a_projection_does_not_look_into_a_key(raw, table, expression):
    key = "sk" if "sk" in expression else "pk"
    reply = raw("GetItem", {"TableName": table, "Key": KEY, "ProjectionExpression": expression})
    text = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: "
    assert (reply.status, reply.message) == (400, text + key)


def test_unused_names_are_told(raw, table):
    body = {"TableName": table, "Key": KEY, "ProjectionExpression": "a", "ExpressionAttributeNames": {"#b": "b"}}
    text = "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"
    assert raw("GetItem", body).message == text
