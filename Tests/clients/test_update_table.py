"""UpdateTable: throughput, billing, streams, protection: answers, states, and what may not be combined.

Sources as in test_create_table.py; indexes are in test_update_table_indexes.py.
"""

import time

import pytest

from support import assert_constraints, assert_error, eventually
from tables import INVALID, ONE, gsi, hash_key, strings

ONE_OF = (
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
    "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, "
    "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required"
)
NEW_IMAGE = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
OFF = {"StreamEnabled": False}
FIVE = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}


@pytest.fixture
def update(raw):
    def send(name, **changes):
        return raw("UpdateTable", {"TableName": name, **changes})

    return send


@pytest.fixture
def described(dynamodb):
    def describe(name):
        return dynamodb.describe_table(TableName=name)["Table"]

    return describe


class TestNothingToUpdate:
    def test_no_such_table(self, update):
        assert_error(
            update("no-such-table", BillingMode="PAY_PER_REQUEST"),
            "ResourceNotFoundException",
            "Requested resource not found: Table: no-such-table not found",
        )

    @pytest.mark.parametrize(
        "changes", [{}, {"AttributeDefinitions": strings("a")}], ids=["nothing", "definitions alone"]
    )
    def test_one_of_many_is_required(self, update, make_table, changes):
        assert_error(update(make_table(), **changes), "ValidationException", ONE_OF)

    def test_it_is_found_before_the_table_is_looked_for(self, update):
        # Documented reading: what is wrong with the request alone comes before the table's state.
        assert_error(update("no-such-table"), "ValidationException", ONE_OF)

    def test_constraints(self, update):
        low = "Member must have value greater than or equal to 1"
        assert_constraints(
            update("abc", ProvisionedThroughput={"ReadCapacityUnits": -1, "WriteCapacityUnits": -1}),
            f"Value '-1' at 'provisionedThroughput.writeCapacityUnits': {low}",
            f"Value '-1' at 'provisionedThroughput.readCapacityUnits': {low}",
        )
        assert_constraints(
            update("abc", ProvisionedThroughput={"ReadCapacityUnits": 4}),
            "Value null at 'provisionedThroughput.writeCapacityUnits': Member must not be null",
        )
        assert_constraints(
            update("abc", StreamSpecification={}),
            "Value null at 'streamSpecification.streamEnabled': Member must not be null",
        )

    @pytest.mark.parametrize("unit, other", [("ReadCapacityUnits", 1000000000001), ("WriteCapacityUnits", 1)])
    def test_out_of_bounds(self, update, unit, other):
        throughput = {"ReadCapacityUnits": other, "WriteCapacityUnits": 1000000000001}
        assert_error(
            update("abc", ProvisionedThroughput=throughput),
            "ValidationException",
            f"Given value 1000000000001 for {unit} is out of bounds",
        )

    def test_types(self, update):
        assert_error(update("abc", ProvisionedThroughput=1), "SerializationException", "Unexpected field type")
        assert_error(
            update("abc", DeletionProtectionEnabled="true"),
            "SerializationException",
            "Unexpected token received from parser",
        )


class TestThroughput:
    def test_up_and_down(self, update, described, make_table):
        name = make_table(ProvisionedThroughput=FIVE)
        before = time.time()
        table = update(name, ProvisionedThroughput={"ReadCapacityUnits": 15, "WriteCapacityUnits": 15}).json[
            "TableDescription"
        ]
        # The answer still shows the old units, and that the increase has begun (dynalite test/updateTable.js).
        assert table["TableStatus"] == "UPDATING"
        throughput = table["ProvisionedThroughput"]
        assert throughput["LastIncreaseDateTime"] > before - 5
        assert {**throughput, "LastIncreaseDateTime": 0} == {
            **FIVE,
            "NumberOfDecreasesToday": 0,
            "LastIncreaseDateTime": 0,
        }

        def settled(units):
            table = described(name)
            if table["TableStatus"] == "ACTIVE":
                assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == units
                assert table["ProvisionedThroughput"]["WriteCapacityUnits"] == units
                return table

        table = eventually(lambda: settled(15))
        assert table["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0
        assert "LastDecreaseDateTime" not in table["ProvisionedThroughput"]
        # Warm throughput follows the highest units ever provisioned (ack-api-quirks DDB-TABLE-032).
        assert table["WarmThroughput"] == {"ReadUnitsPerSecond": 15, "WriteUnitsPerSecond": 15, "Status": "ACTIVE"}

        table = update(name, ProvisionedThroughput=FIVE).json["TableDescription"]
        assert table["TableStatus"] == "UPDATING"
        assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 15
        assert table["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0
        assert "LastDecreaseDateTime" in table["ProvisionedThroughput"]
        table = eventually(lambda: settled(5))
        assert table["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 1  # both dimensions at once are one decrease
        assert table["WarmThroughput"]["ReadUnitsPerSecond"] == 15

    def test_no_change(self, update, make_table):
        name = make_table(ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 6})
        message = (
            "The provisioned throughput for the table will not change. The requested value equals the current value. "
            "Current ReadCapacityUnits provisioned for the table: 5. Requested ReadCapacityUnits: 5. "
            "Current WriteCapacityUnits provisioned for the table: 6. Requested WriteCapacityUnits: 6. "
            "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
        )
        same = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
        assert_error(update(name, ProvisionedThroughput=same), "ValidationException", message)
        assert_error(
            update(name, ProvisionedThroughput=same, BillingMode="PROVISIONED"), "ValidationException", message
        )

    def test_the_fifth_decrease_of_a_day_is_refused(self, update, make_table, wait_active):
        name = make_table(ProvisionedThroughput={"ReadCapacityUnits": 9, "WriteCapacityUnits": 9})
        for units in (8, 7, 6, 5):
            assert (
                update(name, ProvisionedThroughput={"ReadCapacityUnits": units, "WriteCapacityUnits": 9}).status == 200
            )
            wait_active(name)
        reply = update(name, ProvisionedThroughput={"ReadCapacityUnits": 4, "WriteCapacityUnits": 9})
        assert reply.type.endswith("#LimitExceededException"), reply.text
        assert reply.message.startswith(
            "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the "
            "first 4 decreases, each subsequent decrease in the same UTC day can be performed at most once every 3600 "
            "seconds. Number of decreases today: 4. Last decrease at "
        )


class TestBilling:
    def test_to_on_demand_and_back(self, update, described, make_table, wait_active):
        name = make_table(ProvisionedThroughput=FIVE)
        table = update(name, BillingMode="PAY_PER_REQUEST").json["TableDescription"]
        assert table["TableStatus"] == "UPDATING"
        wait_active(name)
        table = described(name)
        assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        assert "LastUpdateToPayPerRequestDateTime" in table["BillingModeSummary"]
        assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
        assert table["WarmThroughput"] == {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"}
        assert update(name, BillingMode="PROVISIONED", ProvisionedThroughput=ONE).status == 200
        wait_active(name)
        table = described(name)
        assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 1
        # Present once the table was ever on demand (ack-api-quirks DDB-TABLE-028).
        assert table["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
        assert "LastUpdateToPayPerRequestDateTime" in table["BillingModeSummary"]

    def test_on_demand_again_changes_nothing(self, update, described, make_table, wait_active):
        name = make_table()
        before = described(name)
        again = update(name, BillingMode="PAY_PER_REQUEST").json["TableDescription"]
        assert again["TableStatus"] == "UPDATING"  # so says the answer alone (ack-api-quirks DDB-TABLE-177)
        wait_active(name)
        assert described(name)["BillingModeSummary"] == before["BillingModeSummary"]

    def test_throughput_of_an_on_demand_table(self, update, make_table):
        assert_error(
            update(make_table(), ProvisionedThroughput=ONE),
            "ValidationException",
            INVALID
            + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        )

    def test_to_provisioned_without_throughput(self, update, make_table):
        assert_error(
            update(make_table(), BillingMode="PROVISIONED"),
            "ValidationException",
            INVALID + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
        )

    def test_to_provisioned_needs_every_indexs_throughput(self, update, described, make_table, wait_active):
        name = make_table(
            KeySchema=[hash_key("a")],
            AttributeDefinitions=strings("a", "b"),
            GlobalSecondaryIndexes=[gsi("by-b", hash_key("b"))],
        )
        assert_error(
            update(name, BillingMode="PROVISIONED", ProvisionedThroughput=ONE),
            "ValidationException",
            INVALID + "ProvisionedThroughput must be specified for index: by-b",
        )
        change = {"Update": {"IndexName": "by-b", "ProvisionedThroughput": FIVE}}
        reply = update(name, BillingMode="PROVISIONED", ProvisionedThroughput=ONE, GlobalSecondaryIndexUpdates=[change])
        assert reply.status == 200, reply.text
        wait_active(name)
        (index,) = described(name)["GlobalSecondaryIndexes"]
        assert index["ProvisionedThroughput"]["ReadCapacityUnits"] == 5

    def test_on_demand_throughput(self, update, described, make_table, wait_active):
        name = make_table()
        limits = {"MaxReadRequestUnits": 20, "MaxWriteRequestUnits": 15}
        assert update(name, OnDemandThroughput=limits).status == 200
        wait_active(name)
        assert described(name)["OnDemandThroughput"] == limits
        assert update(name, OnDemandThroughput={"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}).status == 200
        eventually(lambda: "OnDemandThroughput" not in described(name))

    def test_warm_throughput_never_falls(self, update, described, make_table):
        name = make_table()
        assert_error(
            update(name, WarmThroughput={"ReadUnitsPerSecond": 1, "WriteUnitsPerSecond": 1}),
            "ValidationException",
            INVALID + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current WarmThroughput, "
            "decreasing WarmThroughput is not supported",
        )
        reply = update(name, WarmThroughput={"ReadUnitsPerSecond": 12001, "WriteUnitsPerSecond": 4001})
        # The table stays ACTIVE, and its old units are shown until the new ones are there (ack-api-quirks DDB-TABLE-179).
        assert reply.json["TableDescription"]["TableStatus"] == "ACTIVE"
        assert reply.json["TableDescription"]["WarmThroughput"]["ReadUnitsPerSecond"] == 12000
        assert reply.json["TableDescription"]["WarmThroughput"]["Status"] == "UPDATING"
        raised = {"ReadUnitsPerSecond": 12001, "WriteUnitsPerSecond": 4001, "Status": "ACTIVE"}
        eventually(lambda: described(name)["WarmThroughput"] == raised)


class TestStream:
    def test_on_off_on(self, update, described, make_table, wait_active):
        name = make_table()
        table = update(name, StreamSpecification=NEW_IMAGE).json["TableDescription"]
        assert table["TableStatus"] == "UPDATING"
        assert table["StreamSpecification"] == NEW_IMAGE
        first = table["LatestStreamArn"]
        assert first == f"{table['TableArn']}/stream/{table['LatestStreamLabel']}"
        wait_active(name)
        assert described(name)["LatestStreamArn"] == first
        assert update(name, StreamSpecification=OFF).json["TableDescription"]["TableStatus"] == "UPDATING"
        wait_active(name)
        table = described(name)
        # Gone is the specification; the label and the ARN stay (ack-api-quirks DDB-TABLE-050).
        assert "StreamSpecification" not in table
        assert table["LatestStreamArn"] == first
        assert update(name, StreamSpecification=NEW_IMAGE).status == 200
        wait_active(name)
        assert described(name)["LatestStreamArn"] > first

    @pytest.mark.parametrize("view", ["NEW_IMAGE", "KEYS_ONLY"], ids=["the same", "another view"])
    def test_already_on(self, update, make_table, view):
        name = make_table(StreamSpecification=NEW_IMAGE)
        assert_error(
            update(name, StreamSpecification={"StreamEnabled": True, "StreamViewType": view}),
            "ValidationException",
            f"Table already has an enabled stream: TableName: {name}",
        )

    def test_already_off(self, update, make_table):
        name = make_table()
        assert_error(
            update(name, StreamSpecification=OFF),
            "ValidationException",
            f"Table has no stream to disable: TableName: {name}",
        )

    def test_on_without_a_view(self, update, make_table):
        assert_error(
            update(make_table(StreamSpecification=NEW_IMAGE), StreamSpecification={"StreamEnabled": True}),
            "ValidationException",
            INVALID + "If stream is being enabled then UpdateViewType is required",
        )

    def test_off_with_a_view(self, update, make_table):
        assert_error(
            update(make_table(), StreamSpecification={"StreamEnabled": False, "StreamViewType": "NEW_IMAGE"}),
            "ValidationException",
            INVALID + "If stream is being disabled, then UpdateViewType must not be specified",
        )

    def test_no_delete_while_it_changes(self, raw, update, make_table, stop_clock):
        name = make_table()
        stop_clock()
        update(name, StreamSpecification=NEW_IMAGE)
        assert_error(
            raw("DeleteTable", {"TableName": name}),
            "ResourceInUseException",
            "Attempt to change a resource which is still in use: "
            "Cannot delete table while stream is being enabled/disabled.",
        )


class TestProtectionAndClass:
    def test_protection_is_immediate(self, update, described, make_table):
        name = make_table()
        for wanted in (True, True, False, False):
            table = update(name, DeletionProtectionEnabled=wanted).json["TableDescription"]
            assert table["DeletionProtectionEnabled"] is wanted
            assert table["TableStatus"] == "ACTIVE"
            assert described(name)["DeletionProtectionEnabled"] is wanted

    def test_table_class(self, update, described, make_table, wait_active):
        name = make_table()
        assert update(name, TableClass="STANDARD").status == 200
        wait_active(name)
        assert "TableClassSummary" not in described(name)
        assert update(name, TableClass="STANDARD_INFREQUENT_ACCESS").status == 200
        wait_active(name)
        assert described(name)["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
        assert_error(
            update(name, TableClass="GOLD"),
            "ValidationException",
            "Invalid table-class parameter provided. Please try again with a valid table-class value: "
            "[STANDARD, STANDARD_INFREQUENT_ACCESS].",
        )


class TestOneChangeACall:
    """ack-api-quirks DDB-TABLE-433, 33 combinations tried on AWS; nothing is applied when one is refused."""

    CREATE = [{"Create": gsi("new", hash_key("x"))}]
    CLASS = "STANDARD_INFREQUENT_ACCESS"
    ON_DEMAND_MAX = {"MaxReadRequestUnits": 10}
    WARM = {"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 5000}

    CASES = [
        ({"DeletionProtectionEnabled": True, "StreamSpecification": NEW_IMAGE}, "DeletionProtection modification"),
        ({"DeletionProtectionEnabled": True, "OnDemandThroughput": ON_DEMAND_MAX}, "DeletionProtection modification"),
        ({"DeletionProtectionEnabled": True, "BillingMode": "PAY_PER_REQUEST"}, "DeletionProtection modification"),
        ({"TableClass": CLASS, "DeletionProtectionEnabled": True}, "TableClass modification"),
        ({"TableClass": CLASS, "StreamSpecification": NEW_IMAGE}, "TableClass modification"),
        ({"WarmThroughput": WARM, "DeletionProtectionEnabled": True}, "DeletionProtection modification"),
        ({"WarmThroughput": WARM, "BillingMode": "PAY_PER_REQUEST"}, "WarmThroughput"),
    ]

    @pytest.mark.parametrize("changes, what", CASES, ids=["+".join(changes) for changes, _ in CASES])
    def test_must_be_the_only_operation(self, update, described, make_table, changes, what):
        name = make_table()
        before = described(name)
        assert_error(
            update(name, **changes),
            "ValidationException",
            INVALID + f"{what} must be the only operation in the request",
        )
        assert described(name) == before

    @pytest.mark.parametrize(
        "changes, message",
        [
            (
                {"StreamSpecification": NEW_IMAGE, "OnDemandThroughput": ON_DEMAND_MAX},
                "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request",
            ),
            (
                {"StreamSpecification": NEW_IMAGE, "BillingMode": "PROVISIONED", "ProvisionedThroughput": ONE},
                "You cannot modify stream status while updating table IOPS",
            ),
            (
                {
                    "AttributeDefinitions": strings("x"),
                    "GlobalSecondaryIndexUpdates": CREATE,
                    "StreamSpecification": NEW_IMAGE,
                },
                "You cannot create or delete index while changing stream status",
            ),
        ],
        ids=["stream and on-demand throughput", "stream and throughput", "index and stream"],
    )
    def test_pairs_that_exclude_each_other(self, update, described, make_table, changes, message):
        name = make_table()
        before = described(name)
        assert_error(update(name, **changes), "ValidationException", INVALID + message)
        assert described(name) == before

    def test_an_index_while_throughput_changes(self, update, make_table):
        create = [{"Create": gsi("new", hash_key("x"), ProvisionedThroughput=ONE)}]
        reply = update(
            make_table(ProvisionedThroughput=FIVE),
            AttributeDefinitions=strings("x"),
            GlobalSecondaryIndexUpdates=create,
            ProvisionedThroughput=ONE,
        )
        assert_error(
            reply, "ValidationException", INVALID + "You cannot create or delete index while updating table IOPS"
        )

    def test_to_on_demand_with_a_stream(self, update, described, make_table, wait_active):
        name = make_table(ProvisionedThroughput=FIVE)
        assert update(name, BillingMode="PAY_PER_REQUEST", StreamSpecification=NEW_IMAGE).status == 200
        wait_active(name)
        table = described(name)
        assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        assert table["StreamSpecification"] == NEW_IMAGE


class TestStates:
    def test_nothing_is_updated_while_it_is_being_created(self, update, make_table, stop_clock):
        stop_clock()
        name = make_table(wait=False)
        message = f"Attempt to change a resource which is still in use: Table is being created: {name}"
        assert_error(update(name, DeletionProtectionEnabled=True), "ResourceInUseException", message)

    def test_data_is_served_while_it_is_updating(self, dynamodb, update, make_table):
        name = make_table(ProvisionedThroughput=FIVE)
        for units in range(6, 16):
            reply = update(name, ProvisionedThroughput={"ReadCapacityUnits": units, "WriteCapacityUnits": 5})
            assert reply.status == 200 or reply.type.endswith("#ResourceInUseException"), reply.text
            dynamodb.put_item(TableName=name, Item={"pk": {"S": str(units)}})
            assert "Item" in dynamodb.get_item(TableName=name, Key={"pk": {"S": str(units)}})

    def test_a_created_table_is_not_there_for_data_before_it_is_active(self, raw, make_table, table_name):
        """What PutItem answers while CREATING is AWS's ResourceNotFoundException; afterwards it works."""
        make_table(TableName=table_name, wait=False)

        def put():
            reply = raw("PutItem", {"TableName": table_name, "Item": {"pk": {"S": "x"}}})
            if reply.status != 200:
                assert_error(reply, "ResourceNotFoundException", "Requested resource not found")
            return reply.status == 200

        deadline = time.monotonic() + 10
        while not put():
            assert time.monotonic() < deadline


def test_the_name_may_be_an_arn(update, described, make_table):
    name = make_table()
    arn = described(name)["TableArn"]
    assert update(arn, DeletionProtectionEnabled=True).json["TableDescription"]["TableName"] == name


def test_a_request_is_refused_before_the_table_is_looked_for(update):
    assert_error(
        update("no-such-table", StreamSpecification={"StreamEnabled": True}),
        "ValidationException",
        INVALID + "If stream is being enabled then UpdateViewType is required",
    )
