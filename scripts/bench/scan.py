"""Scan of a large table in four segments, whole and with a filter that keeps one item of a hundred."""

import context
import items
import wire

TITLE = "Scan in four segments"
TABLE = f"{context.PREFIX}-scan"
SEGMENTS = 4
ITEM_BYTES = 500  # as they leave on the wire; a filter reads them all the same
AIMS = {"whole": 600, "filtered": 200}  # MB/s
FULL = 1_000_000


def segment(server, number, more):
    def job():
        client = wire.Client(server, "Scan")
        start, pages, size, read, kept, latencies = None, 0, 0, 0, 0, []
        while True:
            body = {"TableName": TABLE, "Segment": number, "TotalSegments": SEGMENTS, **more}
            if start:
                body["ExclusiveStartKey"] = start
            answer, took = wire.once(client, items.compact(body).encode())
            latencies.append(took)
            pages, size = pages + 1, size + len(answer)
            read, kept = read + answer.member("ScannedCount"), kept + answer.member("Count")
            start = answer.member("LastEvaluatedKey")
            if not start:
                return {"pages": pages, "bytes": size, "read": read, "kept": kept, "latencies": latencies}

    return job


def one_run(server, count, more):
    done = wire.side_by_side([segment(server, number, more) for number in range(SEGMENTS)], server)
    total = {name: sum(value[name] for value in done["values"]) for name in ("pages", "bytes", "read", "kept")}
    expected = count // 100 if more else count
    if total["read"] != count or total["kept"] != expected:
        raise RuntimeError(f"{server.name} read {total['read']} of {count} items and kept {total['kept']}")
    latencies = [latency for value in done["values"] for latency in value["latencies"]]
    return {
        "answers_mb_per_second": total["bytes"] / 1e6 / done["seconds"],
        "read_mb_per_second": count * ITEM_BYTES / 1e6 / done["seconds"],
        "items_per_second": count / done["seconds"],
        **context.quantiles(latencies),
        **wire.costs(done, total["pages"]),
    }


def filter_of(count):
    return {
        "FilterExpression": "n < :most",
        "ExpressionAttributeValues": {":most": {"N": str(count // 100)}},
    }


def measure(run):
    count = run.scaled(long=FULL, usual=FULL, quick=FULL // 10)
    note = "" if count == FULL else f"{count:,} items, not {FULL:,}"
    context.line(f"{count:,} items of {ITEM_BYTES} bytes; moto takes too long to fill and is left out")
    figures = {}
    with run.serving("dyad", "peers") as running:
        for server in running:
            server.create_table(TABLE, keys=[("pk", "S")])
            context.line(f"{server.name}: filled at {wire.fill(server, TABLE, count):,.0f} items/s")
        for kind, more in (("whole", {}), ("filtered", filter_of(count))):
            runs = {server.name: [] for server in running}
            for server in running:
                one_run(server, count, more)  # warms
            for server in run.turns(running):
                runs[server.name].append(one_run(server, count, more))
            figures[kind] = {name: context.median(each) for name, each in runs.items()}
            for name, cell in figures[kind].items():
                what = f"{cell['read_mb_per_second']:,.0f} MB/s of items read, {cell['items_per_second']:,.0f} items/s"
                times = ", ".join(f"{word} {context.milliseconds(cell[key])}" for word, key in wire.QUANTILES)
                context.line(f"{kind}, {name}: {what}; pages {times} ms; {wire.costs_text(cell)}")
    whole, filtered = figures["whole"]["dyad"], figures["filtered"]["dyad"]
    run.judge("Scan, four segments", "at least", AIMS["whole"], whole["answers_mb_per_second"], "MB/s", note)
    run.judge("Scan with a filter, items read", "at least", AIMS["filtered"], filtered["read_mb_per_second"], "MB/s", note)
    return {"items": count, **figures}
