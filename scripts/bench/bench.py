"""Measures Dyad beside a fixed answer of the same HTTP stack, moto, and any other server, in one run on one machine.

bench.py [--only SECTION,…] [--list] [--long] [--binaries DIR] [--out FILE] [--peer URL,…] [--connections N,…]
         [--folder DIR] [--keep]

QUICK=1 in the environment takes one short run of each instead of medians of five, and fewer items where a section would need
a million; LONG=1 or --long takes all there are. PEER is --peer: servers that run already, whose tables named `bench…` are
made and deleted. Writes all figures as JSON too. Wall clocks advise and do not judge: missed aims are named, the exit code
stays 0.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import signal
import subprocess
import sys
import time

import batches
import commits
import context
import functions
import large
import load
import pages
import processes
import replication
import scan
import sequential
import servers
import single
import soak
import start
import suite

SECTIONS = {
    "single": single,
    "batches": batches,
    "query": pages,
    "scan": scan,
    "sequential": sequential,
    "commits": commits,
    "start": start,
    "soak": soak,
    "suite": suite,
    "load": load,
    "large": large,
    "replication": replication,
    "functions": functions,
}


def machine():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=servers.ROOT, capture_output=True, text=True
    ).stdout.strip()
    return {"cores": os.cpu_count(), "cpu": model, "kernel": platform.release(), "commit": commit}


def options_given():
    parser = argparse.ArgumentParser(description="Measure Dyad beside a fixed answer, moto, and other servers.")
    only = os.environ.get("ONLY", "")
    parser.add_argument("--only", default=only, metavar="SECTION,…", help="these sections (ONLY); all by default")
    parser.add_argument("--list", action="store_true", help="name the sections and end")
    parser.add_argument("--long", action="store_true", help="full size where that takes minutes (LONG=1)")
    parser.add_argument("--binaries", type=pathlib.Path, default=servers.ROOT / ".build" / "release")
    parser.add_argument("--out", type=pathlib.Path, help="the file for all figures")
    parser.add_argument("--peer", default=os.environ.get("PEER", ""), metavar="URL,…", help="other servers (PEER)")
    parser.add_argument("--connections", default="64", metavar="N,…", help="of the section 'single'")
    parser.add_argument(
        "--folder", type=pathlib.Path, default=servers.ROOT / ".build_bench", help="where data go that are to be on a disk"
    )
    parser.add_argument("--keep", action="store_true", help="keep the large table's folder there, for the next run")
    options = parser.parse_args()
    options.sections = [name for name in options.only.split(",") if name] or list(SECTIONS)
    unknown = [name for name in options.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    return options


def main():
    options = options_given()
    if options.list:
        for name, section in SECTIONS.items():
            print(f"{name:<14}{section.TITLE}")
        return
    run = context.Run(
        binaries=options.binaries,
        folder=options.folder,
        quick=os.environ.get("QUICK") == "1",
        long=options.long or os.environ.get("LONG") == "1",
        keep=options.keep,
        peers=tuple(url for url in options.peer.split(",") if url),
        connections=tuple(int(number) for number in options.connections.split(",")),
    )
    facts = machine()
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    print(f"{facts['cores']} cores, {facts['cpu']}; medians of {run.rounds} runs, servers in turn, load on the same cores")
    print("'server' and 'client' are processor time of one request; moto has one run")
    figures, shares = {}, {}
    for name in options.sections:
        context.heading(SECTIONS[name].TITLE)
        began, bystanders = time.monotonic(), processes.Bystanders()
        figures[name] = SECTIONS[name].measure(run)
        shares[name] = bystanders.shares()
        text = f"({time.monotonic() - began:.0f} s; others took {shares[name]['others']:.0%} of the machine"
        context.line(text + (f", {shares[name]['stolen']:.0%} was stolen)" if shares[name]["stolen"] > 0.01 else ")"))
    run.show_aims()
    out = options.out or servers.ROOT / f"bench-{stamp}.json"
    settings = {"rounds": run.rounds, "seconds": run.seconds, "quick": run.quick, "long": run.long, "peers": run.peers}
    whole = {"date": stamp, "machine": facts, "settings": settings, "sections": figures, "shares": shares, "aims": run.aims}
    out.write_text(json.dumps(whole, indent=2) + "\n")
    print(f"\nall figures: {out}")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, context.stop_on_sigterm)
    try:
        main()
    except RuntimeError as error:
        sys.exit(f"bench: {error}")
