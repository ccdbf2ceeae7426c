"""A table of ten million items in a file: GetItem against a small table, memory, start; and what a scan does to others."""

import contextlib
import json
import os
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
PROBE_SECONDS, PROBE_PAUSE = 5, 0.001
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


def scanner(server, seconds, more):
    """Reads page after page for so long, from the start again at the end; pages and bytes of answers."""

    def job():
        client, start_key, pages, size = wire.Client(server, "Scan"), None, 0, 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            body = {"TableName": TABLE, **more, **({"ExclusiveStartKey": start_key} if start_key else {})}
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
    return lambda: wire.timed(wire.Client(server, "GetItem"), bodies, seconds=seconds, pause=PROBE_PAUSE)


def fairness(run, server, count):
    """GetItem's latencies alone, and while another client scans, whole and with a filter that keeps little.

    There is a prober for each core, so that one of them shares its event loop with the scan; the slower one counts.
    """
    seconds = 2 if run.quick else PROBE_SECONDS
    probers = os.cpu_count() or 1
    figures = {}
    for name, scan in (("alone", None), ("beside a scan", {}), ("beside a filtered scan", scan_filter(count))):
        runs = []
        for _ in range(1 if run.quick else 3):
            jobs = [prober(server, count, seconds) for _ in range(probers)]
            if scan is not None:
                jobs.append(scanner(server, seconds, scan))
            done = wire.side_by_side(jobs, server)
            cell = max((context.quantiles(each) for each in done["values"][:probers]), key=lambda found: found["p99"])
            cell["pages_per_second"] = 0 if scan is None else done["values"][-1]["pages"] / done["seconds"]
            runs.append(cell)
        figures[name] = cell = context.median(runs)
        times = ", ".join(f"{word} {context.milliseconds(cell[key])}" for word, key in wire.QUANTILES)
        scanned = f", {cell['pages_per_second']:,.0f} pages of 1 MB a second" if scan is not None else ""
        context.line(f"GetItem, {name}: {times} ms{scanned}")
    return figures


def scan_filter(count):
    return {"FilterExpression": "n < :most", "ExpressionAttributeValues": {":most": {"N": str(count // 100)}}}


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
    p99 = max(cell["p99"] for cell in shared.values()) / 1000
    run.judge("GetItem beside a scan, p99", "under", AIMS["p99"], p99, "ms", note)
    figures |= {"get": {str(size): cell for size, cell in cells.items()}, "start_ms": took, "memory_mb": memory}
    return figures | {"fairness": shared}
