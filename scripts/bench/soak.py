"""A million requests, and whether memory grows over them."""

import context
import items
import servers
import wrk

TITLE = "memory over many requests"
TABLE = f"{context.PREFIX}-soak"
CONNECTIONS = 64
FULL = 1_000_000
SLICE_SECONDS = 2
SETTLED = 0.2  # of the requests: from there on nothing new is to be held
GROWTH = 1.05  # more than this, and a megabyte, is growth


def measure(run):
    wanted = run.scaled(long=FULL, usual=FULL, quick=FULL // 10)
    loads = [
        wrk.Load("GetItem", "GetItem", items.gets(TABLE)),
        wrk.Load("PutItem", "PutItem", items.puts(TABLE)),
        wrk.Load("UpdateItem", "UpdateItem", items.updates(TABLE)),
    ]
    server = servers.dyad(run.binaries)
    try:
        server.create_table(TABLE)
        server.put_all(TABLE, items.counted_items())
        sent, seen, settled = 0, [], None
        while sent < wanted or settled is None:
            for load in loads:
                done = load.run(server, CONNECTIONS, SLICE_SECONDS)
                sent += int(done["rate"] * SLICE_SECONDS)
            memory = server.memory()["resident"]
            seen.append({"requests": sent, "resident_mb": memory})
            if settled is None and sent >= wanted * SETTLED:
                settled = memory
    finally:
        server.stop()
    context.line("; ".join(f"{each['requests']:,}: {each['resident_mb']:.1f} MB" for each in seen))
    note = f"{settled:.1f} MB before, {memory:.1f} after {sent:,} requests"
    run.judge("resident after many requests, times before", "under", GROWTH + 1 / settled, memory / settled, note=note)
    return seen
