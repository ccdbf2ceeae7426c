"""The HTTP front: errors before any operation, signatures, headers, regions and accounts, and HTTP itself.

The bodies whose CRC is given are dynalite's test/connection.js's, recorded from AWS.
"""

import concurrent.futures
import http.client
import json
import re
import socket
import zlib

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
from tables import request

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

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
    def test_other_methods(self, raw, method):
        self.assert_unknown(raw(None, b"{}", method=method, **UNSIGNED))

    @pytest.mark.parametrize("content_type", [None, "whatever", "text/plain"])
    def test_foreign_content_types(self, raw, content_type):
        self.assert_unknown(raw("ListTables", b"{}", headers={"Content-Type": content_type}, **UNSIGNED))

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

    def test_an_origin_is_allowed(self, raw):
        assert (
            raw("ListTables", headers={"Origin": "http://localhost:3000"}).headers["Access-Control-Allow-Origin"] == "*"
        )
        assert raw("Nonsense", headers={"Origin": "x"}).headers["Access-Control-Allow-Origin"] == "*"


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


class TestHTTP:
    @pytest.fixture
    def connection(self, server):
        connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
        yield connection
        connection.close()

    @staticmethod
    def headers(server, target="ListTables", body=b"{}"):
        sent = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": qualified(target)}
        return signed_headers(server.url + "/", body, sent, BEIJING, "AKIDEXAMPLE")

    def test_one_connection_serves_many_requests(self, server, connection):
        first = None
        for _ in range(100):
            connection.request("POST", "/", b"{}", self.headers(server))
            response = connection.getresponse()
            assert response.status == 200
            response.read()
            first = first or connection.sock
            assert connection.sock is first  # http.client drops it when the server closes

    def test_errors_keep_the_connection(self, server, connection):
        for body, status in ((b"hi", 400), (b"{}", 200), (b'{"Limit": 0}', 400), (b"{}", 200)):
            connection.request("POST", "/", body, self.headers(server, body=body))
            response = connection.getresponse()
            response.read()
            assert response.status == status

    def test_connection_close_is_honoured(self, server, connection):
        connection.request("POST", "/", b"{}", {**self.headers(server), "Connection": "close"})
        response = connection.getresponse()
        assert response.status == 200
        response.read()
        assert response.isclosed() and connection.sock is None

    def message(self, server, target="ListTables", body=b"{}"):
        lines = ["POST / HTTP/1.1", f"Host: {server.host}:{server.port}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers(server, target, body).items() if name != "Host"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    @staticmethod
    def read_responses(sock, count):
        stream, replies = sock.makefile("rb"), []
        for _ in range(count):
            status = int(stream.readline().split()[1])
            headers = http.client.parse_headers(stream)
            replies.append((status, headers, stream.read(int(headers["Content-Length"]))))
        return replies

    def test_pipelined_requests_are_answered_in_order(self, server, raw):
        limits = list(range(1, 41))
        sent = b"".join(self.message(server, body=json.dumps({"Limit": 100 + n}).encode()) for n in limits)
        with socket.create_connection((server.host, server.port), timeout=60) as sock:
            sock.sendall(sent)
            for n, (status, headers, body) in zip(limits, self.read_responses(sock, len(limits))):
                assert status == 400
                assert f"Value '{100 + n}' at 'limit'" in body.decode()
                assert headers["x-amz-crc32"] == str(zlib.crc32(body))

    def test_a_request_in_many_pieces(self, server):
        sent = self.message(server)
        with socket.create_connection((server.host, server.port), timeout=60) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for place in range(0, len(sent), 7):
                sock.sendall(sent[place : place + 7])
            ((status, _, _),) = self.read_responses(sock, 1)
        assert status == 200

    def test_a_chunked_body(self, server, connection):
        connection.request(
            "POST",
            "/",
            iter([b"{", b' "Limit"', b": 1}"]),
            self.headers(server, body=b'{ "Limit": 1}'),
            encode_chunked=True,
        )
        assert connection.getresponse().status == 200

    def test_expect_continue(self, server):
        head, body = self.message(server).split(b"\r\n\r\n", 1)
        with socket.create_connection((server.host, server.port), timeout=60) as sock:
            sock.sendall(head + b"\r\nExpect: 100-continue\r\n\r\n")
            stream = sock.makefile("rb")
            assert stream.readline().startswith(b"HTTP/1.1 100")
            assert stream.readline() == b"\r\n"
            sock.sendall(body)
            assert stream.readline().startswith(b"HTTP/1.1 200")

    def test_bytes_that_are_not_http(self, server, raw):
        with socket.create_connection((server.host, server.port), timeout=60) as sock:
            sock.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 not http at all\r\n\r\n")
            answer = sock.recv(65536)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
        assert raw("ListTables").status == 200

    def test_clients_that_go_away(self, server, raw):
        for cut in (10, 100, -1):
            with socket.create_connection((server.host, server.port), timeout=60) as sock:
                sock.sendall(self.message(server)[:cut])
        assert raw("ListTables").status == 200

    LIMIT = 16 << 20

    def test_the_largest_body(self, raw):
        body = b'{"Limit": 1' + b" " * (self.LIMIT - 12) + b"}"
        assert len(body) == self.LIMIT
        assert raw("ListTables", body).status == 200

    def test_a_larger_body(self, server, raw):
        body = b"{" + b" " * (self.LIMIT + 1) + b"}"
        try:
            assert raw("ListTables", body).status == 413
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before it was all sent, which a client that only writes cannot see
        assert raw("ListTables").status == 200


class TestManyClients:
    def test_at_once(self, dynamodb, make_table):
        name = make_table(key={"pk": "S", "sk": "N"})

        def work(worker):
            client = dynamodb()
            for number in range(40):
                key = {"pk": {"S": str(worker)}, "sk": {"N": str(number)}}
                client.put_item(TableName=name, Item={**key, "v": {"S": f"{worker}/{number}"}})
                assert client.get_item(TableName=name, Key=key, ConsistentRead=True)["Item"]["v"] == {
                    "S": f"{worker}/{number}"
                }
            return worker

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            assert sorted(pool.map(work, range(16))) == list(range(16))
        assert dynamodb.scan(TableName=name, Select="COUNT")["Count"] == 640

    def test_counters_lose_nothing(self, dynamodb, make_table):
        name = make_table()
        update = {
            "TableName": name,
            "Key": {"pk": {"S": "counter"}},
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
            "ReturnValues": "UPDATED_NEW",
        }

        def work(_):
            client = dynamodb()
            return [int(client.update_item(**update)["Attributes"]["n"]["N"]) for _ in range(25)]

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            seen = [number for numbers in pool.map(work, range(16)) for number in numbers]
        assert sorted(seen) == list(range(1, 401))

    def test_one_of_many_creates_a_table(self, raw, remove_table, table_name):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda _: raw("CreateTable", request(TableName=table_name)), range(8)))
        assert sorted(reply.status for reply in replies) == [200] + [400] * 7
        assert all(reply.type.endswith("#ResourceInUseException") for reply in replies if reply.status == 400)
        remove_table(table_name)

    def test_a_condition_lets_one_of_many_through(self, raw, make_table):
        name = make_table()
        body = {"TableName": name, "Item": {"pk": {"S": "x"}}, "ConditionExpression": "attribute_not_exists(pk)"}
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda _: raw("PutItem", body), range(8)))
        assert sorted(reply.status for reply in replies) == [200] + [400] * 7

    def test_five_hundred_connections(self, server):
        sockets = [socket.create_connection((server.host, server.port), timeout=60) for _ in range(500)]
        try:
            message = TestHTTP().message(server)
            for sock in sockets:
                sock.sendall(message)
            for sock in sockets:
                ((status, _, _),) = TestHTTP.read_responses(sock, 1)
                assert status == 200
        finally:
            for sock in sockets:
                sock.close()
