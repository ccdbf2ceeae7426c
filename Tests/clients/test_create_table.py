"""CreateTable: its answers and defaults, and a table that exists already.

The words are AWS's. Where they come from: captures of four regions of June 2026 (nubo-db/dynamodb-conformance), a lab's
catalogue of October 2026 ("ack-api-quirks"), localstack's snapshots, dynalite's and Alternator's tests, which run
against AWS as well. "Documented reading" marks what was not seen recorded.
"""

import re
import time

import pytest

from support import ACCOUNT, BEIJING, assert_crc, assert_error, eventually
from tables import FIRST, ONE, UUID4, gsi, hash_key, range_key, request, strings, with_range


class TestCreateTableAnswers:
    def test_a_provisioned_table(self, raw, make_table, table_name):
        before = time.time()
        reply = raw(
            "CreateTable",
            request(TableName=table_name, ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}),
        )
        assert reply.status == 200, reply.text
        assert_crc(reply)
        assert set(reply.json) == {"TableDescription"}
        table = reply.json["TableDescription"]
        # Exactly these members (localstack snapshot test_transact_write_items_streaming_for_different_tables).
        assert table == {
            "AttributeDefinitions": strings("a"),
            "CreationDateTime": table["CreationDateTime"],
            "DeletionProtectionEnabled": False,
            "ItemCount": 0,
            "KeySchema": [hash_key("a")],
            "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
            "TableArn": f"arn:aws-cn:dynamodb:{BEIJING}:{ACCOUNT}:table/{table_name}",
            "TableId": table["TableId"],
            "TableName": table_name,
            "TableSizeBytes": 0,
            "TableStatus": "CREATING",
        }
        assert UUID4.fullmatch(table["TableId"])
        assert before - 5 < table["CreationDateTime"] < time.time() + 5  # a number of seconds, not a string
        self.remove(raw, table_name)

    @staticmethod
    def remove(raw, name):
        eventually(lambda: raw("DeleteTable", {"TableName": name}).status == 200)

    def test_becomes_active_and_shows_its_warm_throughput(self, dynamodb, make_table):
        name = make_table(ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 6})
        table = dynamodb.describe_table(TableName=name)["Table"]
        assert table["TableStatus"] == "ACTIVE"
        assert table["WarmThroughput"] == {"ReadUnitsPerSecond": 5, "WriteUnitsPerSecond": 6, "Status": "ACTIVE"}
        absent = {"BillingModeSummary", "StreamSpecification", "LatestStreamArn", "LatestStreamLabel", "SSEDescription"}
        absent |= {"TableClassSummary", "OnDemandThroughput", "Replicas", "RestoreSummary", "ArchivalSummary"}
        absent |= {"GlobalSecondaryIndexes", "LocalSecondaryIndexes", "GlobalTableVersion", "Tags"}
        assert not absent & set(table)
        assert "LastIncreaseDateTime" not in table["ProvisionedThroughput"]

    def test_an_on_demand_table(self, raw, dynamodb, make_table, table_name):
        reply = raw(
            "CreateTable", request(TableName=table_name, ProvisionedThroughput=None, BillingMode="PAY_PER_REQUEST")
        )
        table = reply.json["TableDescription"]
        # LastUpdateToPayPerRequestDateTime comes with DescribeTable only (ack-api-quirks DDB-TABLE-033).
        assert table["BillingModeSummary"] == {"BillingMode": "PAY_PER_REQUEST"}
        zeros = {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
        assert table["ProvisionedThroughput"] == zeros
        assert "WarmThroughput" not in table

        def active():
            described = raw("DescribeTable", {"TableName": table_name}).json["Table"]
            return described if described["TableStatus"] == "ACTIVE" else None

        described = eventually(active)
        assert described["BillingModeSummary"] == {
            "BillingMode": "PAY_PER_REQUEST",
            "LastUpdateToPayPerRequestDateTime": described["CreationDateTime"],
        }
        assert described["ProvisionedThroughput"] == zeros
        assert described["WarmThroughput"] == {
            "ReadUnitsPerSecond": 12000,
            "WriteUnitsPerSecond": 4000,
            "Status": "ACTIVE",
        }
        self.remove(raw, table_name)

    def test_explicitly_provisioned_has_no_summary(self, dynamodb, make_table):
        name = make_table(BillingMode="PROVISIONED", ProvisionedThroughput=ONE)
        assert "BillingModeSummary" not in dynamodb.describe_table(TableName=name)["Table"]

    def test_warm_throughput_given_is_in_the_answer(self, raw, dynamodb, make_table, table_name):
        warm = {"ReadUnitsPerSecond": 12100, "WriteUnitsPerSecond": 4100}
        reply = raw(
            "CreateTable",
            request(
                TableName=table_name, ProvisionedThroughput=None, BillingMode="PAY_PER_REQUEST", WarmThroughput=warm
            ),
        )
        answered = reply.json["TableDescription"]["WarmThroughput"]
        assert answered.pop("Status") in ("UPDATING", "ACTIVE", "CREATING")
        assert answered == warm

        def settled():
            return dynamodb.describe_table(TableName=table_name)["Table"]["WarmThroughput"] == {
                **warm,
                "Status": "ACTIVE",
            }

        eventually(settled)
        self.remove(raw, table_name)

    def test_one_unit_of_warm_throughput_keeps_the_others_base(self, dynamodb, make_table):
        name = make_table(WarmThroughput={"ReadUnitsPerSecond": 12001})
        warm = dynamodb.describe_table(TableName=name)["Table"]["WarmThroughput"]
        assert (warm["ReadUnitsPerSecond"], warm["WriteUnitsPerSecond"]) == (12001, 4000)

    def test_indexes(self, raw, dynamodb, table_name):
        local = gsi("local", hash_key("a"), range_key("c"), projection={"ProjectionType": "KEYS_ONLY"})
        included = gsi(
            "included",
            hash_key("b"),
            range_key("a"),
            projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]},
            ProvisionedThroughput={"ReadCapacityUnits": 2, "WriteCapacityUnits": 3},
        )
        everything = gsi("everything", hash_key("c"), ProvisionedThroughput=ONE)
        reply = raw(
            "CreateTable",
            with_range(
                TableName=table_name,
                AttributeDefinitions=strings("a", "b", "c"),
                LocalSecondaryIndexes=[local],
                GlobalSecondaryIndexes=[included, everything],
            ),
        )
        assert reply.status == 200, reply.text
        table = reply.json["TableDescription"]
        arn = f"arn:aws-cn:dynamodb:{BEIJING}:{ACCOUNT}:table/{table_name}"
        sizes = {"IndexSizeBytes": 0, "ItemCount": 0}
        # Local ones have neither status nor throughput.
        assert table["LocalSecondaryIndexes"] == [{**local, **sizes, "IndexArn": arn + "/index/local"}]
        described = {
            "included": {
                **included,
                **sizes,
                "IndexArn": arn + "/index/included",
                "IndexStatus": "CREATING",
                "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 2, "WriteCapacityUnits": 3},
            },
            "everything": {
                **everything,
                **sizes,
                "IndexArn": arn + "/index/everything",
                "IndexStatus": "CREATING",
                "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, **ONE},
            },
        }
        assert {index["IndexName"]: index for index in table["GlobalSecondaryIndexes"]} == described

        def active():
            table = dynamodb.describe_table(TableName=table_name)["Table"]
            return table if table["TableStatus"] == "ACTIVE" else None

        table = eventually(active)
        # The table and the indexes made with it become ACTIVE together, and show no Backfilling.
        for index in table["GlobalSecondaryIndexes"]:
            assert index["IndexStatus"] == "ACTIVE"
            assert "Backfilling" not in index
            units = described[index["IndexName"]]["ProvisionedThroughput"]
            assert index["WarmThroughput"] == {
                "ReadUnitsPerSecond": units["ReadCapacityUnits"],
                "WriteUnitsPerSecond": units["WriteCapacityUnits"],
                "Status": "ACTIVE",
            }
        self.remove(raw, table_name)

    def test_indexes_of_an_on_demand_table(self, dynamodb, make_table):
        name = make_table(
            KeySchema=[hash_key("a")],
            AttributeDefinitions=strings("a", "b"),
            GlobalSecondaryIndexes=[gsi("by-b", hash_key("b"))],
        )
        index = dynamodb.describe_table(TableName=name)["Table"]["GlobalSecondaryIndexes"][0]
        assert index["ProvisionedThroughput"] == {
            "NumberOfDecreasesToday": 0,
            "ReadCapacityUnits": 0,
            "WriteCapacityUnits": 0,
        }
        assert index["WarmThroughput"] == {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"}

    def test_an_index_may_be_named_like_its_table(self, make_table, table_name):
        make_table(
            TableName=table_name,
            KeySchema=[hash_key("a")],
            AttributeDefinitions=strings("a", "b"),
            GlobalSecondaryIndexes=[gsi(table_name, hash_key("b"))],
        )

    @pytest.mark.parametrize("view", ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"])
    def test_a_stream_is_in_the_answer(self, raw, make_table, table_name, view):
        specification = {"StreamEnabled": True, "StreamViewType": view}
        reply = raw("CreateTable", request(TableName=table_name, StreamSpecification=specification))
        table = reply.json["TableDescription"]
        assert table["StreamSpecification"] == specification
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}", table["LatestStreamLabel"])
        assert table["LatestStreamArn"] == table["TableArn"] + "/stream/" + table["LatestStreamLabel"]
        self.remove(raw, table_name)

    @pytest.mark.parametrize("off", [{"StreamEnabled": False}, None])
    def test_no_stream(self, dynamodb, make_table, off):
        name = make_table(**({"StreamSpecification": off} if off else {}))
        table = dynamodb.describe_table(TableName=name)["Table"]
        assert not {"StreamSpecification", "LatestStreamArn", "LatestStreamLabel"} & set(table)

    def test_options_show_in_the_description(self, dynamodb, make_table):
        name = make_table(
            TableClass="STANDARD_INFREQUENT_ACCESS",
            DeletionProtectionEnabled=True,
            OnDemandThroughput={"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 5},
            Tags=[{"Key": "team", "Value": "logs"}],
        )
        table = dynamodb.describe_table(TableName=name)["Table"]
        assert table["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
        assert table["DeletionProtectionEnabled"] is True
        assert table["OnDemandThroughput"] == {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 5}
        assert "Tags" not in table

    @pytest.mark.parametrize("off", [{"Enabled": False}, {}])
    def test_encryption_off_is_the_default(self, dynamodb, make_table, off):
        name = make_table(SSESpecification=off)
        assert "SSEDescription" not in dynamodb.describe_table(TableName=name)["Table"]

    def test_definitions_come_back_whatever_their_order(self, dynamodb, make_table):
        name = make_table(KeySchema=[hash_key("p"), range_key("c")], AttributeDefinitions=strings("c", "p"))
        table = dynamodb.describe_table(TableName=name)["Table"]
        assert table["KeySchema"] == [hash_key("p"), range_key("c")]
        assert sorted(d["AttributeName"] for d in table["AttributeDefinitions"]) == ["c", "p"]

    @pytest.mark.parametrize("name", ["a.b", "_-_", ".abc", "x" * 255, "0-0"])
    def test_legal_names(self, dynamodb, make_table, name):
        make_table(TableName=name)
        assert dynamodb.describe_table(TableName=name)["Table"]["TableName"] == name

    @pytest.mark.parametrize("attribute", ["attrs", ":attrs", "a b", "é", "名", "SELECT", "x" * 255])
    def test_legal_key_names(self, dynamodb, make_table, attribute):
        name = make_table(key={attribute: "S"})
        dynamodb.put_item(TableName=name, Item={attribute: {"S": "v"}})
        assert dynamodb.get_item(TableName=name, Key={attribute: {"S": "v"}})["Item"] == {attribute: {"S": "v"}}

    def test_names_that_differ_in_case_are_two_tables(self, dynamodb, make_table, table_name):
        make_table(TableName=table_name.upper())
        make_table(TableName=table_name.lower())


class TestTableExists:
    def test_twice(self, raw, make_table):
        name = make_table()
        assert_error(
            raw("CreateTable", request(TableName=name)), "ResourceInUseException", f"Table already exists: {name}"
        )

    def test_validation_comes_first(self, raw, make_table):
        name = make_table()
        assert_error(
            raw("CreateTable", request(TableName=name, KeySchema=[range_key("a")])), "ValidationException", FIRST
        )

    @pytest.mark.parametrize("operation", ["DeleteTable", "CreateTable"])
    def test_while_it_is_being_created(self, raw, make_table, stop_clock, operation):
        stop_clock()
        name = make_table(wait=False)
        reply = raw(operation, request(TableName=name) if operation == "CreateTable" else {"TableName": name})
        message = f"Attempt to change a resource which is still in use: Table is being created: {name}"
        assert_error(reply, "ResourceInUseException", message)

    def test_a_waiter_finds_it_at_its_first_look(self, dynamodb, make_table):
        """AWS's waiters look at once, and then only every twenty seconds."""
        looks = []
        client = dynamodb()
        client.meta.events.register("before-call.dynamodb.DescribeTable", lambda **_: looks.append(1))
        for _ in range(3):
            name = make_table(wait=False)
            client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
            client.delete_table(TableName=name)
            client.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
        assert len(looks) == 6
