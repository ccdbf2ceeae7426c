"""Many items a request, against one: BatchWriteItem, BatchGetItem, TransactWriteItems; items a second."""

import context
import items
import wrk

TITLE = "many items a request, against one"
TABLE = f"{context.PREFIX}-batches"
CONNECTIONS = 64
SINGLE = {
    "GetItem": wrk.Load("GetItem", "GetItem", items.gets(TABLE)),
    "PutItem": wrk.Load("PutItem", "PutItem", items.puts(TABLE)),
}
# What it is held against, and how many times as many items a second it moves.
MANY = (
    (wrk.Load("BatchWriteItem of 25", "BatchWriteItem", items.batch_writes(TABLE), items=25), "PutItem", 2),
    (wrk.Load("BatchGetItem of 100", "BatchGetItem", items.batch_gets(TABLE), items=100), "GetItem", 4),
    (wrk.Load("TransactWriteItems of 4", "TransactWriteItems", items.transactions(TABLE), items=4), "PutItem", 1),
)


def fill(server):
    server.create_table(TABLE)
    server.put_all(TABLE, items.counted_items())
    found = server.send("BatchGetItem", items.batch_gets(TABLE)()[0])["Responses"][TABLE]
    assert len(found) == 100, f"{server.name} found {len(found)} of 100 items"


def measure(run):
    with run.serving("dyad", "moto", "peers") as running:
        for server in running:
            fill(server)
        wrk.show_head()
        loads = [*SINGLE.values(), *(load for load, _, _ in MANY)]
        cells = wrk.interleave(run, running, loads, CONNECTIONS)
        for load, single, bound in MANY:
            for server in running:
                figures = cells[load.name][server.name]
                figures["items_per_second"] = figures["rate"] * load.items
                figures["times_single"] = figures["items_per_second"] / (cells[single][server.name]["rate"] or 1)
                moved = f"{figures['items_per_second']:,.0f} items/s, {figures['times_single']:.2f} times {single}'s"
                context.line(f"{load.name}, {server.name}: {moved}")
            run.judge(f"{load.name}, items, times {single}'s", "at least", bound, cells[load.name]["dyad"]["times_single"])
    return cells
