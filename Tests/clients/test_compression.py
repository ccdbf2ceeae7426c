"""Bodies that are compressed on their way: requests with Content-Encoding, answers to Accept-Encoding.

Sources: ScyllaDB's test/alternator/test_compressed_request.py and test_compressed_response.py, recorded from AWS; its
test_crc.py for the checksum.
"""

import gzip
import json
import zlib

import pytest

from dataplane import S
from support import assert_crc, assert_error

CODECS = {"gzip": (gzip.compress, gzip.decompress), "deflate": (zlib.compress, zlib.decompress)}
THRESHOLD = 4096


@pytest.fixture(scope="module")
def table(make_module_table):
    return make_module_table()


def put(raw, table, key, body=None, *, encoding, compress=None, **more):
    item = {"pk": S(key), **more}
    plain = json.dumps({"TableName": table, "Item": item}).encode()
    body = (compress or (lambda body: body))(plain) if body is None else body
    return raw("PutItem", body, headers={"Content-Encoding": encoding})


def item(dynamodb, table, key):
    return dynamodb.get_item(TableName=table, Key={"pk": S(key)}, ConsistentRead=True).get("Item")


class TestRequests:
    @pytest.mark.parametrize("encoding", CODECS)
    @pytest.mark.parametrize("size", [1, 10_000, 300_000])
    def test_a_compressed_request_is_done(self, raw, dynamodb, table, encoding, size):
        key, value = f"{encoding}-{size}", "".join(chr(97 + n * n % 26) for n in range(size))
        assert put(raw, table, key, encoding=encoding, compress=CODECS[encoding][0], v=S(value)).status == 200
        assert item(dynamodb, table, key) == {"pk": S(key), "v": S(value)}

    def test_boto3_compresses_what_it_sends(self, dynamodb, table):
        client = dynamodb(retries={"total_max_attempts": 1})

        def compress(params, **_):
            params["body"] = gzip.compress(params["body"])
            params["headers"]["Content-Encoding"] = "gzip"

        client.meta.events.register("before-call.dynamodb.*", compress)
        client.put_item(TableName=table, Item={"pk": S("boto3"), "v": S("x" * 10_000)})
        assert item(client, table, "boto3")["v"] == S("x" * 10_000)

    def test_members_of_gzip_are_one_text(self, raw, dynamodb, table):
        def in_two(body):
            return gzip.compress(body[:10]) + gzip.compress(body[10:])

        assert put(raw, table, "members", encoding="gzip", compress=in_two).status == 200
        assert item(dynamodb, table, "members") == {"pk": S("members")}

    def test_junk_behind_gzip_is_ignored(self, raw, dynamodb, table):
        reply = put(raw, table, "junk", encoding="gzip", compress=lambda body: gzip.compress(body) + b"junk")
        assert reply.status == 200
        assert item(dynamodb, table, "junk") == {"pk": S("junk")}

    def test_two_streams_of_deflate_are_refused(self, raw, dynamodb, table):
        # AWS does not put them together; that what it then reads is no JSON is the documented reading.
        def in_two(body):
            return zlib.compress(body[:10]) + zlib.compress(body[10:])

        assert_error(put(raw, table, "two", encoding="deflate", compress=in_two), "SerializationException", None)
        assert item(dynamodb, table, "two") is None

    @pytest.mark.parametrize(
        "encoding, compress",
        [
            ("garbage", None),
            ("gzip", None),
            ("deflate", None),
            ("gzip", lambda body: gzip.compress(body)[:-1]),
            ("deflate", lambda body: zlib.compress(body)[:-1]),
            ("gzip", lambda body: gzip.compress(body)[:-8] + b"\x00" * 8),
            ("gzip", zlib.compress),
            ("gzip", lambda body: b""),
            ("deflate", lambda body: b""),
        ],
    )
    def test_what_is_not_what_it_says_is_not_done(self, raw, dynamodb, table, encoding, compress):
        # The kind of error is recorded, its words are those of other errors of that kind.
        reply = put(raw, table, "refused", encoding=encoding, compress=compress)
        assert_error(reply, "InternalServerError", "Internal server error", status=500)
        assert item(dynamodb, table, "refused") is None

    @pytest.mark.parametrize("encoding", CODECS)
    def test_a_small_body_may_not_stand_for_more_than_a_plain_one_may_hold(self, raw, encoding):
        compress = CODECS[encoding][0]
        body = b'{"Limit": 1' + b" " * ((16 << 20) - 12) + b"}"
        assert len(body) == 16 << 20
        assert raw("ListTables", compress(body), headers={"Content-Encoding": encoding}).status == 200
        reply = raw("ListTables", compress(b" " + body), headers={"Content-Encoding": encoding})
        assert (reply.status, reply.body) == (413, b"")
        assert raw("ListTables", compress(b" " * (100 << 20)), headers={"Content-Encoding": encoding}).status == 413
        assert raw("ListTables").status == 200


class TestAnswers:
    def get(self, raw, table, key, accepted, **members):
        headers = {} if accepted is None else {"Accept-Encoding": accepted}
        return raw("GetItem", {"TableName": table, "Key": {"pk": S(key)}, **members}, headers=headers)

    @pytest.mark.parametrize("encoding", CODECS)
    @pytest.mark.parametrize("size", [THRESHOLD, 390_000])
    def test_a_large_answer_is_compressed_for_who_asks(self, raw, dynamodb, table, encoding, size):
        stored = {"pk": S(f"answer-{size}"), "v": S("x" * size)}
        dynamodb.put_item(TableName=table, Item=stored)
        reply = self.get(raw, table, f"answer-{size}", encoding)
        assert reply.headers["Content-Encoding"] == encoding
        assert reply.headers["Content-Length"] == str(len(reply.body))
        assert_crc(reply)
        assert json.loads(CODECS[encoding][1](reply.body)) == {"Item": stored}
        assert len(reply.body) < size / 30
        for accepted in (None, "identity", "br", ""):
            plain = self.get(raw, table, f"answer-{size}", accepted)
            assert "Content-Encoding" not in plain.headers
            assert plain.json == {"Item": stored}

    def test_4096_bytes_leave_plain(self, raw, dynamodb, table):
        frame = len('{"Item":{"pk":{"S":"edge"},"v":{"S":""}}}')
        for size, encoding in ((THRESHOLD, None), (THRESHOLD + 1, "gzip")):
            dynamodb.put_item(TableName=table, Item={"pk": S("edge"), "v": S("x" * (size - frame))})
            assert len(self.get(raw, table, "edge", None).body) == size
            assert self.get(raw, table, "edge", "gzip").headers["Content-Encoding"] == encoding

    def test_a_page_of_a_megabyte(self, raw, dynamodb, make_table):
        name = make_table()
        for number in range(4):
            dynamodb.put_item(TableName=name, Item={"pk": S(str(number)), "v": S(f"{number}" * 300_000)})
        plain = raw("Scan", {"TableName": name})
        reply = raw("Scan", {"TableName": name}, headers={"Accept-Encoding": "gzip, deflate"})
        assert gzip.decompress(reply.body) == plain.body
        assert_crc(reply)

    def test_boto3_checks_the_checksum_of_what_came(self, dynamodb, table):
        client = dynamodb(retries={"total_max_attempts": 1})
        seen = []

        def ask(params, **_):
            params["headers"]["Accept-Encoding"] = "gzip"

        def expand(response_dict, **_):
            seen.append(response_dict["headers"].get("Content-Encoding"))
            if seen[-1] == "gzip":
                response_dict["body"] = gzip.decompress(response_dict["body"])

        client.meta.events.register("before-call.dynamodb.*", ask)
        client.meta.events.register("before-parse.dynamodb.*", expand)
        client.put_item(TableName=table, Item={"pk": S("parsed"), "v": S("x" * 10_000)})
        assert item(client, table, "parsed")["v"] == S("x" * 10_000)
        assert seen == [None, "gzip"]

    def test_a_large_error_leaves_plain(self, raw, dynamodb, table):
        dynamodb.put_item(TableName=table, Item={"pk": S("error"), "v": S("x" * 10_000)})
        body = {
            "TableName": table,
            "Item": {"pk": S("error")},
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        reply = raw("PutItem", body, headers={"Accept-Encoding": "gzip"})
        assert reply.status == 400 and len(reply.body) > 10_000
        assert "Content-Encoding" not in reply.headers
        assert_crc(reply)
        assert reply.json["Item"]["v"] == S("x" * 10_000)
