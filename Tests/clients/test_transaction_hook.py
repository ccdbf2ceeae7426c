"""Collisions made on purpose through /_dyad/transactions, so that an application's retries can be tried out."""

import http.client
import json
import os

import pytest

from dataplane import N, S
from serving import client, make_table, running
from support import BEIJING, NINGXIA, expect_error

pytestmark = pytest.mark.skipif(bool(os.environ.get("DYAD_ENDPOINT")), reason="a foreign endpoint is tested")

ONGOING = "Transaction is ongoing for the item"


@pytest.fixture(scope="module")
def server():
    with running("--port", "0") as server:
        for region in (BEIJING, NINGXIA):
            make_table(client(server, region), "orders")
        yield server


def ask(server, method="GET", order=None):
    connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
    try:
        body = None if order is None else json.dumps(order)
        connection.request(method, "/_dyad/transactions", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


@pytest.fixture
def holding(server):
    yield lambda **order: ask(server, "POST", order)
    assert ask(server, "POST", {"heldItems": [], "tokensInProgress": []})[0] == 200


def held(key, region=BEIJING):
    return {"region": region, "tableName": "orders", "key": {"pk": S(key)}}


def test_a_held_item_conflicts_and_is_free_again(server, holding):
    dynamodb = client(server)
    status, answer = holding(heldItems=[held("a")])
    assert status == 200
    assert answer == {"heldItems": [{**held("a"), "account": "123456789012"}], "tokensInProgress": []}
    assert ask(server) == (200, answer)
    with expect_error("TransactionConflictException", ONGOING):
        dynamodb.put_item(TableName="orders", Item={"pk": S("a")})
    dynamodb.put_item(TableName="orders", Item={"pk": S("b")})
    assert "Item" not in dynamodb.get_item(TableName="orders", Key={"pk": S("a")})
    client(server, NINGXIA).put_item(TableName="orders", Item={"pk": S("a")})
    assert holding(heldItems=[])[0] == 200
    dynamodb.put_item(TableName="orders", Item={"pk": S("a")})


def test_a_transaction_is_cancelled_with_its_reason(server, holding):
    dynamodb = client(server)
    holding(heldItems=[held("d")])
    puts = [{"Put": {"TableName": "orders", "Item": {"pk": S(key)}}} for key in ("c", "d")]
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as caught:
        dynamodb.transact_write_items(TransactItems=puts)
    assert caught.value.response["CancellationReasons"] == [
        {"Code": "None"},
        {"Code": "TransactionConflict", "Message": ONGOING},
    ]
    assert "Item" not in dynamodb.get_item(TableName="orders", Key={"pk": S("c")})


def test_a_batch_leaves_it_unprocessed(server, holding):
    dynamodb = client(server)
    holding(heldItems=[held("f")])
    requests = [
        {"PutRequest": {"Item": {"pk": S("e"), "n": N("1")}}},
        {"DeleteRequest": {"Key": {"pk": S("f")}}},
    ]
    answer = dynamodb.batch_write_item(RequestItems={"orders": requests})
    assert answer["UnprocessedItems"] == {"orders": requests[1:]}
    assert dynamodb.get_item(TableName="orders", Key={"pk": S("e")})["Item"]["n"] == N("1")


def test_a_token_is_under_way(server, holding):
    dynamodb = client(server)
    holding(tokensInProgress=["busy"])
    put = {"TransactItems": [{"Put": {"TableName": "orders", "Item": {"pk": S("g")}}}]}
    with expect_error("TransactionInProgressException", "Transaction from previous request is still in progress"):
        dynamodb.transact_write_items(**put, ClientRequestToken="busy")
    dynamodb.transact_write_items(**put, ClientRequestToken="free")


@pytest.mark.parametrize(
    "order, message",
    [
        ({}, "give heldItems, tokensInProgress or both"),
        ([], "the body is not a JSON object"),
        ({"hold": []}, "there is no 'hold', only heldItems and tokensInProgress"),
        ({"heldItems": {}}, "heldItems is a list"),
        ({"heldItems": [1]}, "a held item is an object"),
        ({"heldItems": [{"region": BEIJING}]}, "a held item has region, tableName and key"),
        ({"heldItems": [{**held("a"), "region": "no region"}]}, "'no region' is no region"),
        ({"heldItems": [{**held("a"), "account": "1"}]}, "an account is twelve digits"),
        ({"heldItems": [{**held("a"), "tableName": 1}]}, "tableName is a string"),
        ({"heldItems": [{**held("a"), "more": 1}]}, "a held item has no 'more', only region, account, tableName and key"),
        ({"tokensInProgress": [1]}, "a token is a string"),
        ({"tokensInProgress": ["t"] * 1001}, "tokensInProgress has 1000 elements at most"),
    ],
)
def test_what_cannot_be_read_is_refused_and_changes_nothing(server, order, message):
    before = ask(server)
    assert ask(server, "POST", order) == (400, {"message": message})
    assert ask(server) == before


def test_a_key_that_is_no_item_is_refused(server):
    status, answer = ask(server, "POST", {"heldItems": [{**held("a"), "key": {"pk": "a"}}]})
    assert status == 400 and answer["message"].startswith("key is no item")
