"""Time to live: UpdateTimeToLive, DescribeTimeToLive, and items that are deleted when they are past it.

Sources: Alternator's test_ttl.py (run against AWS), observations of AWS of October 2026.
"""

import time

import pytest

from dataplane import N, S
from streamreader import read_all
from support import eventually, expect_error


def switch(dynamodb, table, attribute="ttl", enabled=True):
    specification = {"Enabled": enabled, "AttributeName": attribute}
    answer = dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=specification)
    assert answer["TimeToLiveSpecification"] == specification


def describe(dynamodb, table):
    return dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]


def test_a_table_is_described(dynamodb, make_table):
    table = make_table()
    assert describe(dynamodb, table) == {"TimeToLiveStatus": "DISABLED"}
    switch(dynamodb, table)
    assert describe(dynamodb, table) == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}


def test_what_changes_nothing_or_too_soon_is_refused(dynamodb, make_table):
    table = make_table()
    with expect_error("ValidationException", "TimeToLive is already disabled"):
        switch(dynamodb, table, enabled=False)
    switch(dynamodb, table)
    with expect_error("ValidationException", "TimeToLive is already enabled"):
        switch(dynamodb, table)
    for enabled in (True, False):
        with expect_error(
            "ValidationException", "TimeToLive is active on a different AttributeName: current AttributeName is ttl"
        ):
            switch(dynamodb, table, "other", enabled)
    with expect_error("ValidationException", "Time to live has been modified multiple times within a fixed interval"):
        switch(dynamodb, table, enabled=False)


@pytest.mark.parametrize("attribute", ["", "x" * 256])
def test_an_attribute_has_1_to_255_characters(dynamodb, make_table, attribute):
    with expect_error("ValidationException") as caught:
        switch(dynamodb, make_table(), attribute)
    assert "Member must have length" in caught[0].response["Error"]["Message"]


def test_there_must_be_a_table(dynamodb, table_name):
    message = f"Requested resource not found: Table: {table_name} not found"
    with expect_error("ResourceNotFoundException", message):
        describe(dynamodb, table_name)
    with expect_error("ResourceNotFoundException", message):
        switch(dynamodb, table_name)


def test_items_are_deleted_and_the_stream_says_by_whom(dynamodb, streams, make_table):
    table = make_table(StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    now = int(time.time())
    expiries = {
        "before": N(now - 60),
        "soon": N(now + 2),
        "later": N(now + 3600),
        "text": S(str(now - 60)),
        "ancient": N(now - 6 * 365 * 86400),
    }
    dynamodb.put_item(TableName=table, Item={"pk": S("before"), "ttl": expiries["before"]})
    switch(dynamodb, table)
    for key, expiry in expiries.items():
        if key != "before":
            dynamodb.put_item(TableName=table, Item={"pk": S(key), "ttl": expiry})

    def gone():
        items = dynamodb.scan(TableName=table)["Items"]
        return sorted(item["pk"]["S"] for item in items) == ["ancient", "later", "text"]

    eventually(gone, timeout=20)
    arn = dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    removals = [record for record in read_all(streams, arn) if record["eventName"] == "REMOVE"]
    assert sorted(record["dynamodb"]["Keys"]["pk"]["S"] for record in removals) == ["before", "soon"]
    for record in removals:
        # boto3 writes the members of a record's identity small.
        identity = {name.lower(): value for name, value in record["userIdentity"].items()}
        assert identity == {"type": "Service", "principalid": "dynamodb.amazonaws.com"}
