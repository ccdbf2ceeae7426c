"""Scan: AWS's own order, pages, segments, filters, and every refusal.

The order of a table is that of md5("Outliers" + partition key), as the items show that AWS printed for the sample
log. Sources: dynalite validations/scan.js, actions/scan.js (texts), the DynamoDB conformance suite's scan tests.
"""

import random
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from dataplane import B, N, S, constraint, everything, hash_place, ordered, pages, violations, write_all

MIXED = "Can not use both expression and non-expression parameters in the same request: "
START = "The provided starting key is invalid"
MISMATCH = "The provided key element does not match the schema"


@pytest.fixture(scope="module")
def log(dynamodb, make_module_table):
    """The sample log's ids: 1 to 2000 and 4001 to 6000."""
    table = make_module_table(key={"requestid": "N"})
    ids = [*range(1, 2001), *range(4001, 6001)]
    write_all(dynamodb, table, [{"requestid": N(number), "odd": {"BOOL": number % 2 == 1}} for number in ids])
    return table, ids


@pytest.fixture(scope="module")
def small(dynamodb, make_module_table):
    table = make_module_table(key={"pk": "S", "sk": "N"})
    items = [{"pk": S(f"p{place % 7}"), "sk": N(place), "n": N(place % 5)} for place in range(70)]
    write_all(dynamodb, table, items)
    return table, items


def ids_of(items):
    return [int(item["requestid"]["N"]) for item in items]


# Order


def test_the_first_items_are_those_that_aws_shows_first(dynamodb, aws, log):
    assert ids_of(dynamodb.scan(TableName=log[0], Limit=3)["Items"])[:2] == [4666, 251]
    found = aws(
        "dynamodb", "scan", "--table-name", log[0], "--max-items", "2",
        "--query", "Items[].requestid.N", "--output", "text",
    )  # fmt: skip
    assert re.findall(r"\d+", str(found))[:2] == ["4666", "251"]


def test_the_replica_of_the_later_half_begins_as_in_aws(dynamodb, make_table):
    table = make_table(key={"requestid": "N"})
    write_all(dynamodb, table, [{"requestid": N(number)} for number in range(4001, 6001)])
    assert ids_of(dynamodb.scan(TableName=table, Limit=2)["Items"]) == [4666, 4847]


def test_a_table_is_scanned_in_the_order_of_its_hash(dynamodb, log):
    expected = sorted(log[1], key=lambda number: hash_place(N(number)))
    assert ids_of(everything(dynamodb.scan, TableName=log[0])) == expected
    assert ids_of(everything(dynamodb.scan, TableName=log[0], Limit=999)) == expected


@pytest.mark.parametrize("kind", ["S", "N", "B"])
def test_every_kind_of_key_has_its_place(dynamodb, make_table, kind):
    table = make_table(key={"pk": kind, "sk": "N"})
    generator = random.Random(11)
    keys = {
        "S": [S(text) for text in ["a", "é", "e\u0301", "世界", "🌍", *(f"key{place}" for place in range(60))]],
        "N": [N(text) for text in ["0", "-1", "100", "0.5", "-0.005", "1e125", "-1e125", "1e-130", "-1e-130",
                                   "12345678901234567890123456789012345678", "-12345678901234567890123456789012345678",
                                   *(f"{generator.randint(-999, 999)}e{generator.randint(-9, 9)}" for _ in range(60))]],
        "B": [B(generator.randbytes(length % 9 + 1)) for length in range(60)],
    }[kind]  # fmt: skip
    write_all(dynamodb, table, {
        (ordered(key), place): {"pk": key, "sk": N(place)} for key in keys for place in (2, 1, 10)
    }.values())  # fmt: skip
    places = {hash_place(key) for key in keys}
    found = everything(dynamodb.scan, TableName=table, Limit=17)
    assert len(found) == 3 * len(places)
    expected = [(place, number) for place in sorted(places) for number in (1, 2, 10)]
    assert [(hash_place(item["pk"]), int(item["sk"]["N"])) for item in found] == expected


# Answers


def test_an_empty_table_is_an_empty_page(raw, make_table):
    table = make_table()
    assert raw("Scan", {"TableName": table}).json == {"Count": 0, "Items": [], "ScannedCount": 0}
    assert raw("Scan", {"TableName": table, "Select": "COUNT"}).json == {"Count": 0, "ScannedCount": 0}


@pytest.mark.parametrize("limit", [1, 7, 69, 70, 71])
def test_pages_cover_the_table_once(dynamodb, small, limit):
    whole = dynamodb.scan(TableName=small[0])["Items"]
    assert sorted(item["sk"]["N"] for item in whole) == sorted(item["sk"]["N"] for item in small[1])
    got = list(pages(dynamodb.scan, TableName=small[0], Limit=limit))
    assert [item for page in got for item in page["Items"]] == whole
    for page in got:
        assert page["Count"] == page["ScannedCount"] == len(page["Items"])
        # A key is left behind whenever the limit is reached, though nothing may follow.
        assert ("LastEvaluatedKey" in page) == (page["ScannedCount"] == limit)
        if "LastEvaluatedKey" in page:
            assert page["LastEvaluatedKey"] == {name: page["Items"][-1][name] for name in ("pk", "sk")}


def test_the_limit_counts_before_the_filter(dynamodb, small):
    got = list(
        pages(
            dynamodb.scan,
            TableName=small[0],
            Limit=10,
            FilterExpression="n = :n",
            ExpressionAttributeValues={":n": N(3)},
        )
    )
    assert sum(page["ScannedCount"] for page in got) == 70
    assert sum(page["Count"] for page in got) == 14
    assert [page["ScannedCount"] for page in got] == [10] * 7 + [0]


def test_a_filter_may_name_the_key(dynamodb, small):
    answer = dynamodb.scan(
        TableName=small[0],
        FilterExpression="pk = :p AND sk > :n",
        ExpressionAttributeValues={":p": S("p3"), ":n": N(20)},
    )
    assert sorted(int(item["sk"]["N"]) for item in answer["Items"]) == [24, 31, 38, 45, 52, 59, 66]


def test_count_and_projection(raw, small):
    assert raw("Scan", {"TableName": small[0], "Select": "COUNT"}).json == {"Count": 70, "ScannedCount": 70}
    projected = raw("Scan", {"TableName": small[0], "ProjectionExpression": "n"}).json["Items"]
    assert sorted(item["n"]["N"] for item in projected) == sorted(item["n"]["N"] for item in small[1])
    assert all(list(item) == ["n"] for item in projected)
    nothing = raw("Scan", {"TableName": small[0], "ProjectionExpression": "nothing"}).json
    assert nothing["Items"] == [{}] * 70


def test_a_page_holds_a_megabyte_before_filter_and_projection(dynamodb, make_table):
    table = make_table(key={"pk": "N"})
    for place in range(24):
        dynamodb.put_item(TableName=table, Item={"pk": N(place), "a": S("x" * 100_000)})
    plain = [page["ScannedCount"] for page in pages(dynamodb.scan, TableName=table)]
    assert sum(plain) == 24 and plain[0] in (10, 11)  # which of the two: documented reading
    for more in (
        {"ProjectionExpression": "pk"},
        {"Select": "COUNT"},
        {"FilterExpression": "attribute_exists(nothing)"},
    ):
        assert [page["ScannedCount"] for page in pages(dynamodb.scan, TableName=table, **more)] == plain
    filtered = list(pages(dynamodb.scan, TableName=table, FilterExpression="attribute_exists(nothing)"))
    assert all(page["Items"] == [] for page in filtered)
    assert "LastEvaluatedKey" in filtered[0] and "LastEvaluatedKey" not in filtered[-1]


# Segments


@pytest.mark.parametrize("total", [1, 2, 3, 7, 100])
def test_segments_cover_the_table_once(dynamodb, log, total):
    def segment(number):
        return ids_of(everything(dynamodb.scan, TableName=log[0], TotalSegments=total, Segment=number, Limit=1500))

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(segment, range(total)))
    together = [number for part in found for number in part]
    # Segments are ranges of the hash, in its order; so together they are the Scan itself.
    assert together == sorted(log[1], key=lambda number: hash_place(N(number)))
    if total <= 7:
        assert all(part for part in found)


def test_a_million_segments_are_the_most(dynamodb, small):
    answer = dynamodb.scan(TableName=small[0], TotalSegments=1_000_000, Segment=999_999)
    assert answer["Count"] <= 70


def test_a_partition_stays_in_one_segment(dynamodb, small):
    seen = {}
    for number in range(4):
        for item in everything(dynamodb.scan, TableName=small[0], TotalSegments=4, Segment=number):
            assert seen.setdefault(item["pk"]["S"], number) == number
    assert len(seen) == 7


# Refusals


def refusal(raw, table, **body):
    reply = raw("Scan", {"TableName": table, **body})
    assert reply.status == 400, reply.body
    return reply.message


@pytest.mark.parametrize(
    "more, message",
    [
        ({"Segment": 0},
         "The TotalSegments parameter is required but was not present in the request "
         "when Segment parameter is present"),
        ({"Segment": 3},
         "The TotalSegments parameter is required but was not present in the request "
         "when Segment parameter is present"),
        ({"TotalSegments": 4},
         "The Segment parameter is required but was not present in the request "
         "when parameter TotalSegments is present"),
        ({"Segment": 5, "TotalSegments": 5},
         "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
         "Segment: 5 is not less than TotalSegments: 5"),
        ({"Limit": 0}, constraint("'0'", "limit", "have value greater than or equal to 1")),
        ({"Limit": -5}, constraint("'-5'", "limit", "have value greater than or equal to 1")),
        ({"Segment": 0, "TotalSegments": 0},
         constraint("'0'", "totalSegments", "have value greater than or equal to 1")),
        ({"Segment": 0, "TotalSegments": 1_000_001},
         constraint("'1000001'", "totalSegments", "have value less than or equal to 1000000")),
        ({"Segment": -1, "TotalSegments": 2},
         constraint("'-1'", "segment", "have value greater than or equal to 0")),
        ({"Select": "magic"},
         constraint("'magic'", "select",
                    "satisfy enum value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]")),
        ({"ReturnConsumedCapacity": "magic"},
         constraint("'magic'", "returnConsumedCapacity", "satisfy enum value set: [INDEXES, TOTAL, NONE]")),
        ({"IndexName": "a;b"},
         constraint("'a;b'", "indexName", "satisfy regular expression pattern: [a-zA-Z0-9_.-]+")),
        ({"FilterExpression": "n = :n", "ExpressionAttributeValues": {":n": N(1)},
          "ScanFilter": {"n": {"ComparisonOperator": "NULL"}}},
         MIXED + "Non-expression parameters: {ScanFilter} Expression parameters: {FilterExpression}"),
        ({"ProjectionExpression": "n", "AttributesToGet": ["n"]},
         MIXED + "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"),
        ({"ProjectionExpression": "n", "FilterExpression": "attribute_exists(n)", "AttributesToGet": ["n"],
          "ScanFilter": {"n": {"ComparisonOperator": "NULL"}}},
         MIXED + "Non-expression parameters: {AttributesToGet, ScanFilter} "
         "Expression parameters: {ProjectionExpression, FilterExpression}"),
        ({"ExpressionAttributeNames": {"#a": "a"}},
         "ExpressionAttributeNames can only be specified when using expressions"),
        ({"ExpressionAttributeValues": {":a": N(1)}},
         "ExpressionAttributeValues can only be specified when using expressions: FilterExpression is null"),
        ({"ExpressionAttributeValues": {":a": N(1)}, "ProjectionExpression": "n"},
         "ExpressionAttributeValues can only be specified when using expressions: FilterExpression is null"),
        ({"FilterExpression": ""}, "Invalid FilterExpression: The expression can not be empty;"),
        ({"ProjectionExpression": ""}, "Invalid ProjectionExpression: The expression can not be empty;"),
        ({"IndexName": "no-such-index"}, "The table does not have the specified index: no-such-index"),
        ({"FilterExpression": "attribute_exists(pk.a)"},
         "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_scan_that_cannot_be(raw, small, more, message):
    assert refusal(raw, small[0], **more) == message


@pytest.mark.parametrize(
    "start, message",
    [
        ({}, f"{START}: {MISMATCH}"),
        ({"pk": S("p1")}, f"{START}: {MISMATCH}"),
        ({"pk": S("p1"), "sk": N(1), "n": N(1)}, f"{START}: {MISMATCH}"),
        ({"pk": N(1), "sk": N(1)}, f"{START}: {MISMATCH}"),
        ({"pk": S("p1"), "other": N(1)}, f"{START}: {MISMATCH}"),
    ],
)
def test_a_starting_key_that_is_none(raw, small, start, message):
    assert refusal(raw, small[0], ExclusiveStartKey=start) == message


def test_a_starting_key_belongs_to_its_segment(raw, log):
    first, last = 4666, max(log[1], key=lambda number: hash_place(N(number)))
    text = (
        "Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
        "TotalSegments: 2 Segment: {}"
    )
    for segment, foreign in ((0, last), (1, first)):
        body = {"ExclusiveStartKey": {"requestid": N(foreign)}, "TotalSegments": 2, "Segment": segment}
        assert refusal(raw, log[0], **body) == f"{START}: " + text.format(segment)


@pytest.mark.parametrize(
    "more, message",
    [
        ({"Select": "SPECIFIC_ATTRIBUTES"},
         "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"),
        ({"Select": "COUNT", "ProjectionExpression": "n"},
         "Cannot specify the ProjectionExpression when choosing to get only the Count"),
        ({"Select": "ALL_ATTRIBUTES", "ProjectionExpression": "n"},
         "Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES"),
        ({"Select": "ALL_PROJECTED_ATTRIBUTES"},
         "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"),
    ],
)  # fmt: skip
def test_select_and_projection_must_agree(raw, small, more, message):
    """After Query's texts; documented reading for Scan, and without what may stand before them."""
    found = refusal(raw, small[0], **more)
    assert re.sub("^(1 validation error detected|One or more parameter values were invalid): ", "", found) == message


def test_violations_are_told_all_at_once(raw):
    body = {"Limit": 0, "Select": "magic", "TotalSegments": 0, "ReturnConsumedCapacity": "magic"}
    found = violations(refusal(raw, "a;b", **body))
    ats = {re.search(" at '([^']*)'", part)[1] for part in found}
    assert ats == {"limit", "select", "totalSegments", "returnConsumedCapacity", "tableName"}


def test_the_plan_comes_before_the_table(raw):
    assert refusal(raw, "no-such-table", Segment=5, TotalSegments=5).startswith("The Segment parameter is zero-based")
    assert refusal(raw, "no-such-table", FilterExpression="").startswith("Invalid FilterExpression")
    assert refusal(raw, "no-such-table") == "Requested resource not found"
