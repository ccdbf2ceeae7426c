"""One client, one request after the other on a connection kept open, as boto3 does: how long each takes."""

import context
import items
import wire

TITLE = "one client, one request after the other"
TABLE = f"{context.PREFIX}-sequential"
AIMS = {"GetItem": 120, "PutItem": 200}  # µs, p50
SERVED_BY_MOTO = 300  # requests of a run: it closes its connections, and takes milliseconds


def bodies_of(operation):
    made = items.gets(TABLE)() if operation == "GetItem" else items.puts(TABLE)()
    return [body.encode() for body in made]


def one_run(server, operation, count):
    bodies = bodies_of(operation)

    def job():
        client = wire.Client(server, operation)
        wire.timed(client, bodies, count=min(200, count))
        return wire.timed(client, bodies, count=count)

    done = wire.side_by_side([job], server)
    (latencies,) = done["values"]
    return {**context.quantiles(latencies), **wire.costs(done, len(latencies))}


def measure(run):
    figures = {}
    count = 2000 if run.quick else 10_000
    with run.serving("dyad", "fixed", "moto", "peers") as running:
        for server in running:
            if server.answers_everything:
                server.create_table(TABLE)
                server.put_all(TABLE, items.counted_items())
        for operation, bound in AIMS.items():
            runs = {server.name: [] for server in running}
            for server in run.turns(running):
                each = SERVED_BY_MOTO if server.name == "moto_server" else count
                runs[server.name].append(one_run(server, operation, each))
            figures[operation] = {name: context.median(each) for name, each in runs.items()}
            for name, cell in figures[operation].items():
                times = ", ".join(f"{word} {cell[key]:,.0f}" for word, key in wire.QUANTILES)
                context.line(f"{operation}, {name}: {times} µs; {wire.costs_text(cell)}")
            p50 = figures[operation]["dyad"]["p50"]
            run.judge(f"{operation}, one client, p50", "under", bound, p50, "µs")
    return figures
