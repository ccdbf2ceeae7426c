"""Writes into a folder, where every commit is synced before it is answered: one writer against many."""

import os
import statistics
import time

import context
import items
import servers
import wrk

TITLE = "PutItem with --data: every commit synced"
TABLE = f"{context.PREFIX}-commits"
WRITERS = 64
AIM = 10  # times what one writer gets


def sync_microseconds(folder):
    """What this disk takes to sync a page of its own: the least that a commit alone can take."""
    took = []
    with (folder / "probe").open("wb", buffering=0) as file:
        for _ in range(200):
            file.write(os.urandom(4096))
            start = time.perf_counter_ns()
            os.fdatasync(file.fileno())
            took.append((time.perf_counter_ns() - start) / 1000)
    return statistics.median(took)


def measure(run):
    load = wrk.Load("PutItem, synced", "PutItem", items.puts(TABLE))
    with run.data_folder() as folder:
        disk = sync_microseconds(folder)
        context.line(f"the disk syncs a page in {disk:,.0f} µs (median of 200)")
        server = servers.dyad(run.binaries, folder / "data")
        try:
            server.create_table(TABLE)
            load.run(server, WRITERS, wrk.WARM_SECONDS)
            runs = {1: [], WRITERS: []}
            for _ in range(run.rounds):
                for writers, each in runs.items():
                    each.append(load.run(server, writers, run.seconds))
        finally:
            server.stop()
    wrk.show_head()
    figures = {}
    for writers, each in runs.items():
        figures[writers] = context.median(each)
        wrk.show(load.name, writers, {"dyad": figures[writers]})
    times = figures[WRITERS]["rate"] / figures[1]["rate"]
    note = f"a sync takes {disk:,.0f} µs here"
    run.judge(f"{WRITERS} writers, synced, times one writer's", "at least", AIM, times, note=note)
    return {"sync_us": disk, "one": figures[1], "many": figures[WRITERS]}
