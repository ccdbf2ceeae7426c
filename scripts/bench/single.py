"""One item a request, over many connections: GetItem, PutItem without and with an index and a stream, UpdateItem."""

import context
import items
import wrk

TITLE = "one item of 500 bytes a request"
TABLE = context.PREFIX
GROUPS, ITEMS_IN_GROUP = 10, 100
INDEX = [
    {
        "IndexName": "by-group",
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
]
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
LOADS = (
    wrk.Load("GetItem", "GetItem", items.gets(TABLE)),
    wrk.Load("PutItem", "PutItem", items.puts(TABLE)),
    wrk.Load("PutItem, one index", "PutItem", items.puts(f"{TABLE}-index", with_group=True)),
    wrk.Load("PutItem, index and stream", "PutItem", items.puts(f"{TABLE}-stream", with_group=True)),
    wrk.Load("UpdateItem with a condition", "UpdateItem", items.updates(TABLE)),
    wrk.Load("Query of 100 items", "Query", items.queries(TABLE, GROUPS), items=ITEMS_IN_GROUP),
)
# Of the rate of the fixed answer to the same requests.
AIMS = {
    "GetItem": 0.70,
    "PutItem": 0.42,
    "PutItem, one index": 0.33,
    "PutItem, index and stream": 0.28,
    "UpdateItem with a condition": 0.35,
}
JUDGED_AT = 64  # connections


def fill(server):
    server.create_table(TABLE)
    group = [("g", "S")]
    server.create_table(f"{TABLE}-index", attributes=group, GlobalSecondaryIndexes=INDEX)
    server.create_table(f"{TABLE}-stream", attributes=group, GlobalSecondaryIndexes=INDEX, StreamSpecification=STREAM)
    server.put_all(TABLE, items.counted_items())
    for number in range(GROUPS):
        server.put_all(TABLE, [items.item(f"group-{number}", place) for place in range(ITEMS_IN_GROUP)])
    check(server)


def check(server):
    """What is measured is looked at once."""
    found = server.call("GetItem", TableName=TABLE, Key=items.key("item-00007")).get("Item")
    assert found and found["text"]["S"] == items.FILLER, f"{server.name} does not hold the items"
    page = server.send("Query", items.queries(TABLE, GROUPS)()[3])
    assert page["Count"] == ITEMS_IN_GROUP, f"{server.name}: a group has {page['Count']} items"


def measure(run):
    figures = {}
    with run.serving("dyad", "fixed", "moto", "peers") as running:
        for server in running:
            if server.answers_everything:
                fill(server)
        wrk.show_head()
        for connections in run.connections:
            cells = wrk.alternate(run, running, LOADS, connections)
            figures[f"{connections} connections"] = cells
            if connections == JUDGED_AT:
                for name, bound in AIMS.items():
                    run.judge(f"{name}, of the fixed answer", "at least", bound, wrk.ratio(cells[name]))
    return figures
