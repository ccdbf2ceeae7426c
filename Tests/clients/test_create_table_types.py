"""CreateTable: JSON of the wrong type, which is told before anything else and in a form of its own."""

import pytest

from support import assert_constraints, assert_error
from tables import request


class TestCreateTableTypes:
    """JSON of the wrong type: SerializationException with `Message` (dynalite test/helpers.js, recorded from AWS)."""

    MAP = "Start of structure or map found where not expected"
    MODEL = "com.amazonaws.dynamodb.v20120810."

    STRINGS = [
        (True, "TRUE_VALUE cannot be converted to String"),
        (False, "FALSE_VALUE cannot be converted to String"),
        (23, "NUMBER_VALUE cannot be converted to String"),
        (-2147483648, "NUMBER_VALUE cannot be converted to String"),
        (34.56, "DECIMAL_VALUE cannot be converted to String"),
        ([], "Unrecognized collection type class java.lang.String"),
        ({}, MAP),
    ]
    LONGS = [
        ("23", "STRING_VALUE cannot be converted to Long"),
        (True, "TRUE_VALUE cannot be converted to Long"),
        (False, "FALSE_VALUE cannot be converted to Long"),
        ([], "Unrecognized collection type class java.lang.Long"),
        ({}, MAP),
    ]
    BOOLEANS = [
        ("23", "Unexpected token received from parser"),
        (23, "NUMBER_VALUE cannot be converted to Boolean"),
        (34.56, "DECIMAL_VALUE cannot be converted to Boolean"),
        ([], "Unrecognized collection type class java.lang.Boolean"),
        ({}, MAP),
    ]
    LISTS = [(wrong, "Unexpected field type") for wrong in ("23", True, 23, 34.56)] + [({}, MAP)]

    @staticmethod
    def fields(shape):
        wrong = [(value, "Unexpected field type") for value in ("23", True, 23, 34.56)]
        return wrong + [([], f"Unrecognized collection type class com.amazonaws.dynamodb.v20120810.{shape}")]

    @staticmethod
    def values(shape):
        wrong = [(value, "Unexpected value type in payload") for value in ("23", True, 23, 34.56)]
        return wrong + [([], f"Unrecognized collection type class com.amazonaws.dynamodb.v20120810.{shape}")]

    PLACES = [
        ("TableName", STRINGS),
        ("BillingMode", STRINGS),
        ("AttributeDefinitions", LISTS),
        ("AttributeDefinitions.0", values("AttributeDefinition")),
        ("AttributeDefinitions.0.AttributeName", STRINGS),
        ("AttributeDefinitions.0.AttributeType", STRINGS),
        ("KeySchema", LISTS),
        ("KeySchema.0", values("KeySchemaElement")),
        ("KeySchema.0.KeyType", STRINGS),
        ("ProvisionedThroughput", fields("ProvisionedThroughput")),
        ("ProvisionedThroughput.ReadCapacityUnits", LONGS),
        ("ProvisionedThroughput.WriteCapacityUnits", LONGS),
        ("LocalSecondaryIndexes", LISTS),
        ("LocalSecondaryIndexes.0", values("LocalSecondaryIndex")),
        ("LocalSecondaryIndexes.0.IndexName", STRINGS),
        ("LocalSecondaryIndexes.0.Projection", fields("Projection")),
        ("LocalSecondaryIndexes.0.Projection.NonKeyAttributes", LISTS),
        ("LocalSecondaryIndexes.0.Projection.NonKeyAttributes.0", STRINGS),
        ("GlobalSecondaryIndexes", LISTS),
        ("GlobalSecondaryIndexes.0", values("GlobalSecondaryIndex")),
        ("GlobalSecondaryIndexes.0.KeySchema.0.AttributeName", STRINGS),
        ("GlobalSecondaryIndexes.0.ProvisionedThroughput", fields("ProvisionedThroughput")),
        ("GlobalSecondaryIndexes.0.ProvisionedThroughput.ReadCapacityUnits", LONGS),
        ("StreamSpecification", fields("StreamSpecification")),
        ("StreamSpecification.StreamEnabled", BOOLEANS),
        ("DeletionProtectionEnabled", BOOLEANS),
    ]

    @pytest.mark.parametrize("path, wrongs", PLACES, ids=[path for path, _ in PLACES])
    def test_wrong_type(self, raw, path, wrongs):
        for wrong, message in wrongs:
            body = wrong
            for step in reversed(path.split(".")):
                body = [body] if step == "0" else {step: body}
            assert_error(raw("CreateTable", body), "SerializationException", message)

    def test_types_come_before_everything_else(self, raw):
        assert_error(
            raw("CreateTable", {"TableName": "a", "KeySchema": 1}), "SerializationException", "Unexpected field type"
        )

    def test_null_is_absent_and_unknown_members_are_ignored(self, raw):
        body = request(BillingMode="NOPE") | {
            "GlobalSecondaryIndexes": None,
            "LocalSecondaryIndexes": None,
            "Woof": {"x": [1]},
        }
        assert_constraints(
            raw("CreateTable", body),
            "Value 'NOPE' at 'billingMode': Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]",
        )
