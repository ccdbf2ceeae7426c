"""PartiQL as it is written: numbers, text, collections, comments, names, parameters, and the words of both cases.

Sources, of this file and of its neighbours `test_partiql_*`: the DynamoDB conformance suite's partiql tests, measured
on AWS until October 2026 (called "conformance" beside the tests); floci's PartiQL integration tests, whose
expectations were captured on AWS in September 2026 ("floci", with the test's number: "edge 13", "documented 5");
dynoxide's change log, which tells of captures ("dynoxide"); the snapshots of localstack; the developer guide's
reference of PartiQL. What was only seen at DynamoDB Local says so.
"""

import json

import pytest

from dataplane import B, L, M, N, S
from statements import Statements


@pytest.fixture(scope="module")
def pq(dynamodb, make_module_table):
    statements = Statements(
        dynamodb,
        T=make_module_table(key={"pk": "S", "sk": "S"}),
        H=make_module_table(key={"pk": "S"}),
        N=make_module_table(key={"pk": "N"}),
    )
    statements.write("N", *({"pk": N(number)} for number in ["7310000", "7.3", "-7.3", "5", "1", "-1"]))
    statements.write("H", *({"pk": S(name), "tag": S("grammar")} for name in "abc"))
    statements.write("H", {"pk": S("it's"), "m.z": N(1), "m": M(z=N(2)), "?": S("?")})
    return statements


# Numbers


@pytest.mark.parametrize(
    "literal, number",
    [
        ("7.31e6", "7310000"),
        ("7.31E6", "7310000"),
        ("7.31e+6", "7310000"),
        ("731e4", "7310000"),
        ("73100000e-1", "7310000"),
        (".73e1", "7.3"),
        ("-.73e1", "-7.3"),
        ("+5", "5"),
        ("- 1", "-1"),
        ("- - 1", "1"),
        ("-/* c */-1", "1"),
    ],
)
def test_a_number_may_be_written_with_an_exponent_without_a_first_digit_and_apart_from_its_signs(pq, literal, number):
    # conformance: partiql/grammar; floci: edge 13
    assert pq.items(f'SELECT * FROM "N" WHERE pk = {literal}') == [{"pk": N(number)}]


def test_an_inserted_number_is_stored_in_its_normal_form(pq):
    # conformance: partiql/grammar; floci: documented 5
    pq.run("""INSERT INTO "H" VALUE {'pk':'num', 'a':1E3, 'b':-1.5e-3, 'c':2.50, 'd':-0, 'e':.7325e1, 'f':7.32e6}""")
    assert pq.read("H", pk="num") == {
        "pk": S("num"), "a": N(1000), "b": N("-0.0015"), "c": N("2.5"), "d": N(0), "e": N("7.325"), "f": N(7320000)
    }  # fmt: skip


@pytest.mark.parametrize("operand", ["-?", "-n", "-'a'", "-true"])
def test_a_sign_stands_before_numbers_alone(pq, operand):
    # floci: edge 13, of the first two
    parameters = [N(1)] if "?" in operand else []
    pq.refuse(f'SELECT * FROM "H" WHERE n > {operand}', None, *parameters)


def test_a_number_and_a_sign_need_no_space_before_them(pq):
    # floci: edge 3 and 13
    pq.write("T", {"pk": S("signs"), "sk": S("1"), "n": N(5)})
    key = "pk='signs' AND sk='1'"
    pq.run(f'UPDATE "T" SET n=n-1 WHERE {key}')
    assert pq.read("T", pk="signs", sk="1")["n"] == N(4)
    assert pq.keys("pk='signs' AND n>-5;") == ["1"]
    assert pq.keys("pk='signs' AND n IN [- 4, 4]") == ["1"]
    pq.run(f'UPDATE "T" SET n = n - - 2, l = [- 1] WHERE {key}')
    assert pq.read("T", pk="signs", sk="1") == {"pk": S("signs"), "sk": S("1"), "n": N(6), "l": L(N(-1))}


# Other literals


def test_every_type_but_binary_has_a_literal(pq):
    # developer guide: ql-reference.data-types; floci: documented 2
    pq.run(
        "INSERT INTO \"H\" value {'pk':'all', 'S':'', 'N':1, 'T':TRUE, 'F':False, 'NUL':Null,"
        " 'L' : [1,'stringval', [], {'a': null}], 'M' : {'entryname1': 'value', 'entryname2': 4, 'e': {}},"
        " 'NS':<<1,34,32,4.5>>, 'SS': << 'stringval' , 'stringval2' >> }"
    )
    item = pq.read("H", pk="all")
    assert sorted(item.pop("NS")["NS"]) == ["1", "32", "34", "4.5"]
    assert sorted(item.pop("SS")["SS"]) == ["stringval", "stringval2"]
    assert item == {
        "pk": S("all"),
        "S": S(""),
        "N": N(1),
        "T": {"BOOL": True},
        "F": {"BOOL": False},
        "NUL": {"NULL": True},
        "L": L(N(1), S("stringval"), L(), M(a={"NULL": True})),
        "M": M(entryname1=S("value"), entryname2=N(4), e=M()),
    }


def test_a_quote_in_text_is_doubled(pq):
    # floci: documented 5
    assert pq.items("SELECT pk FROM \"H\" WHERE pk = 'it''s'") == [{"pk": S("it's")}]


def test_text_holds_marks_of_other_things(pq):
    # floci: edge 12; the question mark as at DynamoDB Local
    for text in ["a--b /*c*/", "?", "{}<<>>;", '"', "\n", "é 🌍"]:
        pq.run("DELETE FROM \"H\" WHERE pk = 'text'")
        pq.run(f"INSERT INTO \"H\" VALUE {{'pk': 'text', 'v': '{text}'}}")
        assert pq.items(f"SELECT v FROM \"H\" WHERE pk = 'text' AND v = '{text}'") == [{"v": S(text)}]


# Comments and the end


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM \"H\" WHERE pk = 'a' -- a note",
        "SELECT * FROM \"H\" -- a note\nWHERE pk = 'a'",
        "-- a note\nSELECT * FROM \"H\" WHERE pk = 'a'",
        "SELECT * FROM \"H\" /* a note */ WHERE pk = 'a'",
        "SELECT * FROM \"H\" WHERE pk = 'a' /* a note */",
        "SELECT/**/* FROM \"H\" -- the table\nWHERE pk/* key */='a' --",
        "SELECT * FROM \"H\" WHERE pk = 'a';",
        "SELECT * FROM \"H\" WHERE pk = 'a'; -- done",
        "SELECT\t*\r\nFROM \"H\"\n\nWHERE pk='a'",
    ],
)
def test_comments_are_space_and_a_semicolon_may_end_a_statement(pq, statement):
    # conformance: partiql/grammar; floci: edge 3 and 12
    assert pq.items(statement) == [{"pk": S("a"), "tag": S("grammar")}]


def test_two_minus_signs_begin_a_comment_and_not_a_subtraction(pq):
    # floci: edge 12
    pq.write("H", {"pk": S("comments"), "n": N(1)})
    pq.refuse("UPDATE \"H\" SET n=n--1 WHERE pk='comments'", None)
    assert pq.read("H", pk="comments")["n"] == N(1)


def test_one_statement_is_sent_at_a_time(pq):
    # seen at DynamoDB Local
    pq.refuse("SELECT * FROM \"H\" WHERE pk = 'a'; SELECT * FROM \"H\" WHERE pk = 'b'", None)


# Words and names


def test_keywords_and_functions_are_of_either_case(pq):
    # conformance: partiql/fromFirstUpdate, whereFunctions and setFunctions
    pq.run("insert Into \"H\" Value {'pk': 'case', 'ss': <<'a'>>}")
    pq.run("update \"H\" set ss = SET_ADD(ss, <<'x'>>) where pk = 'case' and ATTRIBUTE_EXISTS(ss)")
    found = pq.items("select ss from \"H\" where pk = 'case' and Size(ss) between 2 And 2 and z Is Missing")
    assert sorted(found[0]["ss"]["SS"]) == ["a", "x"]
    assert pq.items("delete from \"H\" where pk = 'case' returning all old *")[0]["pk"] == S("case")


def test_names_are_as_written(pq):
    assert pq.items("SELECT PK, Tag FROM \"H\" WHERE pk = 'a'") == [{}]


def test_quotes_make_a_name_of_anything(pq):
    # developer guide; a point in quotes as at DynamoDB Local
    pq.write("H", {"pk": S("names"), "inner": N(1), "select": N(2), "a b": N(3), "m.z": N(4), "m": M(inner=N(5))})
    for written, name, value in [
        ('"inner"', "inner", 1), ('"select"', "select", 2), ('"a b"', "a b", 3), ('"m.z"', "m.z", 4),
        ('m."inner"', "inner", 5),
    ]:  # fmt: skip
        assert pq.items(f"SELECT {written} FROM \"H\" WHERE pk = 'names' AND {written} = {value}") == [{name: N(value)}]


def test_words_that_dynamodb_reserves_in_expressions_are_names_here(pq):
    # conformance and floci use them bare
    pq.run("INSERT INTO \"H\" VALUE {'pk': 'reserved', 'data': 1, 'status': 2, 'val': 3, 'name': 4}")
    found = pq.items("SELECT data, status, val, name FROM \"H\" WHERE pk = 'reserved' AND data = 1 AND status = 2")
    assert found == [{"data": N(1), "status": N(2), "val": N(3), "name": N(4)}]


def test_a_path_names_its_column_by_its_last_name_and_what_indexes_follow(pq):
    # conformance: partiql/executeStatement; floci: edge 4 and 28
    pq.write("H", {"pk": S("paths"), "m": M(k=L(S("c"), L(N(1)))), "l": L(S("a"), S("b"))})
    for path, name, value in [
        ("m.k", "k", L(S("c"), L(N(1)))),
        ("m.k[0]", "k[0]", S("c")),
        ("m.k[1][0]", "k[1][0]", N(1)),
        ("l[0]", "l[0]", S("a")),
        ("l[-0]", "l[0]", S("a")),
        ("l[1]", "l[1]", S("b")),
    ]:
        assert pq.items(f"SELECT {path} FROM \"H\" WHERE pk = 'paths'") == [{name: value}], path
    assert pq.items("SELECT m.k[0], l FROM \"H\" WHERE pk = 'paths'") == [{"k[0]": S("c"), "l": L(S("a"), S("b"))}]


def test_a_column_that_an_item_lacks_is_left_out(pq):
    # DynamoDB Local, and moto's tests
    assert pq.items("SELECT tag, nope, m.lacks, l[7] FROM \"H\" WHERE pk = 'a'") == [{"tag": S("grammar")}]
    assert pq.items("SELECT nope, l[2147483647] FROM \"H\" WHERE pk = 'a'") == [{}]


# Parameters


def test_a_question_mark_stands_for_a_value(pq):
    # conformance: partiql/executeStatement and setFunctions; floci: edge 14
    everything = {
        "s": S("text"), "n": N("1.5"), "b": B(b"\x00\xff"), "t": {"BOOL": True}, "nul": {"NULL": True},
        "l": L(N(1), M(a=S("b"))), "m": M(x=B(b"y")), "ss": {"SS": ["a"]}, "ns": {"NS": ["1"]}, "bs": {"BS": [b"\x01"]},
    }  # fmt: skip
    literal = ", ".join(f"'{name}': ?" for name in everything)
    pq.run(f"INSERT INTO \"H\" VALUE {{'pk': ?, {literal}}}", S("parameters"), *everything.values())
    assert pq.read("H", pk="parameters") == {"pk": S("parameters"), **everything}
    for name, value in everything.items():
        found = pq.items(f'SELECT {name} FROM "H" WHERE pk = ? AND {name} = ?', S("parameters"), value)
        assert found == [{name: value}]
    pq.run(
        'UPDATE "H" SET n = n + ?, s = ? SET bs = set_add(bs, ?) WHERE pk = ?',
        N(2),
        L(),
        {"BS": [b"\x02"]},
        S("parameters"),
    )
    item = pq.read("H", pk="parameters")
    assert (item["n"], item["s"], sorted(item["bs"]["BS"])) == (N("3.5"), L(), [b"\x01", b"\x02"])
    assert pq.items('SELECT pk FROM "H" WHERE pk = ? AND n IN [?, 2]', S("parameters"), N("3.5"))
    assert pq.items('SELECT pk FROM "H" WHERE pk = ? AND n BETWEEN ? AND ?', S("parameters"), N(3), N(4))
    pq.run('DELETE FROM "H" WHERE pk = ?', S("parameters"))
    assert pq.read("H", pk="parameters") is None


def test_parameters_are_taken_in_the_order_of_the_text(pq):
    pq.write("T", {"pk": S("order"), "sk": S("1"), "a": N(1)})
    pq.run('UPDATE "T" SET x = ?, y = ? WHERE a = ? AND sk = ? AND pk = ?', S("x"), S("y"), N(1), S("1"), S("order"))
    item = pq.read("T", pk="order", sk="1")
    assert (item["x"], item["y"]) == (S("x"), S("y"))


# The answer


def test_every_success_has_items(raw, pq):
    # conformance: partiql/writeResponses and executeStatement
    for statement in [
        "INSERT INTO \"H\" VALUE {'pk': 'answers'}",
        "UPDATE \"H\" SET a = 2 WHERE pk = 'answers'",
        "DELETE FROM \"H\" WHERE pk = 'answers'",
        "DELETE FROM \"H\" WHERE pk = 'answers'",
        "SELECT * FROM \"H\" WHERE pk = 'answers'",
        "SELECT * FROM \"H\" WHERE tag = 'nothing'",
    ]:
        reply = raw("ExecuteStatement", {"Statement": pq.text(statement)[0]})
        assert (reply.status, reply.json) == (200, {"Items": []}), statement


def test_a_statement_is_sent_as_json_of_any_spelling(raw, pq):
    name = pq.tables["H"]
    escaped = "".join(f"\\u{ord(character):04x}" for character in f"SELECT tag FROM \"{name}\" WHERE pk = 'b'")
    reply = raw("ExecuteStatement", f'{{"Statement":"{escaped}","Unknown":{json.dumps({})}}}')
    assert reply.json == {"Items": [{"tag": S("grammar")}]}
