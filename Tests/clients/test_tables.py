"""DescribeTable, ListTables, DeleteTable, DescribeLimits, DescribeEndpoints: answers and errors."""

import concurrent.futures

import botocore.exceptions
import pytest

from support import ACCOUNT, BEIJING, assert_constraints, assert_error, eventually, expect_error
from tables import NAME_PATTERN, gsi, hash_key, range_key, request, strings


class TestDescribeTable:
    def test_no_such_table(self, raw):
        assert_error(
            raw("DescribeTable", {"TableName": "no-such-table"}),
            "ResourceNotFoundException",
            "Requested resource not found: Table: no-such-table not found",
        )

    @pytest.mark.parametrize("operation", ["DescribeTable", "DeleteTable", "UpdateTable"])
    def test_names(self, raw, operation):
        assert_error(
            raw(operation, {}),
            "ValidationException",
            "The parameter 'TableName' is required but was not present in the request",
        )
        assert_constraints(raw(operation, {"TableName": "abc;"}), f"Value 'abc;' at 'tableName': {NAME_PATTERN}")
        assert_error(
            raw(operation, {"TableName": 1}), "SerializationException", "NUMBER_VALUE cannot be converted to String"
        )

    def test_a_name_may_be_an_arn(self, raw, make_table):
        name = make_table()
        arn = f"arn:aws-cn:dynamodb:{BEIJING}:{ACCOUNT}:table/{name}"
        assert raw("DescribeTable", {"TableName": arn}).json["Table"]["TableName"] == name

    def test_a_missing_tables_arn_is_told_as_a_name(self, raw):
        arn = f"arn:aws-cn:dynamodb:{BEIJING}:{ACCOUNT}:table/no-such-table"
        assert_error(
            raw("DescribeTable", {"TableName": arn}),
            "ResourceNotFoundException",
            "Requested resource not found: Table: no-such-table not found",
        )

    def test_another_regions_arn(self, raw):
        arn = f"arn:aws-cn:dynamodb:cn-northwest-1:{ACCOUNT}:table/no-such-table"
        assert_error(
            raw("DescribeTable", {"TableName": arn}),
            "ValidationException",
            f"1 validation error detected: Invalid AWS region in '{arn}'",
        )

    def test_data_operations_know_only_that_something_is_missing(self, raw):
        body = {"TableName": "no-such-table", "Key": {"a": {"S": "x"}}}
        assert_error(raw("GetItem", body), "ResourceNotFoundException", "Requested resource not found")

    def test_data_operations_allow_a_name_of_one_character(self, raw):
        body = {"TableName": "x", "Key": {"a": {"S": "x"}}}
        assert_error(raw("GetItem", body), "ResourceNotFoundException", "Requested resource not found")

    def test_data_operations_check_the_name(self, raw):
        key = {"Key": {"a": {"S": "x"}}}
        assert_constraints(raw("GetItem", key), "Value null at 'tableName': Member must not be null")
        assert_constraints(
            raw("GetItem", {"TableName": "", **key}),
            "Value '' at 'tableName': Member must have length greater than or equal to 1",
        )
        assert_constraints(
            raw("GetItem", {"TableName": "bad table!@#", **key}), f"Value 'bad table!@#' at 'tableName': {NAME_PATTERN}"
        )
        assert_constraints(
            raw("GetItem", {"TableName": "a" * 256, **key}),
            f"Value '{'a' * 256}' at 'tableName': Member must have length less than or equal to 255",
        )

    def test_a_recreated_table_has_a_new_id_and_the_same_arn(self, dynamodb, make_table, remove_table, table_name):
        make_table(TableName=table_name)
        first = dynamodb.describe_table(TableName=table_name)["Table"]
        remove_table(table_name)
        make_table(TableName=table_name)
        second = dynamodb.describe_table(TableName=table_name)["Table"]
        assert first["TableArn"] == second["TableArn"]
        assert first["TableId"] != second["TableId"]


class TestListTables:
    @pytest.fixture(scope="class")
    def own(self, _tables):
        """Tables of an account of their own, so that nobody else's are listed."""
        account = "210987654321"
        names = ["Zebra", "aardvark", "ab-c", "ab.c", "ab0", "bee"]
        for name in names:
            _tables(BEIJING, account, TableName=name)
        yield account, sorted(names)
        for name in names:
            _tables.remove(name, BEIJING, account)

    def test_byte_order(self, raw, own):
        account, names = own
        assert names[0] == "Zebra"
        assert raw("ListTables", {}, access_key=account).json == {"TableNames": names}

    @pytest.mark.parametrize("limit", [1, 2, 4, 5])
    def test_pages(self, raw, own, limit):
        account, names = own
        seen, body = [], {"Limit": limit}
        while True:
            page = raw("ListTables", body, access_key=account).json
            assert 1 <= len(page["TableNames"]) <= limit
            seen += page["TableNames"]
            if "LastEvaluatedTableName" not in page:
                break
            assert page["LastEvaluatedTableName"] == page["TableNames"][-1]
            body["ExclusiveStartTableName"] = page["LastEvaluatedTableName"]
        assert seen == names

    def test_a_limit_that_just_fits_ends(self, raw, own):
        account, names = own
        assert raw("ListTables", {"Limit": len(names)}, access_key=account).json == {"TableNames": names}

    @pytest.mark.parametrize("start, index", [("aaa", 1), ("ab-c", 3), ("zzz", 6), ("Yak", 0)])
    def test_the_start_need_not_exist(self, raw, own, start, index):
        account, names = own
        answer = raw("ListTables", {"ExclusiveStartTableName": start}, access_key=account).json
        assert answer == {"TableNames": names[index:]}

    def test_an_account_without_tables(self, raw):
        assert raw("ListTables", {}, access_key="999988887777").json == {"TableNames": []}

    def test_errors(self, raw):
        assert_constraints(
            raw("ListTables", {"Limit": 101}),
            "Value '101' at 'limit': Member must have value less than or equal to 100",
        )
        assert_constraints(
            raw("ListTables", {"Limit": 0}), "Value '0' at 'limit': Member must have value greater than or equal to 1"
        )
        assert_constraints(
            raw("ListTables", {"ExclusiveStartTableName": "a;"}),
            f"Value 'a;' at 'exclusiveStartTableName': {NAME_PATTERN}",
            "Value 'a;' at 'exclusiveStartTableName': Member must have length greater than or equal to 3",
        )
        assert_error(
            raw("ListTables", {"Limit": "1"}), "SerializationException", "STRING_VALUE cannot be converted to Integer"
        )
        assert_error(
            raw("ListTables", {"ExclusiveStartTableName": []}),
            "SerializationException",
            "Unrecognized collection type class java.lang.String",
        )


class TestDeleteTable:
    def test_the_answer_and_the_end(self, raw, dynamodb, make_table):
        name = make_table(
            KeySchema=[hash_key("a"), range_key("b")],
            AttributeDefinitions=strings("a", "b"),
            LocalSecondaryIndexes=[gsi("local", hash_key("a"), range_key("b"))],
            GlobalSecondaryIndexes=[gsi("global", hash_key("b"))],
        )
        table = raw("DeleteTable", {"TableName": name}).json["TableDescription"]
        assert table["TableName"] == name
        assert table["TableStatus"] == "DELETING"
        # Alternator's test_delete_table_description, seen on AWS: the schema and the indexes are gone from it.
        assert not {"KeySchema", "AttributeDefinitions", "CreationDateTime"} & set(table)
        assert not {"GlobalSecondaryIndexes", "LocalSecondaryIndexes"} & set(table)
        assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        assert "LastUpdateToPayPerRequestDateTime" in table["BillingModeSummary"]
        assert {"TableArn", "TableId", "ProvisionedThroughput", "ItemCount", "TableSizeBytes"} <= set(table)
        assert table["DeletionProtectionEnabled"] is False

        def gone():
            reply = raw("DescribeTable", {"TableName": name})
            if reply.status == 200:
                assert reply.json["Table"]["TableStatus"] == "DELETING"
                return False
            assert_error(reply, "ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")
            return True

        eventually(gone)
        assert name not in dynamodb.list_tables()["TableNames"]

    def test_no_such_table(self, raw):
        assert_error(
            raw("DeleteTable", {"TableName": "no-such-table"}),
            "ResourceNotFoundException",
            "Requested resource not found: Table: no-such-table not found",
        )

    def test_twice(self, raw, make_table):
        name = make_table()
        assert raw("DeleteTable", {"TableName": name}).status == 200
        reply = raw("DeleteTable", {"TableName": name})
        if reply.type.endswith("#ResourceInUseException"):
            message = f"Attempt to change a resource which is still in use: Table is being deleted: {name}"
            assert_error(reply, "ResourceInUseException", message)
        else:
            assert_error(reply, "ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")

    def test_a_protected_table_stays(self, dynamodb, make_table):
        name = make_table(DeletionProtectionEnabled=True)
        message = "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
        with expect_error("ValidationException", message):
            dynamodb.delete_table(TableName=name)
        assert dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE"

    def test_the_items_are_gone_when_it_is_made_again(self, dynamodb, make_table, remove_table, table_name):
        make_table(TableName=table_name)
        dynamodb.put_item(TableName=table_name, Item={"pk": {"S": "x"}})
        remove_table(table_name)
        make_table(TableName=table_name)
        assert dynamodb.scan(TableName=table_name)["Count"] == 0

    def test_create_and_delete_race(self, dynamodb, table_name):
        """Only AWS's three codes may come of it (Alternator's test_concurrent_create_and_delete_table)."""

        def attempt(work):
            codes = set()
            for _ in range(20):
                try:
                    work()
                except botocore.exceptions.ClientError as error:
                    codes.add(error.response["Error"]["Code"])
            return codes

        client = dynamodb()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            creates = pool.submit(attempt, lambda: client.create_table(**request(TableName=table_name)))
            deletes = pool.submit(attempt, lambda: client.delete_table(TableName=table_name))
            assert creates.result() <= {"ResourceInUseException"}
            assert deletes.result() <= {"ResourceInUseException", "ResourceNotFoundException"}

        def gone():
            try:
                client.delete_table(TableName=table_name)
            except botocore.exceptions.ClientError as error:
                return error.response["Error"]["Code"] == "ResourceNotFoundException"

        eventually(gone)


class TestAccount:
    def test_describe_limits(self, raw):
        assert raw("DescribeLimits", {}).json == {
            "AccountMaxReadCapacityUnits": 80000,
            "AccountMaxWriteCapacityUnits": 80000,
            "TableMaxReadCapacityUnits": 40000,
            "TableMaxWriteCapacityUnits": 40000,
        }

    def test_describe_endpoints(self, raw, server):
        # Documented reading: an emulator names itself, so that endpoint discovery comes back to it (as Alternator does).
        (endpoint,) = raw("DescribeEndpoints", {}).json["Endpoints"]
        assert endpoint["CachePeriodInMinutes"] == 1440
        assert endpoint["Address"] == f"{server.host}:{server.port}"
