"""The HTTP front: errors before any operation, signatures, headers, regions and accounts.

The bodies whose CRC is given are dynalite's test/connection.js's, recorded from AWS.
"""

import http.client
import json
import re

import pytest

from support import (
    ACCOUNT,
    BEIJING,
    GOV_WEST,
    NINGXIA,
    VIRGINIA,
    assert_crc,
    assert_error,
    qualified,
    signed_headers,
)

UNSIGNED = {"sign": False}


class TestBeforeAnyOperation:
    def test_json_that_does_not_parse(self, raw):
        for sign in (True, False):
            reply = raw("ListTables", b"hi", sign=sign)
            assert_error(reply, "SerializationException", None)
            assert reply.headers["x-amz-crc32"] == "3948637019"
            assert reply.headers["Content-Type"] == "application/x-amz-json-1.0"

    @pytest.mark.parametrize(
        "body",
        [
            "}}}",
            "}{",
            "7",
            '"x"',
            "[]",
            "{7}",
            '{"":}',
            '{"a":1,}',
            '{"a" 1}',
            "{3: {}}",
            "{,}",
            '{"TableName": "x"',
            "{{{",
            "nul",
        ],
    )
    def test_what_is_not_a_json_object(self, raw, body):
        # For JSON other than an object: documented reading.
        assert_error(raw("DescribeTable", body), "SerializationException", None)

    def test_an_empty_body_is_refused(self, raw):
        # As what, was not seen; the server goes on.
        assert raw("DescribeTable", b"").status == 400
        assert raw("ListTables").status == 200

    def test_every_prefix_of_a_body(self, raw):
        body = json.dumps({"TableName": "abc", "Item": {"pk": {"S": 'x\u00e9\\"'}}})
        for length in range(1, len(body)):
            assert_error(raw("PutItem", body[:length]), "SerializationException", None)

    def test_deep_nesting_does_no_harm(self, raw):
        for body in ("{" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000, "[" * 100_000):
            reply = raw("PutItem", body)
            assert reply.status == 400
            assert reply.type.endswith(("#SerializationException", "#ValidationException"))
        assert raw("ListTables").status == 200

    def test_bytes_that_are_not_utf8(self, raw):
        reply = raw("DescribeTable", b'{"TableName": "\xff\xfe\xfd"}')
        assert reply.status == 400, reply.text
        assert raw("ListTables").status == 200

    @pytest.mark.parametrize(
        "target",
        [None, "whatever", "DynamoDB_20120810.ListTable", "DynamoDB_20111205.ListTables", "DynamoDB_20120810."],
    )
    def test_unknown_operations(self, raw, target):
        for sign in (True, False):
            reply = raw(target, b"{}", headers={} if target else {"X-Amz-Target": None}, sign=sign)
            assert_error(reply, "UnknownOperationException", None)
            assert reply.headers["x-amz-crc32"] == "1368724161"

    def test_streams_and_tables_have_targets_of_their_own(self, raw):
        assert_error(raw("DynamoDBStreams_20120810.ListTables"), "UnknownOperationException", None)
        assert_error(raw("DynamoDB_20120810.ListStreams"), "UnknownOperationException", None)

    def test_no_signature(self, raw):
        message = "Request is missing Authentication Token"
        for headers in ({}, {"Authorization": "AWS4"}):
            reply = raw("ListTables", b"{}", headers=headers, **UNSIGNED)
            assert_error(reply, "MissingAuthenticationTokenException", message)
            assert reply.headers["x-amz-crc32"] == "2088342776"

    def test_an_incomplete_signature(self, raw):
        reply = raw("ListTables", b"{}", headers={"Authorization": "AWS4-"}, **UNSIGNED)
        message = (
            "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. "
            "Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either "
            "a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-"
        )
        assert_error(reply, "IncompleteSignatureException", message)
        assert reply.headers["x-amz-crc32"] == "1828866742"

    CREDENTIAL = "Credential=AKIDEXAMPLE/20261122/cn-north-1/dynamodb/aws4_request"
    DATE = "a 'X-Amz-Date' or a 'Date' header"

    @pytest.mark.parametrize(
        "header, lacking",
        [
            ("AWS4-HMAC-SHA256", ["Credential", "Signature", "SignedHeaders"]),
            (f"AWS4-HMAC-SHA256 {CREDENTIAL}", ["Signature", "SignedHeaders"]),
            (f"AWS4-HMAC-SHA256 {CREDENTIAL}, SignedHeaders=host", ["Signature"]),
            (f"AWS4-HMAC-SHA256 {CREDENTIAL}, SignedHeaders=host, Signature=", ["Signature"]),
            ("AWS4-HMAC-SHA256 SignedHeaders=host Signature=a", ["Credential"]),
            (f"AWS4-HMAC-SHA256 {CREDENTIAL},Signature=a,SignedHeaders=host", []),
        ],
    )
    def test_what_a_signature_lacks_is_named(self, raw, header, lacking):
        needed = "".join(f"Authorization header requires '{name}' parameter. " for name in lacking)
        dated = {"Authorization": header, "X-Amz-Date": "20261122T172615Z"}
        if lacking:
            reply = raw("ListTables", b"{}", headers=dated, **UNSIGNED)
            assert_error(reply, "IncompleteSignatureException", f"{needed}Authorization={header}")
        else:
            assert raw("ListTables", b"{}", headers=dated, **UNSIGNED).status == 200
        reply = raw("ListTables", b"{}", headers={"Authorization": header}, **UNSIGNED)
        needed += f"Authorization header requires existence of either {self.DATE}. "
        assert_error(reply, "IncompleteSignatureException", f"{needed}Authorization={header}")

    @pytest.mark.parametrize("credential", ["x", "AKID/20261122/cn-north-1/dynamodb", "a/b/c/d/e/f"])
    def test_a_credential_has_five_elements(self, raw, credential):
        header = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=a"
        headers = {"Authorization": header, "Date": "Sun, 22 Nov 2026 17:26:15 GMT"}
        message = (
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{credential}'"
        )
        assert_error(raw("ListTables", b"{}", headers=headers, **UNSIGNED), "IncompleteSignatureException", message)

    def test_a_signature_in_the_query(self, raw):
        query = (
            "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20261122T172615Z&X-Amz-SignedHeaders=host&X-Amz-Signature=a"
            "&X-Amz-Credential=AKIDEXAMPLE%2F20261122%2Fcn-north-1%2Fdynamodb%2Faws4_request"
        )
        assert raw("ListTables", path=query, **UNSIGNED).status == 200
        reply = raw("ListTables", path="/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=x", **UNSIGNED)
        lacking = ["X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders"]
        needed = "".join(f"AWS query-string parameters must include '{name}'. " for name in lacking)
        message = needed + "Re-examine the query-string parameters."
        assert_error(reply, "IncompleteSignatureException", message)
        message = "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
        assert_error(raw("ListTables", path=query), "InvalidSignatureException", message)

    def test_unknown_members_are_ignored(self, raw):
        reply = raw("ListTables", {"Limit": 1, "Unknown": {"a": [1, None]}, "limit": "x", "": 0})
        assert reply.status == 200

    def test_the_order(self, raw):
        """JSON, then the operation, then the signature, then types, then constraints."""
        assert_error(raw("Nonsense", b"hi", **UNSIGNED), "SerializationException", None)
        assert_error(raw("Nonsense", b"{}", **UNSIGNED), "UnknownOperationException", None)
        reply = raw("ListTables", {"Limit": "x"}, **UNSIGNED)
        assert_error(reply, "MissingAuthenticationTokenException", "Request is missing Authentication Token")
        reply = raw("ListTables", {"Limit": "x", "ExclusiveStartTableName": "a"})
        assert_error(reply, "SerializationException", "STRING_VALUE cannot be converted to Integer")


class TestOtherRequests:
    def test_get_says_healthy(self, raw):
        reply = raw(None, b"", headers={"Content-Type": None}, method="GET", **UNSIGNED)
        assert reply.status == 200
        # AWS: "healthy: dynamodb.us-east-1.amazonaws.com " with the blank; the host here is the server's own affair.
        assert reply.text.startswith("healthy: ")
        assert_crc(reply)

    def test_head(self, raw):
        reply = raw(None, b"", headers={"Content-Type": None}, method="HEAD", **UNSIGNED)
        assert reply.status == 200
        assert reply.body == b""
        assert reply.headers["Content-Length"] == "42"

    def test_health_is_at_the_root_alone(self, raw):
        # ScyllaDB's test/alternator/test_health.py and issue 26079, recorded from AWS.
        for path, status in (("/", 200), ("/health", 200), ("/abc", 404), ("/index.htm", 404)):
            for method in ("GET", "HEAD"):
                reply = raw(None, b"", headers={"Content-Type": None}, method=method, path=path, **UNSIGNED)
                assert reply.status == status

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
    def test_other_methods(self, raw, method):
        self.assert_unknown(raw(None, b"{}", method=method, **UNSIGNED))

    @pytest.mark.parametrize("content_type", [None, "whatever", "text/plain"])
    def test_foreign_content_types(self, raw, content_type):
        self.assert_unknown(raw("ListTables", b"{}", headers={"Content-Type": content_type}, **UNSIGNED))

    @pytest.mark.parametrize("parameters", ["", "; charset=utf-8"])
    def test_the_type_of_other_services(self, raw, parameters):
        # AWS has a page for it: rusoto issue 215, api-gateway-aws issue 14, taws issue 165; its bytes are dynalite's.
        for sign in (True, False):
            for target, body in (("ListTables", b"{}"), ("Nonsense", b"hi")):
                content_type = "application/x-amz-json-1.1" + parameters
                reply = raw(target, body, headers={"Content-Type": content_type}, sign=sign)
                assert reply.status == 404
                assert reply.text.startswith("<!DOCTYPE html PUBLIC")
                assert "<title>Page Not Found</title>" in reply.text
                assert (len(reply.body), reply.headers["x-amz-crc32"]) == (272, "2548615100")
                assert_crc(reply)
                assert re.fullmatch(r"[0-9A-Z]{52}", reply.headers["x-amzn-RequestId"])

    @staticmethod
    def assert_unknown(reply):
        assert reply.status == 404
        assert reply.body == b"<UnknownOperationException/>\n"
        assert reply.headers["x-amz-crc32"] == "3552371480"

    def test_a_preflight_of_a_browser(self, raw):
        headers = {
            "Origin": "http://localhost:3000",
            "Access-Control-Request-Headers": "content-type,x-amz-target",
            "Access-Control-Request-Method": "POST",
            "Content-Type": None,
        }
        reply = raw(None, b"", headers=headers, method="OPTIONS", **UNSIGNED)
        assert (reply.status, reply.body) == (200, b"")
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert reply.headers["Access-Control-Max-Age"] == "172800"
        assert reply.headers["Access-Control-Allow-Headers"] == "content-type,x-amz-target"
        assert reply.headers["Access-Control-Allow-Methods"] == "POST"
        assert reply.headers["Access-Control-Expose-Headers"] == self.EXPOSED

    # ScyllaDB's alternator/server.cc: "the list that DynamoDB returns".
    EXPOSED = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"

    def test_an_origin_is_allowed(self, raw):
        for target in ("ListTables", "Nonsense"):
            reply = raw(target, headers={"Origin": "http://localhost:3000"})
            assert reply.headers["Access-Control-Allow-Origin"] == "*"
            assert reply.headers["Access-Control-Expose-Headers"] == self.EXPOSED
            assert "Access-Control-Max-Age" not in reply.headers
            assert "Access-Control-Allow-Origin" not in raw(target).headers


class TestHeaders:
    def test_of_an_answer(self, raw):
        reply = raw("ListTables")
        assert reply.status == 200
        assert_crc(reply)
        assert reply.headers["Content-Type"] == "application/x-amz-json-1.0"
        assert reply.headers["Content-Length"] == str(len(reply.body))
        assert re.fullmatch(r"[0-9A-Z]{52}", reply.headers["x-amzn-RequestId"])

    def test_of_an_error(self, raw):
        reply = raw("DescribeTable", {"TableName": "no-such-table"})
        assert reply.status == 400
        assert_crc(reply)
        assert reply.headers["Content-Type"] == "application/x-amz-json-1.0"
        assert re.fullmatch(r"[0-9A-Z]{52}", reply.headers["x-amzn-RequestId"])

    def test_request_ids_differ(self, raw):
        assert len({raw("ListTables").headers["x-amzn-RequestId"] for _ in range(10)}) == 10

    def test_the_content_type_is_the_requests(self, raw):
        reply = raw("ListTables", headers={"Content-Type": "application/json"})
        assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
        assert (
            raw("Nonsense", headers={"Content-Type": "application/json"}).headers["Content-Type"] == "application/json"
        )

    def test_header_names_in_any_case(self, server):
        headers = {"x-AMZ-tArGeT": qualified("ListTables"), "cOnTeNt-TyPe": "application/x-amz-json-1.0"}
        headers = signed_headers(server.url + "/", b"{}", headers, BEIJING, "AKIDEXAMPLE")
        headers = {name.swapcase(): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(server.host, server.port, timeout=30)
        connection.request("POST", "/", b"{}", headers)
        assert connection.getresponse().status == 200
        connection.close()


class TestRegionsAndAccounts:
    @pytest.mark.parametrize(
        "region, partition",
        [
            (BEIJING, "aws-cn"),
            (NINGXIA, "aws-cn"),
            (GOV_WEST, "aws-us-gov"),
            ("us-gov-east-1", "aws-us-gov"),
            (VIRGINIA, "aws"),
            ("eu-central-1", "aws"),
        ],
    )
    def test_partitions(self, dynamodb, make_table, region, partition):
        name = make_table(region, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
        table = dynamodb(region).describe_table(TableName=name)["Table"]
        assert table["TableArn"] == f"arn:{partition}:dynamodb:{region}:{ACCOUNT}:table/{name}"
        assert table["LatestStreamArn"].startswith(table["TableArn"] + "/stream/")

    def test_regions_share_nothing(self, dynamodb, make_table, table_name, expect_error):
        make_table(BEIJING, TableName=table_name)
        message = f"Requested resource not found: Table: {table_name} not found"
        with expect_error("ResourceNotFoundException", message):
            dynamodb(NINGXIA).describe_table(TableName=table_name)
        make_table(NINGXIA, TableName=table_name)
        dynamodb(BEIJING).put_item(TableName=table_name, Item={"pk": {"S": "Beijing"}})
        dynamodb(NINGXIA).put_item(TableName=table_name, Item={"pk": {"S": "Ningxia"}})
        for region, city in ((BEIJING, "Beijing"), (NINGXIA, "Ningxia")):
            assert dynamodb(region).scan(TableName=table_name)["Items"] == [{"pk": {"S": city}}]

    def test_accounts_share_nothing(self, dynamodb, make_table, table_name):
        """An access key id of twelve digits is an account; any other means the server's own."""
        for account in (ACCOUNT, "111111111111", "222222222222"):
            make_table(access_key=account, TableName=table_name)
            table = dynamodb(BEIJING, account).describe_table(TableName=table_name)["Table"]
            assert table["TableArn"].split(":")[4] == account
            dynamodb(BEIJING, account).put_item(TableName=table_name, Item={"pk": {"S": account}})
        for account in ("111111111111", "222222222222"):
            assert dynamodb(BEIJING, account).scan(TableName=table_name)["Items"] == [{"pk": {"S": account}}]
        assert dynamodb(BEIJING, "AKIAIOSFODNN7EXAMPLE").scan(TableName=table_name)["Items"] == [{"pk": {"S": ACCOUNT}}]

    def test_the_region_of_the_signature_counts_not_the_host(self, raw):
        assert raw("ListTables", headers={"Host": "dynamodb.eu-west-1.amazonaws.com"}, region=BEIJING).status == 200
