"""SELECT: pages, their tokens, and what reading costs.

Sources: see test_partiql.
"""

import pytest

from dataplane import N, S
from statements import Statements

PAGE = "NextToken does not match request"


@pytest.fixture(scope="module")
def pq(dynamodb, make_module_table):
    statements = Statements(
        dynamodb, T=make_module_table(key={"pk": "S", "sk": "S"}), H=make_module_table(key={"pk": "S"})
    )
    statements.write("T", *({"pk": S(pk), "sk": S(sk), "n": N(sk)} for pk in "op" for sk in "123"))
    statements.write("T", {"pk": S("ranges"), "sk": S("1")}, {"pk": S("ranges"), "sk": S("2")})
    return statements


# Pages


def all_pages(pq, statement, *parameters, **members):
    found, tokens = [], 0
    while True:
        answer = pq.run(statement, *parameters, **members)
        found.append(answer["Items"])
        if "NextToken" not in answer:
            return found
        tokens += 1
        assert tokens < 100, "the pages have no end"
        members["NextToken"] = answer["NextToken"]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
@pytest.mark.parametrize(
    "clause",
    [
        "",
        "WHERE n > 1",
        "WHERE pk = 'o'",
        "WHERE pk = 'o' AND n <> 2",
        "WHERE pk = 'o' ORDER BY sk DESC",
        "WHERE pk IN ['o', 'p']",
        "WHERE pk IN ['o', 'p'] ORDER BY pk DESC",
        "WHERE pk IN ['o', 'p'] ORDER BY pk DESC, sk ASC",
        "WHERE pk IN ['o', 'p'] AND sk IN ['1', '3'] ORDER BY pk ASC, sk DESC",
        "WHERE pk = 'o' AND NOT sk = '1' OR pk = 'o' AND sk = '2'",
        "WHERE pk='ranges' OR sk='1'",
    ],
)
def test_pages_together_are_the_whole(pq, clause, limit):
    statement = f'SELECT pk, sk FROM "T" {clause}'
    pages = all_pages(pq, statement, Limit=limit)
    assert [item for page in pages for item in page] == pq.items(statement)
    assert all(len(page) <= limit for page in pages)


def test_a_page_of_an_order_resumes_in_it(pq):
    # floci: documented 10
    statement = "SELECT pk, sk FROM \"T\" WHERE pk IN ['o', 'p'] ORDER BY pk DESC"
    first = pq.run(statement, Limit=2)
    second = pq.run(statement, Limit=2, NextToken=first["NextToken"])
    assert [item["pk"]["S"] + item["sk"]["S"] for item in first["Items"] + second["Items"]] == ["p3", "p2", "p1", "o3"]


def test_a_limit_is_of_items_looked_at(pq):
    # developer guide, dynoxide, floci
    answer = pq.run("SELECT sk FROM \"T\" WHERE pk = 'o' AND n = 3", Limit=2)
    assert answer["Items"] == []
    answer = pq.run("SELECT sk FROM \"T\" WHERE pk = 'o' AND n = 3", Limit=2, NextToken=answer["NextToken"])
    assert answer["Items"] == [{"sk": S("3")}]


def test_a_page_has_the_key_that_it_ends_at_beside_the_token(pq):
    # aws/aws-sdk-js issue 4475, an answer of AWS
    answer = pq.run("SELECT n FROM \"T\" WHERE pk = 'o'", Limit=2)
    assert answer["LastEvaluatedKey"] == {"pk": S("o"), "sk": S("2")}
    assert isinstance(answer["NextToken"], str)
    assert "LastEvaluatedKey" not in pq.run("SELECT n FROM \"T\" WHERE pk = 'o'")


def test_a_page_ends_after_a_megabyte(dynamodb, make_table):
    big = Statements(dynamodb, T=make_table(key={"pk": "S", "sk": "S"}))
    for number in range(5):
        dynamodb.put_item(TableName=big.tables["T"], Item={"pk": S("p"), "sk": S(str(number)), "v": S("x" * 300_000)})
    for clause in ["", "WHERE pk = 'p'"]:
        pages = all_pages(big, f'SELECT sk FROM "T" {clause}')
        assert [[item["sk"]["S"] for item in page] for page in pages if page] == [["0", "1", "2", "3"], ["4"]]
    assert [len(page) for page in all_pages(big, 'SELECT sk FROM "T" WHERE nope = 1')][:1] == [0]


def test_a_token_is_of_its_statement_and_parameters(pq):
    # floci: access path 27 and 28; conformance: partiql/indexQualifier
    statement = 'SELECT sk FROM "T" WHERE pk = ?'
    token = pq.run(statement, S("o"), Limit=1, ConsistentRead=True)["NextToken"]
    rest = [{"sk": S("2")}, {"sk": S("3")}]
    assert pq.items(statement, S("o"), NextToken=token, ConsistentRead=True) == rest
    assert pq.items(statement, S("o"), NextToken=token) == rest
    assert pq.items(statement, S("o"), NextToken=token, Limit=1) == rest[:1]
    pq.refuse(statement, PAGE, S("p"), NextToken=token)
    pq.refuse("SELECT sk FROM \"T\" WHERE pk = 'o'", PAGE, NextToken=token)
    pq.refuse('SELECT pk FROM "T" WHERE pk = ?', PAGE, S("o"), NextToken=token)
    pq.refuse('SELECT pk FROM "H" WHERE pk = ?', PAGE, S("o"), NextToken=token)
    pq.refuse('SELECT sk FROM "T"', PAGE, NextToken=token)


@pytest.mark.parametrize("token", ["garbage", "AAAA", "a" * 200, "é", "=", "AQ=="])
def test_a_token_that_nobody_gave_is_invalid(pq, token):
    # floci: access path 27
    pq.refuse("SELECT sk FROM \"T\" WHERE pk = 'o'", "Invalid NextToken", NextToken=token)


# Capacity


@pytest.mark.parametrize(
    "statement, members, units",
    [
        # floci: consumed capacity 2; conformance: partiql/executeStatement
        ("SELECT * FROM \"T\" WHERE pk = 'o' AND sk = '1'", {}, 0.5),
        ("SELECT * FROM \"T\" WHERE pk = 'o' AND sk = '1'", {"ConsistentRead": True}, 1.0),
        ("SELECT * FROM \"T\" WHERE pk = 'nobody'", {}, 0.5),
        ("SELECT * FROM \"T\" WHERE pk = 'nobody' AND sk = '1'", {"ConsistentRead": True}, 1.0),
        # A filter costs what it looks at.
        ("SELECT * FROM \"T\" WHERE pk = 'o' AND n = 700", {}, 0.5),
        ('SELECT * FROM "T"', {}, 0.5),
    ],
)
def test_a_read_costs_what_it_reads(pq, statement, members, units):
    answer = pq.run(statement, ReturnConsumedCapacity="TOTAL", **members)
    assert answer["ConsumedCapacity"] == {"TableName": pq.tables["T"], "CapacityUnits": units}
    answer = pq.run(statement, ReturnConsumedCapacity="INDEXES", **members)
    assert answer["ConsumedCapacity"] == {
        "TableName": pq.tables["T"], "CapacityUnits": units, "Table": {"CapacityUnits": units}
    }  # fmt: skip
    assert "ConsumedCapacity" not in pq.run(statement, **members)
    assert "ConsumedCapacity" not in pq.run(statement, ReturnConsumedCapacity="NONE", **members)
