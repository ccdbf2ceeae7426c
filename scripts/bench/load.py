"""`dyad load`: rows of a CSV file a second, into a server of its own."""

import csv
import statistics
import subprocess
import time

import context
import processes
import servers

TITLE = "dyad load of a CSV file"
TABLE = f"{context.PREFIX}-load"
FULL = 1_000_000
AIM = 30_000  # rows a second
COLUMNS = "requestid:N,host:S,method:S,path:S,status:N,bytes:N,agent:S"


def write_file(path, count):
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS.split(","))
        for number in range(count):
            agent = f"Mozilla/5.0 (X11; Linux x86_64) Browser/{number % 90}.0"
            path_text = f"/articles/{number % 5000}/page-{number % 17}"
            rows.writerow((number, f"host-{number % 9973}.example.com", "GET", path_text, 200, number % 65_536, agent))


def one_run(run, file, count):
    server = servers.dyad(run.binaries)
    try:
        server.create_table(TABLE, keys=[("requestid", "N")])
        command = [str(run.binaries / "dyad"), "load", TABLE, str(file), "--endpoint", server.url]
        began = time.monotonic()
        loader = subprocess.Popen(
            [*command, "--region", servers.REGION],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env=servers.credentials(),
        )  # fmt: skip
        errors = loader.stderr.read()
        client = processes.cpu_seconds(loader.pid) or 0
        if loader.wait(3600) != 0:
            raise RuntimeError(f"dyad load failed: {errors}")
        seconds = time.monotonic() - began
        server_us = server.cpu_seconds() / count * 1e6
        return {"rate": count / seconds, "server_us": server_us, "client_us": client / count * 1e6}
    finally:
        server.stop()


def measure(run):
    count = run.scaled(long=FULL, usual=FULL // 5, quick=FULL // 20)
    note = "" if count == FULL else f"{count:,} rows; LONG=1 for {FULL:,}"
    with run.data_folder() as folder:
        file = folder / "rows.csv"
        write_file(file, count)
        size = file.stat().st_size / count
        runs = [one_run(run, file, count) for _ in range(run.rounds)]
    cell = {name: statistics.median(each[name] for each in runs) for name in runs[0]}
    costs = f"server {cell['server_us']:.1f} µs, loader {cell['client_us']:.1f} µs a row"
    context.line(f"{count:,} rows of {size:.0f} bytes: {cell['rate']:,.0f} rows/s; {costs}")
    run.judge("dyad load", "at least", AIM, cell["rate"], "rows/s", note)
    return {"rows": count, "bytes_of_a_row": size, **cell}
