"""HTTP itself: connections, pieces, pipelines, limits, and many clients at once."""

import concurrent.futures
import http.client
import json
import socket
import zlib

import pytest

from support import BEIJING, qualified, signed_headers
from tables import request


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

    def test_http_1_0(self, server):
        old = self.message(server).replace(b"HTTP/1.1", b"HTTP/1.0", 1)
        kept = old.replace(b"\r\n", b"\r\nConnection: keep-alive\r\n", 1)
        with socket.create_connection((server.host, server.port), timeout=60) as sock:
            sock.sendall(kept)
            ((status, headers, _),) = self.read_responses(sock, 1)
            assert (status, headers["Connection"]) == (200, "keep-alive")
            sock.sendall(old)
            ((status, headers, _),) = self.read_responses(sock, 1)
            assert (status, headers["Connection"]) == (200, "close")
            assert sock.recv(1) == b""

    def test_who_expects_to_go_on_is_told_when_it_is_too_much(self, server):
        head = self.message(server, body=b"").split(b"\r\n\r\n", 1)[0]
        head = head.replace(b"Content-Length: 0", b"Content-Length: %d" % (self.LIMIT + 1))
        with socket.create_connection((server.host, server.port), timeout=60) as sock:
            sock.sendall(head + b"\r\nExpect: 100-continue\r\n\r\n")
            ((status, headers, _),) = self.read_responses(sock, 1)
            assert (status, headers["Connection"]) == (413, "close")

    def test_chunks_that_are_too_much(self, server, raw):
        head = self.message(server, body=b"").split(b"\r\n\r\n", 1)[0]
        head = head.replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        with socket.create_connection((server.host, server.port), timeout=60) as sock:
            sock.sendall(head + b"\r\n\r\n%x\r\n" % (self.LIMIT + 1))
            sock.sendall(b" " * (self.LIMIT + 1) + b"\r\n0\r\n\r\n")
            ((status, _, _),) = self.read_responses(sock, 1)
            assert status == 413
        assert raw("ListTables").status == 200

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
