"""CreateTable: what AWS refuses, and in which words: constraints first, all at once, then the plan's first failure."""

import re

import pytest

from support import ACCOUNT, BEIJING, assert_constraints, assert_error
from tables import (
    FIRST,
    INVALID,
    NAME_PATTERN,
    ONE,
    SAME,
    SECOND,
    UNDEFINED,
    gsi,
    hash_key,
    range_key,
    request,
    strings,
    undefined,
    with_range,
)


class TestCreateTableConstraints:
    def test_a_missing_name_is_a_message_of_its_own(self, raw):
        assert_error(
            raw("CreateTable", request(TableName=None, KeySchema=None)),
            "ValidationException",
            "The parameter 'TableName' is required but was not present in the request",
        )

    CASES = {
        "a short name": (
            request(TableName="ab"),
            ["Value 'ab' at 'tableName': Member must have length greater than or equal to 3"],
        ),
        "a long name": (  # documented reading for CreateTable; recorded for PutItem
            request(TableName="a" * 256),
            [f"Value '{'a' * 256}' at 'tableName': Member must have length less than or equal to 255"],
        ),
        "a name with foreign characters": (request(TableName="abc;"), [f"Value 'abc;' at 'tableName': {NAME_PATTERN}"]),
        "a name that is an ARN": (
            request(TableName=f"arn:aws-cn:dynamodb:{BEIJING}:{ACCOUNT}:table/abc"),
            [f"Value 'arn:aws-cn:dynamodb:{BEIJING}:{ACCOUNT}:table/abc' at 'tableName': {NAME_PATTERN}"],
        ),
        "several at once": (
            request(TableName="abc;", KeySchema=None, AttributeDefinitions=None),
            [
                f"Value 'abc;' at 'tableName': {NAME_PATTERN}",
                "Value null at 'keySchema': Member must not be null",
                "Value null at 'attributeDefinitions': Member must not be null",
            ],
        ),
        "an empty key schema": (
            request(KeySchema=[]),
            ["Value '[]' at 'keySchema': Member must have length greater than or equal to 1"],
        ),
        "three keys": (
            request(
                AttributeDefinitions=strings("a", "b", "c"), KeySchema=[hash_key("a"), range_key("b"), range_key("c")]
            ),
            [
                "Value '[KeySchemaElement(attributeName=a, keyType=HASH), KeySchemaElement(attributeName=b, keyType=RANGE), "
                "KeySchemaElement(attributeName=c, keyType=RANGE)]' at 'keySchema': Member must have length less than or equal to 2"
            ],
        ),
        "key elements": (
            request(KeySchema=[{"KeyType": "HASH"}, {"AttributeName": "a", "KeyType": "hash"}]),
            [
                "Value null at 'keySchema.1.member.attributeName': Member must not be null",
                "Value 'hash' at 'keySchema.2.member.keyType': Member must satisfy enum value set: [HASH, RANGE]",
            ],
        ),
        "an attribute name of no characters": (
            request(KeySchema=[hash_key("")]),
            ["Value '' at 'keySchema.1.member.attributeName': Member must have length greater than or equal to 1"],
        ),
        "a key name of 256 characters": (
            request(KeySchema=[hash_key("k" * 256)]),
            [
                f"Value '{'k' * 256}' at 'keySchema.1.member.attributeName': Member must have length less than or equal to 255"
            ],
        ),
        "attribute definitions": (
            request(AttributeDefinitions=[{}, {"AttributeName": "a", "AttributeType": "SS"}]),
            [
                "Value null at 'attributeDefinitions.1.member.attributeName': Member must not be null",
                "Value null at 'attributeDefinitions.1.member.attributeType': Member must not be null",
                "Value 'SS' at 'attributeDefinitions.2.member.attributeType': Member must satisfy enum value set: [B, N, S]",
            ],
        ),
        "billing mode is case-sensitive": (
            request(BillingMode="pay_per_request"),
            [
                "Value 'pay_per_request' at 'billingMode': Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]"
            ],
        ),
        "local indexes": (
            with_range(LocalSecondaryIndexes=[{}]),
            [
                "Value null at 'localSecondaryIndexes.1.member.indexName': Member must not be null",
                "Value null at 'localSecondaryIndexes.1.member.keySchema': Member must not be null",
                "Value null at 'localSecondaryIndexes.1.member.projection': Member must not be null",
            ],
        ),
        "a bad index name": (
            request(GlobalSecondaryIndexes=[gsi("h;", hash_key("a")), gsi("a" * 256, hash_key("a"))]),
            [
                f"Value 'h;' at 'globalSecondaryIndexes.1.member.indexName': {NAME_PATTERN}",
                "Value 'h;' at 'globalSecondaryIndexes.1.member.indexName': Member must have length greater than or equal to 3",
                f"Value '{'a' * 256}' at 'globalSecondaryIndexes.2.member.indexName': Member must have length less than or equal to 255",
            ],
        ),
        "an index's parts": (
            request(
                GlobalSecondaryIndexes=[
                    gsi(
                        "abc",
                        projection={"ProjectionType": "all", "NonKeyAttributes": []},
                        ProvisionedThroughput={"ReadCapacityUnits": 0},
                    )
                ]
            ),
            [
                "Value '[]' at 'globalSecondaryIndexes.1.member.keySchema': Member must have length greater than or equal to 1",
                "Value 'all' at 'globalSecondaryIndexes.1.member.projection.projectionType': "
                "Member must satisfy enum value set: [ALL, INCLUDE, KEYS_ONLY]",
                "Value '[]' at 'globalSecondaryIndexes.1.member.projection.nonKeyAttributes': "
                "Member must have length greater than or equal to 1",
                "Value '0' at 'globalSecondaryIndexes.1.member.provisionedThroughput.readCapacityUnits': "
                "Member must have value greater than or equal to 1",
                "Value null at 'globalSecondaryIndexes.1.member.provisionedThroughput.writeCapacityUnits': Member must not be null",
            ],
        ),
        "twenty-one projected attributes": (
            request(
                AttributeDefinitions=strings("a"),
                GlobalSecondaryIndexes=[
                    gsi(
                        "abc",
                        hash_key("a"),
                        projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": [f"n{i}" for i in range(21)]},
                        ProvisionedThroughput=ONE,
                    )
                ],
            ),
            [
                "Value '[" + ", ".join(f"n{i}" for i in range(21)) + "]' at "
                "'globalSecondaryIndexes.1.member.projection.nonKeyAttributes': Member must have length less than or equal to 20"
            ],
        ),
        "a stream that does not say whether it is on": (
            request(StreamSpecification={}),
            ["Value null at 'streamSpecification.streamEnabled': Member must not be null"],
        ),
    }

    @pytest.mark.parametrize("name", CASES)
    def test_constraint(self, raw, name):
        body, failures = self.CASES[name]
        assert_constraints(raw("CreateTable", body), *failures)

    @pytest.mark.parametrize("value", [0, -1])
    def test_low_throughput_names_write_before_read(self, raw, value):
        throughput = {"ReadCapacityUnits": value, "WriteCapacityUnits": value}
        assert_error(
            raw("CreateTable", request(ProvisionedThroughput=throughput)),
            "ValidationException",
            "2 validation errors detected: "
            f"Value '{value}' at 'provisionedThroughput.writeCapacityUnits' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1; "
            f"Value '{value}' at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1",
        )

    def test_ten_failures_are_told_at_most(self, raw):
        reply = raw("CreateTable", with_range(LocalSecondaryIndexes=[{}] * 9))
        assert reply.message.startswith("10 validation errors detected: ")
        assert len(reply.message.split("; ")) == 10

    def test_a_bad_stream_view_type(self, raw):
        # Which order AWS lists this set in was not seen.
        reply = raw("CreateTable", request(StreamSpecification={"StreamEnabled": True, "StreamViewType": "Fisk"}))
        assert reply.message.startswith(
            "1 validation error detected: Value 'Fisk' at 'streamSpecification.streamViewType' failed to satisfy "
            "constraint: Member must satisfy enum value set: ["
        )

    def test_constraints_come_before_the_plan(self, raw):
        assert_constraints(
            raw(
                "CreateTable", request(KeySchema=[{"AttributeName": "zzz", "KeyType": "x"}], ProvisionedThroughput=None)
            ),
            "Value 'x' at 'keySchema.1.member.keyType': Member must satisfy enum value set: [HASH, RANGE]",
        )


ON_DEMAND = {"BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": None}


class TestCreateTablePlan:
    CASES = {
        # Billing
        "no billing mode, no throughput": (
            request(ProvisionedThroughput=None),
            INVALID + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        ),
        "provisioned without throughput": (
            request(ProvisionedThroughput=None, BillingMode="PROVISIONED"),
            INVALID + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        ),
        "on demand with throughput": (
            request(BillingMode="PAY_PER_REQUEST"),
            INVALID
            + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        ),
        "too much to read": (
            request(ProvisionedThroughput={"ReadCapacityUnits": 1000000000001, "WriteCapacityUnits": 1000000000001}),
            "Given value 1000000000001 for ReadCapacityUnits is out of bounds",
        ),
        "too much to write": (
            request(ProvisionedThroughput={"ReadCapacityUnits": 1000000000000, "WriteCapacityUnits": 1000000000001}),
            "Given value 1000000000001 for WriteCapacityUnits is out of bounds",
        ),
        "on-demand maximum of zero": (
            request(**ON_DEMAND, OnDemandThroughput={"MaxReadRequestUnits": 0, "MaxWriteRequestUnits": 1}),
            INVALID + "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range",
        ),
        "on-demand maximum of a provisioned table": (
            request(OnDemandThroughput={"MaxReadRequestUnits": 1}),
            re.compile(
                re.escape(INVALID + "MaxReadRequestUnits for OnDemandThroughput cannot be specified when ")
                + r"(the )?table BillingMode is PROVISIONED\.?"
            ),
        ),
        "warm throughput below the base": (
            request(**ON_DEMAND, WarmThroughput={"ReadUnitsPerSecond": 1, "WriteUnitsPerSecond": 1}),
            re.compile(
                re.escape(
                    INVALID
                    + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than initial throughput for OnDemand. See: "
                )
                + r"https://docs\.aws\.amazon\.com/\S+"
            ),
        ),
        "warm throughput below the provisioned": (
            request(
                ProvisionedThroughput={"ReadCapacityUnits": 10, "WriteCapacityUnits": 10},
                WarmThroughput={"ReadUnitsPerSecond": 5, "WriteUnitsPerSecond": 5},
            ),
            INVALID
            + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than ReadCapacityUnits of ProvisionedThroughput",
        ),
        # Keys
        "a definition twice": (request(AttributeDefinitions=strings("a", "a")), "Attribute Name is duplicated: a"),
        "a definition twice with two types": (
            request(AttributeDefinitions=strings("a") + [{"AttributeName": "a", "AttributeType": "N"}]),
            "Attribute Name is duplicated: a",
        ),
        "no definitions": (request(AttributeDefinitions=[]), UNDEFINED),
        "fewer definitions than keys": (
            request(AttributeDefinitions=strings("b"), KeySchema=[hash_key("a"), range_key("b")]),
            UNDEFINED,
        ),
        "the same key twice with one definition": (request(KeySchema=[hash_key("a"), range_key("a")]), UNDEFINED),
        "another definition": (request(AttributeDefinitions=strings("b")), undefined(["a"], ["b"])),
        "names differ in case": (request(KeySchema=[hash_key("A")]), undefined(["A"], ["a"])),
        "the same key twice": (
            request(AttributeDefinitions=strings("a", "b"), KeySchema=[hash_key("a"), hash_key("a")]),
            SAME,
        ),
        "two hashes": (
            request(AttributeDefinitions=strings("a", "b"), KeySchema=[hash_key("a"), hash_key("b")]),
            SECOND,
        ),
        "range before hash": (
            request(AttributeDefinitions=strings("a", "b"), KeySchema=[range_key("a"), hash_key("b")]),
            FIRST,
        ),
        "two ranges": (
            request(AttributeDefinitions=strings("a", "b"), KeySchema=[range_key("a"), range_key("b")]),
            FIRST,
        ),
        "a range alone": (request(KeySchema=[range_key("a")]), FIRST),
        "an unused definition": (
            request(AttributeDefinitions=strings("a", "b")),
            INVALID
            + "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
        ),
        # Local indexes
        "an empty list of local indexes": (
            with_range(LocalSecondaryIndexes=[]),
            INVALID + "List of LocalSecondaryIndexes is empty",
        ),
        "a local index on a table without range key": (
            request(
                AttributeDefinitions=strings("a", "b"),
                LocalSecondaryIndexes=[gsi("abc", hash_key("a"), range_key("b"))],
            ),
            INVALID
            + "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
        ),
        "a local index of undefined attributes": (
            with_range(LocalSecondaryIndexes=[gsi("abc", hash_key("a"), range_key("c"))]),
            undefined(["a", "c"], ["a", "b"]),
        ),
        "a local index without range key": (
            with_range(LocalSecondaryIndexes=[gsi("abc", hash_key("a"))]),
            INVALID + "Index KeySchema does not have a range key for index: abc",
        ),
        "a local index with another hash key": (
            with_range(LocalSecondaryIndexes=[gsi("abc", hash_key("b"), range_key("a"))]),
            INVALID
            + "Index KeySchema does not have the same leading hash key as table KeySchema for index: abc. index hash key: b, table hash key: a",
        ),
        "a local index that begins with a range": (
            with_range(LocalSecondaryIndexes=[gsi("abc", range_key("a"), range_key("b"))]),
            FIRST,
        ),
        "a local index of one attribute twice": (
            with_range(LocalSecondaryIndexes=[gsi("abc", hash_key("a"), range_key("a"))]),
            SAME,
        ),
        "six local indexes": (
            with_range(LocalSecondaryIndexes=[gsi(f"abc{i}", hash_key("a"), range_key("b")) for i in range(6)]),
            INVALID + "Number of LocalSecondaryIndexes exceeds per-table limit of 5",
        ),
        "two local indexes of one name": (
            with_range(LocalSecondaryIndexes=[gsi("abc", hash_key("a"), range_key("b"))] * 2),
            INVALID + "Duplicate index name: abc",
        ),
        # Global indexes
        "an empty list of global indexes": (
            request(GlobalSecondaryIndexes=[]),
            INVALID + "List of GlobalSecondaryIndexes is empty",
        ),
        "a global index of an undefined attribute": (
            request(GlobalSecondaryIndexes=[gsi("abc", hash_key("c"), ProvisionedThroughput=ONE)]),
            undefined(["c"], ["a"]),
        ),
        "a global index that begins with a range": (
            request(GlobalSecondaryIndexes=[gsi("abc", range_key("a"), ProvisionedThroughput=ONE)]),
            FIRST,
        ),
        "two global indexes of one name": (
            request(GlobalSecondaryIndexes=[gsi("abc", hash_key("a"), ProvisionedThroughput=ONE)] * 2),
            INVALID + "Duplicate index name: abc",
        ),
        "a local and a global index of one name": (
            with_range(
                LocalSecondaryIndexes=[gsi("abc", hash_key("a"), range_key("b"))],
                GlobalSecondaryIndexes=[gsi("abc", hash_key("b"), ProvisionedThroughput=ONE)],
            ),
            INVALID + "Duplicate index name: abc",
        ),
        "twenty-one global indexes": (
            request(
                GlobalSecondaryIndexes=[gsi(f"abc{i}", hash_key("a"), ProvisionedThroughput=ONE) for i in range(21)]
            ),
            INVALID + "GlobalSecondaryIndex count exceeds the per-table limit of 20",
        ),
        "a global index without throughput": (
            request(GlobalSecondaryIndexes=[gsi("abc", hash_key("a"))]),
            INVALID + "ProvisionedThroughput is not specified for index: abc",
        ),
        "a global index with throughput on demand": (
            request(**ON_DEMAND, GlobalSecondaryIndexes=[gsi("abc", hash_key("a"), ProvisionedThroughput=ONE)]),
            INVALID
            + "ProvisionedThroughput should not be specified for index: abc when BillingMode is PAY_PER_REQUEST",
        ),
        "an unused definition beside a global index": (
            request(
                **ON_DEMAND,
                AttributeDefinitions=strings("a", "b", "c"),
                GlobalSecondaryIndexes=[gsi("abc", hash_key("b"))],
            ),
            re.compile(
                re.escape(INVALID + "Some AttributeDefinitions are not used. AttributeDefinitions: [")
                + r"[abc](, [abc]){2}\], keys used: \[(a, b|b, a)\]"
            ),
        ),
        # Projections
        "no projection type": (
            request(**ON_DEMAND, GlobalSecondaryIndexes=[gsi("abc", hash_key("a"), projection={})]),
            INVALID + "Unknown ProjectionType: null",
        ),
        "INCLUDE without attributes": (
            request(
                **ON_DEMAND,
                GlobalSecondaryIndexes=[gsi("abc", hash_key("a"), projection={"ProjectionType": "INCLUDE"})],
            ),
            INVALID + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
        ),
        "ALL with attributes": (
            request(
                **ON_DEMAND,
                GlobalSecondaryIndexes=[
                    gsi("abc", hash_key("a"), projection={"ProjectionType": "ALL", "NonKeyAttributes": ["x"]})
                ],
            ),
            INVALID + "ProjectionType is ALL, but NonKeyAttributes is specified",
        ),
        "KEYS_ONLY with attributes": (
            with_range(
                LocalSecondaryIndexes=[
                    gsi(
                        "abc",
                        hash_key("a"),
                        range_key("b"),
                        projection={"ProjectionType": "KEYS_ONLY", "NonKeyAttributes": ["x"]},
                    )
                ]
            ),
            INVALID + "ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified",
        ),
        "an attribute projected twice": (
            request(
                **ON_DEMAND,
                GlobalSecondaryIndexes=[
                    gsi("abc", hash_key("a"), projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "x"]})
                ],
            ),
            INVALID + "Duplicate element in NonKeyAttributes: x",
        ),
        # The rest. "UpdateViewType" is AWS's own slip.
        "a stream without view type": (
            request(StreamSpecification={"StreamEnabled": True}),
            INVALID + "Table is being created with a stream enabled, UpdateViewType is required",
        ),
        "no stream, with view type": (
            request(StreamSpecification={"StreamEnabled": False, "StreamViewType": "NEW_IMAGE"}),
            INVALID + "Table is being created with a stream disabled, UpdateViewType should not be specified",
        ),
        "a table class that is none": (
            request(TableClass="GOLD"),
            "Invalid table-class parameter provided. Please try again with a valid table-class value: "
            "[STANDARD, STANDARD_INFREQUENT_ACCESS].",
        ),
        "a tag of Amazon's own": (
            request(Tags=[{"Key": "aws:x", "Value": "1"}]),
            "Tag Key cannot be prefixed with aws:, Key: aws:x",
        ),
        "a tag twice": (
            request(Tags=[{"Key": "x", "Value": "1"}, {"Key": "x", "Value": "2"}]),
            "Duplicate Tag Keys provided as input: Duplicate Tag Key found x",
        ),
        "fifty-one tags": (
            request(Tags=[{"Key": f"k{i}", "Value": "v"} for i in range(51)]),
            "Number of Tags exceed the current limit for the provided ResourceArn",
        ),
        "an encryption type with encryption off": (
            request(SSESpecification={"Enabled": False, "SSEType": "KMS"}),
            INVALID + "SSEType can not be specified if Enabled is false",
        ),
    }

    @pytest.mark.parametrize("name", CASES)
    def test_plan(self, raw, name):
        body, message = self.CASES[name]
        assert_error(raw("CreateTable", body), "ValidationException", message)

    def test_nothing_was_made(self, raw):
        assert_error(
            raw("DescribeTable", {"TableName": "never-made"}),
            "ResourceNotFoundException",
            "Requested resource not found: Table: never-made not found",
        )

    def test_limits_that_still_hold(self, make_table):
        """Five local and twenty global indexes are legal."""
        make_table(
            KeySchema=[hash_key("a"), range_key("b")],
            AttributeDefinitions=strings("a", "b"),
            LocalSecondaryIndexes=[gsi(f"local{i}", hash_key("a"), range_key("b")) for i in range(5)],
            GlobalSecondaryIndexes=[gsi(f"global{i}", hash_key("b")) for i in range(20)],
        )
