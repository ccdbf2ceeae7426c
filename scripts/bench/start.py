"""From the process's start to its first answer, and its memory then."""

import statistics
import time

import context
import items
import servers

TITLE = "start and idle memory"
TABLE = context.PREFIX
MANY_ITEMS = 100_000
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
    times, idle = [], []
    for _ in range(5 if run.quick else 15):
        server, took = first_answer(lambda: servers.dyad(run.binaries))
        times.append(took)
        idle.append(server.memory())
        server.stop()
    server = servers.dyad(run.binaries)
    try:
        server.create_table(TABLE)
        for start in range(0, MANY_ITEMS, 1000):
            server.put_all(TABLE, [items.item(f"many-{number:06d}") for number in range(start, start + 1000)])
        filled = server.memory()
    finally:
        server.stop()
    took, memory = statistics.median(times), context.median(idle)
    context.line(f"cold start to the first answer: {took:.1f} ms (median of {len(times)})")
    for name, cell in (("idle", memory), (f"with {MANY_ITEMS:,} items of 500 bytes", filled)):
        context.line(f"resident {name}: {cell['resident']:.1f} MB, of it {cell['own']:.1f} without pages of files")
    run.judge("cold start to the first answer", "under", AIMS["start"], took, "ms")
    run.judge("resident when idle", "under", AIMS["idle"], memory["resident"], "MB")
    return {"start_ms": took, "idle_mb": memory, f"with_{MANY_ITEMS}_items_mb": filled}
