"""From the process's start to its first answer, and its memory: when it began, when it is idle, and when it has work."""

import statistics
import time

import context
import items
import servers

TITLE = "start and idle memory"
TABLE = context.PREFIX
MANY_ITEMS = 100_000
IDLE_SECONDS = 2
AIMS = {"start": 15, "idle": 15}  # ms, MB


def first_answer(make):
    """A started server, and the milliseconds until it had answered once."""
    start = time.perf_counter()
    server = make()
    try:
        server.call("ListTables")
    except BaseException:
        server.stop()
        raise
    return server, (time.perf_counter() - start) * 1000


def measure(run):
    times, began, idle, asked = [], [], [], []
    for turn in range(5 if run.quick else 15):
        server, took = first_answer(lambda: servers.dyad(run.binaries))
        times.append(took)
        began.append(server.memory())
        if turn < 3:
            # What its start alone needed it gives back after a second.
            time.sleep(IDLE_SECONDS)
            idle.append(server.memory())
            server.call("ListTables")
            asked.append(server.memory())
        server.stop()
    server = servers.dyad(run.binaries)
    try:
        server.create_table(TABLE)
        for start in range(0, MANY_ITEMS, 1000):
            server.put_all(TABLE, [items.item(f"many-{number:06d}") for number in range(start, start + 1000)])
        filled = server.memory()
    finally:
        server.stop()
    took = statistics.median(times)
    at_rest = context.median(idle)
    memory = {
        "at first": context.median(began),
        f"idle for {IDLE_SECONDS} s": at_rest,
        "asked again": context.median(asked),
    }
    context.line(f"cold start to the first answer: {took:.1f} ms (median of {len(times)})")
    for name, cell in (*memory.items(), (f"with {MANY_ITEMS:,} items of 500 bytes", filled)):
        context.line(f"resident {name}: {cell['resident']:.1f} MB, of it {cell['own']:.1f} without pages of files")
    run.judge("cold start to the first answer", "under", AIMS["start"], took, "ms")
    run.judge("resident when idle", "under", AIMS["idle"], at_rest["resident"], "MB")
    return {"start_ms": took, "memory_mb": memory, f"with_{MANY_ITEMS}_items_mb": filled}
