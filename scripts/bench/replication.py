"""Measures `dyad replicate` between two regions of one server: writer, server and replicator share the machine's cores.

replication.py [--binaries DIR] [--soak N]. Three figures: how fast changes that wait are carried over, how fast while they
are written, and at half of that how long after its answer a write is seen in the replica. With --soak N changes the
replicator's and the server's memory is looked at on the way instead. Wall clocks advise and do not judge.
"""

import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import context
import servers

TITLE = "replication between two regions of one server, 500-byte items"
SOURCE, TARGET = ("cn-north-1", "changes"), ("cn-northwest-1", "replica")
QUICK = os.environ.get("QUICK") == "1"
ROUNDS = 1 if QUICK else 3
WAITING = 50_000 if QUICK else 200_000
FOLLOW_SECONDS = 5 if QUICK else 15
SOAK_RATE = 10_000
AIMS = {"records a second": ("at least", 15_000), "lag p50": ("under", 20)}


def make_tables(server):
    for region, table in (SOURCE, TARGET):
        stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
        server.call(
            "CreateTable",
            region,
            TableName=table,
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            **(stream if table == SOURCE[1] else {}),
        )
        server.wait_active(table, region)


def write(binaries, server, count, rate=0, probes=None):
    """Has the writer write; its report."""
    options = ["--probe-region", TARGET[0], "--probe-table", TARGET[1], "--probes", str(probes)] if probes else []
    return servers.write(binaries, server, SOURCE[1], count, region=SOURCE[0], rate=rate, options=options)


class Replicator:
    """A replicator's process, ended by its pid."""

    def __init__(self, binaries, server, folder, *options):
        command = [str(binaries / "dyad"), "replicate", "--endpoint", server.url, "--source-region", SOURCE[0]]
        command += ["--source-table", SOURCE[1], "--target-region", TARGET[0], "--target-table", TARGET[1]]
        command += ["--checkpoint", str(pathlib.Path(folder) / "checkpoint"), *options]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=servers.credentials()
        )

    def finish(self):
        """Waits for an end by itself."""
        _, errors = self.process.communicate(timeout=1800)
        if self.process.returncode != 0:
            raise RuntimeError(f"the replicator failed: {errors}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.finish()

    def resident_megabytes(self):
        return servers.Server("replicator", self.process, "").resident_megabytes()


def carried_over(binaries, folder):
    """Records a second of those that waited; the start of the process included."""
    server = servers.dyad(binaries)
    try:
        make_tables(server)
        write(binaries, server, WAITING)
        start = time.monotonic()
        Replicator(binaries, server, tempfile.mkdtemp(dir=folder), "--until-caught-up").finish()
        return WAITING / (time.monotonic() - start)
    finally:
        server.stop()


def followed(binaries, folder, rate, probes=None):
    """The writer's report while a replicator follows, and the seconds until the last write was in the replica."""
    server = servers.dyad(binaries)
    try:
        make_tables(server)
        checkpoint = tempfile.mkdtemp(dir=folder)
        replicator = Replicator(binaries, server, checkpoint)
        count = (rate or 20_000) * FOLLOW_SECONDS // 25 * 25
        start = time.monotonic()
        report = write(binaries, server, count, rate, probes)
        replicator.stop()
        Replicator(binaries, server, checkpoint, "--until-caught-up").finish()
        return report, time.monotonic() - start
    finally:
        server.stop()


def soak(binaries, folder, count):
    """Resident megabytes of the replicator and of the server at each tenth of the changes, and the lag over all of them."""
    server = servers.dyad(binaries)
    try:
        make_tables(server)
        replicator = Replicator(binaries, server, tempfile.mkdtemp(dir=folder))
        resident, served, lags = [], [], []
        for _ in range(10):
            report = write(binaries, server, count // 10 // 25 * 25, SOAK_RATE, probes=20)
            resident.append(replicator.resident_megabytes())
            served.append(server.resident_megabytes())
            lags.append(report["lag_ms"])
            memory = f"resident {resident[-1]:.1f} MB, the server {served[-1]:.1f} MB"
            print(f"  {len(resident) * 10:>3} %: {memory}, lag ms {lags[-1]}", flush=True)
        replicator.stop()
        return {"changes": count, "rate": SOAK_RATE, "resident_mb": resident, "server_mb": served, "lag_ms": lags}
    finally:
        server.stop()


def measure(run):
    """All figures, printed and as a dictionary."""
    binaries = run.binaries
    with tempfile.TemporaryDirectory() as folder:
        rates = [carried_over(binaries, folder) for _ in range(ROUNDS)]
        rate = statistics.median(rates)
        context.line(f"{rate:,.0f} waiting records a second (median of {ROUNDS})")
        report, seconds = followed(binaries, folder, 0)
        live, written = report["written"] / seconds, report["written"] / report["seconds"]
        context.line(f"written and carried over at once: {live:,.0f} a second, written at {written:,.0f}")
        half = int(live / 2) // 25 * 25
        report, _ = followed(binaries, folder, half, probes=50)
        lag = report["lag_ms"]
        seen = f"p50 {lag['p50']:.1f}, p99 {lag['p99']:.1f}, at most {lag['max']:.1f} ms"
        context.line(f"at {half:,} a second: seen in the replica after {seen}")
    run.judge("replicated records a second", *AIMS["records a second"], rate)
    run.judge("replication's lag, p50", *AIMS["lag p50"], lag["p50"], "ms")
    return {"waiting": rates, "at_once": live, "half_rate": half, "lag_ms": lag}


def main():
    parser = argparse.ArgumentParser(description="Measure the replicator between two regions.")
    parser.add_argument("--binaries", type=pathlib.Path, default=servers.ROOT / ".build" / "release")
    parser.add_argument("--soak", type=int, metavar="N", help="changes to carry over while memory is watched")
    options = parser.parse_args()
    if options.soak:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(soak(options.binaries, folder, options.soak)))
    else:
        run = context.Run(options.binaries, servers.ROOT / ".build_bench")
        print(json.dumps(measure(run)))
        run.show_aims()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: terminated"))
    try:
        main()
    except RuntimeError as error:
        sys.exit(f"bench: {error}")
