"""Query of whole pages: 2,000 items, a megabyte, over eight connections; bytes of answers a second."""

import context
import items
import wire

TITLE = "Query, pages of 1 MB (2,000 items)"
TABLE = f"{context.PREFIX}-pages"
CONNECTIONS = 8
GROUPS, ITEMS_IN_GROUP = 10, 2000
FILLER = "abcdefghijklmnopqrstuvwxyz" * 19  # 494 bytes: 2,000 of these items are just below AWS's 1 MB
AIM = 800  # MB/s


def fill(server):
    server.create_table(TABLE)
    for number in range(GROUPS):
        group = [items.item(f"group-{number}", place, filler=FILLER) for place in range(ITEMS_IN_GROUP)]
        server.put_all(TABLE, group)
    page = server.send("Query", items.queries(TABLE, GROUPS)()[3])
    # Others count the bytes of an item otherwise.
    assert page["Count"] > ITEMS_IN_GROUP * 0.9, f"{server.name}: a page has {page['Count']} items"


def reader(server, first, seconds):
    bodies = [body.encode() for body in items.queries(TABLE, GROUPS)()[first:]]

    def job():
        client = wire.Client(server, "Query")
        size = len(client.send(bodies[0]))
        latencies = wire.timed(client, bodies, seconds=seconds)
        return {"bytes": size * len(latencies), "latencies": latencies}

    return job


def one_run(run, server):
    done = wire.side_by_side([reader(server, number, run.seconds) for number in range(CONNECTIONS)], server)
    size = sum(value["bytes"] for value in done["values"])
    latencies = [latency for value in done["values"] for latency in value["latencies"]]
    return {
        "megabytes_per_second": size / 1e6 / done["seconds"],
        "pages_per_second": len(latencies) / done["seconds"],
        **context.quantiles(latencies),
        **wire.costs(done, len(latencies)),
    }


def measure(run):
    figures = {}
    with run.serving("dyad", "moto", "peers") as running:
        for server in running:
            fill(server)
            if server.name != "moto_server":
                one_run(run, server)
        runs = {server.name: [] for server in running}
        for server in run.turns(running):
            server.settle()
            runs[server.name].append(one_run(run, server))
        for name, each in runs.items():
            figures[name] = cell = context.median(each)
            times = ", ".join(f"{word} {context.milliseconds(cell[key])}" for word, key in wire.QUANTILES)
            rate = f"{context.amount(cell['megabytes_per_second'])} MB/s, {context.amount(cell['pages_per_second'])} pages/s"
            context.line(f"{name}: {rate}; {times} ms; {wire.costs_text(cell)}")
    run.judge("Query, pages of 1 MB", "at least", AIM, figures["dyad"]["megabytes_per_second"], "MB/s")
    return figures
