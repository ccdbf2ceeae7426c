"""SELECT: conditions and their functions, reads by key and scans, ORDER BY.

Sources: see test_partiql.
"""

import pytest

from dataplane import B, L, M, N, S
from statements import Statements

OVERLAP = "Overlapping conditions with range keys are not supported in where clause"
TOO_MANY_READS = "Too many decomposed read operations for a given query."
TOO_MANY_OPERANDS = "The IN operator is provided with too many operands; number of operands: 101"
KEY_TYPE = "Key attribute's data type should match its data type in table's schema: Key {}"


@pytest.fixture(scope="module")
def pq(dynamodb, make_module_table):
    statements = Statements(
        dynamodb, T=make_module_table(key={"pk": "S", "sk": "S"}), H=make_module_table(key={"pk": "S"}),
        D=make_module_table(key={"pk": "S", "sk": "N"}),
    )  # fmt: skip
    statements.write(
        "H",
        {
            "pk": S("all"),
            "ss": {"SS": ["a", "b", "c"]}, "ns": {"NS": ["1", "2"]}, "bs": {"BS": [b"\1\2", b"\3"]},
            "s": S("str"), "n": N(1), "b": B(b"\1\2\3"), "m": M(sub=S("x")), "l": L(S("a"), N(2)),
            "nul": {"NULL": True}, "flag": {"BOOL": True}, "Image": B(bytes(400)),
        },
        {"pk": S("bare")},
    )  # fmt: skip
    statements.write("T", *({"pk": S(pk), "sk": S(sk), "n": N(sk)} for pk in "op" for sk in "123"))
    statements.write(
        "T", {"pk": S("ranges"), "sk": S("1"), "flag": S("one")}, {"pk": S("ranges"), "sk": S("2"), "flag": S("two")}
    )
    statements.write("D", *({"pk": S(pk), "sk": N(number)} for pk in "ab" for number in (-10, -9, 0, 2, 10, 100)))
    return statements


def names(pq, condition, *parameters):
    return [item["pk"]["S"] for item in pq.items(f'SELECT pk FROM "H" WHERE {condition}', *parameters)]


# Conditions


@pytest.mark.parametrize(
    "condition",
    [
        # conformance: partiql/whereFunctions
        "attribute_exists(ss)",
        "attribute_not_exists(nope)",
        "NOT attribute_exists(nope)",
        "ATTRIBUTE_EXISTS(ss)",
        "(attribute_exists(nope) OR attribute_exists(ss))",
        "attribute_exists(ss) = true",
        'attribute_exists("ss")',
        "attribute_exists(m.sub)",
        "size(s) = 3",
        "attribute_type(ss, 'SS')",
        "nul IS NULL",
        "s IS NOT NULL",
        "flag IS BOOL",
        "s IS STRING",
        # floci: edge 18 and documented 9
        "attribute_exists(m.sub) AND ATTRIBUTE_NOT_EXISTS (nope) AND attribute_exists(l[0])",
        "contains(s, 'tr')",
        "contains(ss, 'a')",
        "contains(ns, 2)",
        "contains(l, 'a')",
        "attribute_type(n, 'N')",
        "size(Image) > 300",
        "n != 400",
        "n <> 400",
        "nope IS NOT NULL",
        # developer guide: ql-operators, ql-functions
        "nope IS MISSING",
        "s IS NOT MISSING",
        "begins_with(s, 'st')",
        "n BETWEEN 1 AND 2",
        "n IN [1, 2]",
        "n IN (1, 2)",
        "s IN ['x', 'str']",
        "NOT n IN [3, 4]",
        "n NOT IN [3, 4]",
        "n NOT BETWEEN 2 AND 4",
        "n >= 1 AND n <= 1 AND n > 0 AND n < 2",
        "1 = n AND 0 < n",
        "n = 5 OR s = 'str' AND NOT n > 1",
        "m.sub = 'x'",
        "l[1] = 2",
        "s < 'zz'",
        # floci: edge 19
        "attribute_exists(nope) = false",
        "true = attribute_exists(n)",
        "attribute_exists(n) <> 1",
        "contains(nope, 'z') = false",
        "(n BETWEEN 0 AND 5) = true",
        "(n = 5 OR s = 'x') = false",
        "attribute_exists(nope) IN [true, false]",
        "attribute_exists(n) = attribute_exists(s)",
        "attribute_exists(n) = flag",
        # Types, as Dyad takes the names that the documentation of IS has
        "nul IS NULL AND n IS NUMERIC AND b IS BLOB AND m IS STRUCT AND m IS TUPLE AND l IS LIST AND flag IS BOOLEAN",
    ],
)
def test_a_condition_that_holds(pq, condition):
    assert names(pq, f"pk = 'all' AND {condition}") == ["all"]


@pytest.mark.parametrize(
    "condition",
    [
        # conformance: partiql/whereFunctions
        "attribute_exists(nope)",
        "attribute_not_exists(ss)",
        "attribute_exists(m.nope)",
        "size(s) = 4",
        "attribute_type(ss, 'S')",
        "s IS NULL",
        "nul IS NOT NULL",
        "s IS BOOL",
        # floci: edge 18 and 19, documented 9
        '(attribute_exists(nope) OR NOT attribute_exists("m"))',
        "nope IS NULL",
        "attribute_exists(n) = 1",
        "NOT attribute_exists(n) = true",
        "(attribute_exists(n) = true) = false",
        "attribute_exists(n) = s",
        # Types never coerce
        "n = '1'",
        "s = 1",
        "n > 'a'",
        "s < 5",
        "flag = 'true'",
        "ss = 'a'",
        "contains(s, 'x')",
        "contains(n, '1')",
        "begins_with(n, '1')",
        "nope = 1",
        "nope > 1",
        "nope BETWEEN 1 AND 2",
        "nope IN [1]",
        "nul IS MISSING",
    ],
)
def test_a_condition_that_does_not_hold(pq, condition):
    assert names(pq, f"pk = 'all' AND {condition}") == []


def test_a_negation_keeps_items_that_lack_the_attribute(pq):
    # conformance: partiql/indexQualifier; dynoxide
    assert sorted(names(pq, "NOT s = 'str'")) == ["bare"]
    assert sorted(names(pq, "NOT s = 'other'")) == ["all", "bare"]


def test_conditions_on_functions_scan_too(pq):
    # conformance: partiql/whereFunctions
    assert names(pq, "attribute_exists(ss)") == ["all"]
    assert names(pq, "ss IS MISSING") == ["bare"]


@pytest.mark.parametrize(
    "name, same, other",
    [
        ("ss", {"SS": ["c", "a", "b"]}, {"SS": ["a", "b", "d"]}),
        ("ns", {"NS": ["2.0", "1"]}, {"NS": ["1", "3"]}),
        ("bs", {"BS": [b"\3", b"\1\2"]}, {"BS": [b"\3"]}),
        ("l", L(S("a"), N("2.0")), L(N(2), S("a"))),
        ("m", M(sub=S("x")), M(sub=S("y"))),
        ("b", B(b"\1\2\3"), B(b"\1\2\4")),
        ("nul", {"NULL": True}, S("not null")),
        ("flag", {"BOOL": True}, {"BOOL": False}),
    ],
)
def test_equality_is_of_all_types_as_in_a_condition_expression(pq, dynamodb, name, same, other):
    # conformance: partiql/comparison
    for operator, value, holds in [("=", same, True), ("<>", same, False), ("=", other, False), ("<>", other, True)]:
        assert names(pq, f"pk = ? AND {name} {operator} ?", S("all"), value) == (["all"] if holds else [])
        scanned = dynamodb.scan(
            TableName=pq.tables["H"], FilterExpression=f"attribute_exists(ss) AND #n {operator} :v",
            ExpressionAttributeNames={"#n": name}, ExpressionAttributeValues={":v": value},
        )  # fmt: skip
        assert scanned["Count"] == holds


def test_binary_is_ordered_by_its_octets(pq):
    # conformance: partiql/comparison
    assert names(pq, "pk = 'all' AND b < ?", B(b"\1\2\4")) == ["all"]
    assert names(pq, "pk = 'all' AND b > ?", B(b"\1\2\4")) == []


def test_in_takes_a_hundred_operands(pq):
    # floci: edge 29
    def values(count):
        return ",".join(f"'v{number}'" for number in range(count))

    assert pq.keys(f"pk IN [{values(50)}] AND flag IN [{values(100)}]") == []
    pq.refuse(f"SELECT sk FROM \"T\" WHERE pk='ranges' AND flag IN [{values(101)}]", TOO_MANY_OPERANDS)
    pq.refuse(f"UPDATE \"T\" SET t=1 WHERE pk='ranges' AND sk='1' AND flag IN [{values(101)}]", TOO_MANY_OPERANDS)
    assert "t" not in pq.read("T", pk="ranges", sk="1")


# Reads by key


@pytest.mark.parametrize(
    "condition, expected",
    [
        # conformance: partiql/whereOverlap
        ("pk = 'o' AND NOT sk = '1' OR pk = 'o' AND sk = '2'", "23"),
        ("pk = 'o' AND sk <> '1' OR pk = 'o' AND sk = '2'", "23"),
        ("pk = 'o' AND NOT begins_with(sk, 'x') OR pk = 'o' AND sk = '2'", "123"),
        ("pk = 'o' AND NOT sk IN ['1', '3'] OR pk = 'o' AND sk = '2'", "2"),
        ("pk = 'o' AND NOT sk > '5' OR pk = 'o' AND sk = '2'", "123"),
        ("pk = 'o' AND NOT (sk = '1') OR pk = 'o' AND sk = '2'", "23"),
        ("pk = 'o' OR pk = 'o' AND NOT sk = '1'", "123"),
        # floci: edge 20
        ("pk='ranges' AND (sk='1' OR sk='2')", "12"),
        ("pk='ranges' AND sk IN ['1','2']", "12"),
        ("pk='ranges' AND (sk < '1' OR sk > '1' OR sk='1')", "12"),
        ("pk='ranges' AND attribute_exists(pk)", "12"),
        ("pk='ranges' AND NOT sk='1'", "2"),
        ("pk='ranges' AND sk <> '1'", "2"),
        ("pk='ranges' AND sk > '0' AND sk <> '1'", "2"),
        ("pk='ranges' AND sk='1' AND sk > '0'", "1"),
        # Others
        ("pk = 'o' AND sk BETWEEN '2' AND '3'", "23"),
        ("pk = 'o' AND '2' <= sk", "23"),
        ("pk = 'o' AND begins_with(sk, '3')", "3"),
        ("begins_with(\"sk\", '3') AND pk = 'o'", "3"),
        ("pk = 'o' AND sk > '1' AND sk < '3'", "2"),
        ("pk = 'o' AND sk < '1'", ""),
        ("pk = 'o' AND sk > '3' AND sk < '1'", ""),
        ("pk = 'o' AND n > 1", "23"),
        ("pk = 'o' AND (n = 1 OR n = 3)", "13"),
        ("pk = 'o' AND pk = 'o'", "123"),
        ("pk = 'o' AND pk = 'p'", ""),
        ("((pk = 'o')) AND (sk = '1')", "1"),
        ("pk = 'nobody'", ""),
    ],
)
def test_a_keyed_read_answers_in_the_order_of_its_sort_key(pq, condition, expected):
    assert pq.keys(condition) == list(expected)


def test_a_read_of_several_partitions_has_the_items_of_all(pq):
    # floci: documented 10
    for condition in [
        "pk IN ['o', 'p']",
        "pk = 'o' OR pk = 'p'",
        "(pk = 'o' OR pk = 'p') AND n > 0",
        "pk IN ('p', 'o')",
    ]:
        found = pq.items(f'SELECT pk, sk FROM "T" WHERE {condition}')
        assert sorted(item["pk"]["S"] + item["sk"]["S"] for item in found) == ["o1", "o2", "o3", "p1", "p2", "p3"]
    found = pq.items("SELECT pk, sk FROM \"T\" WHERE pk IN ['o', 'p', 'q'] AND sk IN ['1', '3']")
    assert sorted(item["pk"]["S"] + item["sk"]["S"] for item in found) == ["o1", "o3", "p1", "p3"]


def test_a_condition_that_leaves_the_partition_open_scans(pq):
    # floci: edge 21 and 29
    assert sorted(pq.keys("pk='ranges' OR sk='1'")) == ["1", "1", "1", "2"]
    assert pq.keys("pk > 1") == []
    assert sorted(pq.keys("pk > 'o'")) == ["1", "1", "2", "2", "3"]
    values = ",".join(f"'v{number}'" for number in range(51))
    assert pq.keys(f"pk IN [{values}] OR flag='one'") == ["1"]
    assert len(pq.items('SELECT * FROM "T"')) == 8


@pytest.mark.parametrize(
    "condition",
    [
        # floci: edge 21
        "pk IN ['ranges','ranges']",
        "pk='ranges' OR pk='ranges'",
        "pk='ranges' AND (sk > '0' OR sk < '5')",
        "pk='ranges' AND (sk='1' OR flag='two')",
        "(pk='ranges' AND flag='one') OR (pk='ranges' AND flag='two')",
        # conformance: error-messages/partiqlGrammar
        "pk = 'a' AND x = '1' OR pk = 'a' AND sk = '2'",
        "pk = 'a' AND x <> '1' OR pk = 'a' AND sk = '2'",
        # Of the same kind
        "pk = 'a' AND sk IN ['1', '1']",
        "pk = 'a' AND (sk BETWEEN '1' AND '3' OR sk = '2')",
        "pk = 'a' AND (begins_with(sk, 'a') OR sk = 'ab')",
    ],
)
def test_ranges_of_one_partition_do_not_overlap(pq, condition):
    pq.refuse(f'SELECT sk FROM "T" WHERE {condition}', OVERLAP)


def test_a_keyed_read_is_of_fifty_ranges(pq):
    # floci: edge 29
    def values(count):
        return ",".join(f"'v{number}'" for number in range(count))

    for condition in [
        f"pk IN [{values(51)}]",
        f"pk='ranges' AND sk IN [{values(51)}]",
        f"pk IN [{values(26)}] AND sk IN ['1','2']",
    ]:
        pq.refuse(f'SELECT sk FROM "T" WHERE {condition}', TOO_MANY_READS)
    for condition in [
        f"pk IN [{values(50)}]",
        f"pk='x' AND sk IN [{values(50)}]",
        f"pk IN [{values(25)}] AND sk IN ['1','2']",
    ]:
        assert pq.keys(condition) == []


@pytest.mark.parametrize(
    "condition, key",
    [
        # floci: edge 21
        ("pk = 1 OR pk = 'ranges'", "pk"),
        ("pk = 'ranges' AND sk IN ['1', 2]", "sk"),
        ("pk = 1", "pk"),
        ("pk IN ['a', 1]", "pk"),
        ("pk = 'a' AND sk = 1", "sk"),
    ],
)
def test_a_key_is_of_its_type(pq, condition, key):
    pq.refuse(f'SELECT sk FROM "T" WHERE {condition}', KEY_TYPE.format(key))


# ORDER BY


@pytest.mark.parametrize(
    "order, expected",
    [
        # floci: documented 10; conformance: partiql/grammar
        ("pk = 'o' ORDER BY sk DESC", "o3 o2 o1"),
        ("pk = 'o' ORDER BY sk ASC", "o1 o2 o3"),
        ("pk = 'o' ORDER BY sk", "o1 o2 o3"),
        ("pk = 'o' ORDER BY pk ASC", "o3 o2 o1"),
        ("pk IN ['o', 'p'] ORDER BY pk DESC, sk ASC", "p1 p2 p3 o1 o2 o3"),
        ("pk IN ['o', 'p'] ORDER BY pk DESC", "p3 p2 p1 o3 o2 o1"),
        # Of the same kind
        ("pk IN ['p', 'o'] ORDER BY pk ASC, sk DESC", "o3 o2 o1 p3 p2 p1"),
        ("pk = 'o' AND sk >= '2' order by sk desc", "o3 o2"),
        ("pk = 'o' AND sk IN ['1', '3'] ORDER BY sk DESC", "o3 o1"),
        ("pk = 'o' AND n < 3 ORDER BY sk DESC", "o2 o1"),
    ],
)
def test_a_keyed_read_may_be_ordered_by_its_key(pq, order, expected):
    assert [
        item["pk"]["S"] + item["sk"]["S"] for item in pq.items(f'SELECT pk, sk FROM "T" WHERE {order}')
    ] == expected.split()


def test_an_order_of_numbers_is_their_own(pq):
    found = pq.items("SELECT sk FROM \"D\" WHERE pk = 'a' ORDER BY sk DESC")
    assert [item["sk"]["N"] for item in found] == ["100", "10", "2", "0", "-9", "-10"]


@pytest.mark.parametrize(
    "clause, message",
    [
        # floci: documented 11
        ("ORDER BY sk", "Must have WHERE clause in the statement when using ORDER BY clause."),
        ("WHERE pk = 'o' ORDER BY Total DESC", "Attribute Total in ORDER BY clause must be part of the primary key"),
        ("WHERE pk > 'a' ORDER BY sk",
         "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."),
        ("WHERE pk IN ['o', 'p'] ORDER BY sk DESC",
         "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause."),
        # In this order
        ("ORDER BY Total", "Must have WHERE clause in the statement when using ORDER BY clause."),
        ("WHERE pk > 'a' ORDER BY Total", "Attribute Total in ORDER BY clause must be part of the primary key"),
    ],
)  # fmt: skip
def test_an_order_that_cannot_be_served_is_refused(pq, clause, message):
    pq.refuse(f'SELECT sk FROM "T" {clause}', message)
