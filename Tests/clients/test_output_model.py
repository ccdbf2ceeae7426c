"""The check that every answer in this suite goes through finds what does not belong."""

import http.server
import json
import threading

import pytest

from support import make_client

TABLE = {"TableName": "t", "TableStatus": "ACTIVE", "ItemCount": 0, "CreationDateTime": 1.5}


@pytest.mark.parametrize(
    "answer, mistake",
    [
        ({"Table": TABLE}, None),
        ({"Table": TABLE, "More": 1}, "the model has no member More"),
        ({"Table": {**TABLE, "ItemCount": "0"}}, "'0' is no long"),
        ({"Table": {**TABLE, "TableStatus": "READY"}}, "'READY' is none of"),
        ({"Table": {**TABLE, "CreationDateTime": "today"}}, "'today' is no timestamp"),
        ({"Table": {**TABLE, "KeySchema": [{"AttributeName": "a"}]}}, "KeyType is required"),
    ],
)
def test_an_answer_that_is_not_the_models_is_found(answer, mistake):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            dynamodb = make_client("dynamodb", f"http://127.0.0.1:{server.server_port}")
            if mistake is None:
                assert dynamodb.describe_table(TableName="t")["Table"]["TableName"] == "t"
            else:
                with pytest.raises(AssertionError, match=mistake):
                    dynamodb.describe_table(TableName="t")
        finally:
            server.shutdown()
