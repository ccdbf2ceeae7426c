"""Measures Dyad beside a fixed answer of the same HTTP stack and beside moto_server, then its replicator, in one run.

bench.py [--binaries DIR] [--out FILE]. QUICK=1 in the environment takes one short run of each instead of medians of
three. Writes all figures as JSON too. Wall clocks advise and do not judge: missed aims are named, the exit code stays 0.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import signal
import statistics
import subprocess
import sys
import time

import functions
import replication
import servers

KINDS = {"get": "GetItem", "put": "PutItem", "query": "Query, 100 items"}
CONNECTIONS = (1, 16, 64)
QUICK = os.environ.get("QUICK") == "1"
ROUNDS, RUN_SECONDS = (1, 1) if QUICK else (3, 3)
WARM_SECONDS = 1
COLD_STARTS = 5 if QUICK else 15
MANY_ITEMS = 100_000
COUNTED_AT = 64  # the connections at which the aims for the rate are looked at
AIMS = {
    "GetItem against the fixed answer": ("at least", 0.5, ""),
    "PutItem against the fixed answer": ("at least", 0.35, ""),
    "cold start": ("under", 50, " ms"),
    "resident when idle": ("under", 25, " MB"),
}


def wrk(server, kind, connections, seconds):
    """One run; requests a second and latencies in microseconds."""
    script = pathlib.Path(__file__).with_name("request.lua")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), server.url, "--", kind]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
    if done.returncode != 0:
        raise RuntimeError(f"wrk failed: {done.stdout}{done.stderr}")
    result = json.loads(done.stdout.strip().splitlines()[-1])
    if result["bad"]:
        raise RuntimeError(f"{server.name} answered {result['bad']} of {result['requests']} {KINDS[kind]} with an error")
    rate = result["requests"] / (result["microseconds"] / 1e6)
    return {"rate": rate, "p50": result["p50"], "p99": result["p99"], "broken": result["broken"]}


def median(runs):
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def measure(under_test):
    """Every kind at every number of connections; the servers take turns, and moto_server has one turn only."""
    cells = {}
    for kind in KINDS:
        for server in under_test:
            if server.name != "moto_server":
                wrk(server, kind, COUNTED_AT, WARM_SECONDS)
        for connections in CONNECTIONS:
            runs = {server.name: [] for server in under_test}
            for turn in range(ROUNDS):
                for server in under_test:
                    if server.name == "moto_server":
                        if turn > 0:
                            continue
                        server.settle()
                    runs[server.name].append(wrk(server, kind, connections, RUN_SECONDS))
            cells[kind, connections] = {name: median(each) for name, each in runs.items()}
            show(kind, connections, cells[kind, connections])
    return cells


def milliseconds(microseconds):
    value = microseconds / 1000
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def times(value):
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"


def show_head(names):
    print(f"{'requests a second, p50 and p99 in ms':<24}" + "".join(f"{name:>34}" for name in names))


def show(kind, connections, cell):
    text = f"{KINDS[kind]:<18}{connections:>4} c "
    ours = cell["dyad"]["rate"]
    for name, figures in cell.items():
        against = f" (×{times(ours / figures['rate'])})" if name != "dyad" and figures["rate"] else ""
        text += f"{figures['rate']:>9,.0f}{against:<10}{milliseconds(figures['p50']):>7}{milliseconds(figures['p99']):>8}"
    print(text, flush=True)


def cold_start(binaries):
    """Milliseconds from starting the process to the end of its first answer."""
    times = []
    for _ in range(COLD_STARTS):
        start = time.perf_counter()
        server = servers.dyad(binaries)
        try:
            server.call("ListTables")
            times.append((time.perf_counter() - start) * 1000)
        finally:
            server.stop()
    return statistics.median(times)


def memory(binaries):
    """Resident megabytes of a fresh server after its first answer, and with MANY_ITEMS items of 500 bytes."""
    server = servers.dyad(binaries)
    try:
        server.call("ListTables")
        idle = server.resident_megabytes()
        server.create_table()
        for start in range(0, MANY_ITEMS, 1000):
            server.put_all([(f"many-{number:06d}", 0) for number in range(start, start + 1000)])
        return idle, server.resident_megabytes()
    finally:
        server.stop()


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=servers.ROOT, capture_output=True, text=True
    ).stdout.strip()
    return {"cores": os.cpu_count(), "cpu": model, "kernel": platform.release(), "commit": commit}


def judge(cells, start_ms, idle_mb):
    """Prints each aim and what was measured."""
    measured = {
        "GetItem against the fixed answer": ratio(cells["get", COUNTED_AT]),
        "PutItem against the fixed answer": ratio(cells["put", COUNTED_AT]),
        "cold start": start_ms,
        "resident when idle": idle_mb,
    }
    print("\naims")
    for name, (side, bound, unit) in AIMS.items():
        value = measured[name]
        met = value is not None and (value >= bound if side == "at least" else value < bound)
        found = "not measured" if value is None else f"{value:.2f}{unit}" if value < 1 else f"{value:.1f}{unit}"
        print(f"  {name:<34} {side} {bound}{unit}: {found}, {'met' if met else 'missed'}")


def ratio(cell):
    return cell["dyad"]["rate"] / cell["fixed answer"]["rate"] if "fixed answer" in cell else None


def main():
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    parser = argparse.ArgumentParser(description="Measure Dyad beside a fixed answer and beside moto_server.")
    parser.add_argument("--binaries", type=pathlib.Path, default=servers.ROOT / ".build" / "release")
    parser.add_argument("--out", type=pathlib.Path, default=servers.ROOT / f"bench-{stamp}.json")
    options = parser.parse_args()

    facts = machine()
    print(f"{facts['cores']} cores, {facts['cpu']}; medians of {ROUNDS} runs of {RUN_SECONDS} s, servers in turn")
    print("× how many times as many requests dyad answered\n")
    running = []
    try:
        running.append(servers.dyad(options.binaries))
        if (options.binaries / "DyadBench").exists():
            running.append(servers.fixed(options.binaries))
        running.append(servers.moto())
        for server in running:
            if server.name != "fixed answer":
                server.fill()
        show_head([server.name for server in running])
        cells = measure(running)
    finally:
        for server in running:
            server.stop()

    start_ms = cold_start(options.binaries)
    idle_mb, full_mb = memory(options.binaries)
    print(f"\ncold start to the first answer: {start_ms:.1f} ms (median of {COLD_STARTS})")
    print(f"resident memory: idle {idle_mb:.1f} MB, with {MANY_ITEMS:,} items of 500 bytes {full_mb:.1f} MB")
    judge(cells, start_ms, idle_mb)
    replicated = replication.measure(options.binaries)
    invoked = functions.measure(options.binaries)

    figures = {
        "date": stamp,
        "machine": facts,
        "runs": {"rounds": ROUNDS, "seconds": RUN_SECONDS},
        "http": [
            {"kind": kind, "connections": connections, "servers": cell} for (kind, connections), cell in cells.items()
        ],
        "cold_start_ms": start_ms,
        "replication": replicated,
        "functions": invoked,
        "resident_mb": {"idle": idle_mb, f"with_{MANY_ITEMS}_items": full_mb},
    }
    options.out.write_text(json.dumps(figures, indent=2) + "\n")
    print(f"\nall figures: {options.out}")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: terminated"))
    try:
        main()
    except RuntimeError as error:
        sys.exit(f"bench: {error}")
