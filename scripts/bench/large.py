"""A table of ten million items in a file: GetItem against a small table, memory, start; and what a scan does to others."""

import contextlib
import json
import shutil
import statistics
import time

import context
import items
import servers
import start
import wire
import wrk

TITLE = "a table of 5 GB in a file, and a scan beside other requests"
TABLE = f"{context.PREFIX}-large"
FULL, SMALL = 10_000_000, 10_000
CONNECTIONS = 64
PROBE_SECONDS = 10
AIMS = {"times": 1.5, "memory": 200, "start": 100, "p99": 5}


def fill(run, folder, count):
    """A data folder with so many items; one that a former run left is taken as it is."""
    report = folder.with_suffix(".json")
    if report.exists():
        context.line(f"{count:,} items are there from a former run")
        return json.loads(report.read_text())
    shutil.rmtree(folder, ignore_errors=True)
    server = servers.dyad(run.binaries, folder)
    try:
        server.create_table(TABLE, keys=[("pk", "S")])
        rate = wire.fill(server, TABLE, count)
    finally:
        server.stop()
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    context.line(f"{count:,} items written at {rate:,.0f} a second, {size / 1e9:.2f} GB")
    figures = {"items": count, "fill_rate": rate, "bytes": size}
    report.write_text(json.dumps(figures))
    return figures


@contextlib.contextmanager
def folders(run, count):
    """The folders of the small and the large table; removed at the end, unless they are to be kept."""
    run.folder.mkdir(parents=True, exist_ok=True)
    both = [run.folder / f"items-{SMALL}", run.folder / f"items-{count}"]
    try:
        yield both
    finally:
        if not run.keep:
            for folder in both:
                shutil.rmtree(folder, ignore_errors=True)
                folder.with_suffix(".json").unlink(missing_ok=True)


def gets(count):
    """GetItem of any of nine tenths of the keys: those whose number has all its digits."""
    digits = len(str(count - 1))
    body = items.compact({"TableName": TABLE, "Key": {"pk": {"S": f"key-{'@' * digits}"}}})
    name = f"GetItem, {count:,} items"
    return wrk.Load(name, "GetItem", lambda: [body], digits=(10 ** (digits - 1), count - 1))


def scanner(server, seconds):
    """Reads page after page for so long, from the start again at the end; pages and bytes."""

    def job():
        client, start_key, pages, size = wire.Client(server, "Scan"), None, 0, 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            body = {"TableName": TABLE, **({"ExclusiveStartKey": start_key} if start_key else {})}
            answer = client.send(items.compact(body).encode())
            start_key = answer.member("LastEvaluatedKey")
            pages, size = pages + 1, size + len(answer)
        return {"pages": pages, "bytes": size}

    return job


def prober(server, count, seconds):
    bodies = [
        items.compact({"TableName": TABLE, "Key": {"pk": {"S": f"key-{number}"}}}).encode()
        for number in range(0, count, max(1, count // 997))
    ]
    return lambda: wire.timed(wire.Client(server, "GetItem"), bodies, seconds=seconds)


def fairness(run, server, count):
    """GetItem's latencies alone, and while another client scans."""
    seconds = 2 if run.quick else PROBE_SECONDS
    alone, beside, rates = [], [], []
    for _ in range(1 if run.quick else 3):
        done = wire.side_by_side([prober(server, count, seconds)], server)
        alone.append(context.quantiles(done["values"][0]))
        done = wire.side_by_side([scanner(server, seconds), prober(server, count, seconds)], server)
        rates.append(done["values"][0]["bytes"] / 1e6 / done["seconds"])
        beside.append(context.quantiles(done["values"][1]))
    figures = {"alone": context.median(alone), "beside_a_scan": context.median(beside)}
    figures["scan_mb_per_second"] = statistics.median(rates)
    for name in ("alone", "beside_a_scan"):
        times = ", ".join(f"{word} {context.milliseconds(figures[name][key])}" for word, key in wire.QUANTILES)
        context.line(f"GetItem of one client, {name.replace('_', ' ')}: {times} ms")
    context.line(f"the scan read {figures['scan_mb_per_second']:,.0f} MB/s meanwhile")
    return figures


def rates(run, small, large, count):
    """Medians of GetItem's rate at both sizes, in turn."""
    loads = {SMALL: (gets(SMALL), small), count: (gets(count), large)}
    runs = {size: [] for size in loads}
    for load, server in loads.values():
        load.run(server, CONNECTIONS, wrk.WARM_SECONDS)
    for _ in range(run.rounds):
        for size, (load, server) in loads.items():
            runs[size].append(load.run(server, CONNECTIONS, run.seconds))
    wrk.show_head()
    cells = {size: context.median(each) for size, each in runs.items()}
    for size, (load, _) in loads.items():
        wrk.show(load.name, CONNECTIONS, {"dyad": cells[size]})
    return cells


def measure(run):
    count = run.scaled(long=FULL, usual=FULL // 10, quick=FULL // 100)
    note = "" if count == FULL else f"{count:,} items; LONG=1 for {FULL:,}"
    with folders(run, count) as (small_folder, large_folder):
        figures = {"small": fill(run, small_folder, SMALL), "large": fill(run, large_folder, count)}
        starts = []
        for _ in range(5):
            server, took = start.first_answer(lambda: servers.dyad(run.binaries, large_folder))
            starts.append(took)
            server.stop()
        small, large = servers.dyad(run.binaries, small_folder), servers.dyad(run.binaries, large_folder)
        try:
            cells = rates(run, small, large, count)
            shared = fairness(run, large, count)
            memory = large.memory()
        finally:
            small.stop()
            large.stop()
    took, times = statistics.median(starts), cells[SMALL]["rate"] / cells[count]["rate"]
    context.line(f"start to the first answer {took:.1f} ms; resident {memory['resident']:.1f} MB ({memory['own']:.1f} own)")
    run.judge(f"GetItem at {SMALL:,} items, times that in the large file", "under", AIMS["times"], times, note=note)
    run.judge("resident, large file", "under", AIMS["memory"], memory["resident"], "MB", note)
    run.judge("start, large file", "under", AIMS["start"], took, "ms", note)
    p99 = shared["beside_a_scan"]["p99"] / 1000
    run.judge("GetItem beside a scan, p99", "under", AIMS["p99"], p99, "ms", note)
    figures |= {"get": {str(size): cell for size, cell in cells.items()}, "start_ms": took, "memory_mb": memory}
    return figures | {"fairness": shared}
