"""Counts what an operation of the engine takes, and compares it with what it may: gates.py EXECUTABLE [OPERATION...].

With --against OTHER it compares two executables instead: how many times as much EXECUTABLE takes as OTHER.

EXECUTABLE is DyadOperations, built for release. Callgrind counts its instructions and its calls of malloc and the like in
two runs that differ in their number of requests, so that the start counts for nothing. No clock is involved: two runs
agree, and a busy machine changes nothing.

--renew writes what was counted as the thresholds, --report FILE writes a JUnit report. Exit code 1 when something takes
more than its threshold and the tolerance, or more than LIMIT (1.05) times what OTHER takes.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[1]
THRESHOLDS = ROOT / "Tests" / "gates" / "thresholds.json"
# Requests in the two runs. Each of them is counted some fifty times as slowly as it runs.
COUNTS = {
    "GetItem": (200, 1200),
    "PutItem": (200, 1200),
    "PutItem-index-stream": (200, 1200),
    "UpdateItem": (200, 1200),
    "Query": (50, 250),
    "BatchWriteItem": (40, 140),
    "TransactWriteItems": (100, 500),
}
# Other releases of SQLite, libc or the compiler than those that the thresholds were counted with move them this much.
TOLERANCES = {"instructions": 0.03, "allocations": 0.02}
ALLOCATING = {"malloc", "calloc", "realloc", "reallocarray", "posix_memalign", "aligned_alloc", "memalign"}
SECONDS_MAX = 600
NAME = re.compile(r"\((\d+)\)(?: (.*))?$")


class Names:
    """Callgrind writes a name once and then its number."""

    def __init__(self):
        self.known = {}

    def read(self, text):
        number, name = NAME.match(text).groups()
        if name is not None:
            self.known[number] = name
        return self.known[number]


def profile(path):
    """Instructions by the object that they lie in, and calls of what allocates, from callgrind's output."""
    functions, objects = Names(), Names()
    by_object, allocations = collections.Counter(), 0
    in_object, called, is_call = "", "", False
    for line in path.open(errors="replace"):
        kind, equals, rest = line.rstrip("\n").partition("=")
        if line[0] in "0123456789+-*":
            if is_call:
                is_call = False  # what the function that was called took, which stands with that function too
            else:
                by_object[in_object] += int(line.split()[1])
        elif not equals:
            continue
        elif kind == "ob":
            in_object = objects.read(rest)
        elif kind == "cob":
            objects.read(rest)
        elif kind == "fn":
            functions.read(rest)
        elif kind == "cfn":
            called = functions.read(rest)
        elif kind == "calls":
            is_call = True
            if called.partition("'")[0].partition("@")[0] in ALLOCATING:
                allocations += int(rest.split()[0])
    return by_object, allocations


def counted(executable, operation, count):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "callgrind.out"
        # Without a seed of its own for each process, Swift's hashes are the same in all of them.
        environment = {**os.environ, "SWIFT_DETERMINISTIC_HASHING": "1"}
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={path}", executable, operation, str(count)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS_MAX, stdin=subprocess.DEVNULL, env=environment
        )
        if done.returncode != 0 or not path.exists():
            raise RuntimeError(f"{operation} under callgrind: {done.stdout}{done.stderr}"[-2000:])
        return profile(path)


def short(name):
    """The executable is `dyad`, libraries are without version, and all but the two that matter are `other`."""
    base = pathlib.Path(name).name
    if base == "DyadOperations":
        return "dyad"
    return next((library for library in ("libsqlite3", "libc") if base.startswith(library + ".")), "other")


def measure(executable, operation):
    """One request's instructions, where they lie, and its allocations."""
    few, many = COUNTS[operation]
    (less_by, less), (more_by, more) = counted(executable, operation, few), counted(executable, operation, many)
    each = collections.Counter()
    for name in more_by:
        each[short(name)] += (more_by[name] - less_by[name]) / (many - few)
    within = {name: round(value) for name, value in sorted(each.items())}
    return {
        "instructions": sum(within.values()),
        "within": within,
        "allocations": round((more - less) / (many - few), 2),
    }


def measured(executable, operations):
    """All of them, as many at a time as there are cores."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        futures = {name: pool.submit(measure, executable, name) for name in operations}
        return {name: future.result() for name, future in futures.items()}


def sqlite_version():
    asked = ["pkg-config", "--modversion", "sqlite3"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def complaint(operation, what, found, threshold):
    """None where it is within what is allowed."""
    allowed = threshold[what] * (1 + TOLERANCES[what])
    if found[what] <= allowed:
        return None
    text = f"{operation} takes {found[what]:,} {what}, {found[what] / threshold[what] - 1:+.1%} of {threshold[what]:,}"
    if what == "instructions":
        moved = {name: value - threshold["within"].get(name, 0) for name, value in found["within"].items()}
        text += " (" + ", ".join(f"{name} {value:+,}" for name, value in moved.items()) + ")"
    return text


def judge(found, kept):
    """Each check's name and what is wrong with it."""
    checks = {}
    for operation, figures in found.items():
        threshold = kept["operations"].get(operation)
        print(f"{operation:<22}{figures['instructions']:>12,}{figures['allocations']:>12,.2f}", end="")
        for what in TOLERANCES:
            name = f"{operation}: {what}"
            if threshold is None:
                checks[name] = f"{name}: no threshold is kept"
            else:
                print(f"{figures[what] / threshold[what] - 1:>+10.1%}", end="")
                checks[name] = complaint(operation, what, figures, threshold)
        print()
    return checks


def write_report(path, checks):
    failures = sum(wrong is not None for wrong in checks.values())
    suite = xml.etree.ElementTree.Element("testsuite", name="gates", tests=str(len(checks)), failures=str(failures))
    for name, wrong in checks.items():
        case = xml.etree.ElementTree.SubElement(suite, "testcase", name=name)
        if wrong:
            xml.etree.ElementTree.SubElement(case, "failure", message=wrong)
    xml.etree.ElementTree.ElementTree(suite).write(path)


def compare(executable, other, operations):
    """Prints how many times as much; exits with 1 where that is more than LIMIT."""
    limit = float(os.environ.get("LIMIT", "1.05"))
    here, there = measured(executable, operations), measured(other, operations)
    print(f"{'of one request':<22}{'instructions, before and after':>34}{'allocations':>31}")
    above = []
    for operation in operations:
        text = f"{operation:<22}"
        for what, width in (("instructions", 13), ("allocations", 11)):
            before, after = there[operation][what], here[operation][what]
            times = after / before if before else 1.0
            text += f"{before:>{width},}{after:>{width},}{times:>8.3f}"
            if times > limit:
                above.append(f"{operation} ({what})")
        print(text)
    if above:
        sys.exit(f"gates: more than {limit} times as much: {', '.join(above)}")


def main():
    parser = argparse.ArgumentParser(description="Count what operations take, and compare it with what they may.")
    parser.add_argument("executable", help="DyadOperations, built for release")
    parser.add_argument("operations", nargs="*", help=f"of {', '.join(COUNTS)}; all by default")
    parser.add_argument("--against", metavar="OTHER", help="an executable to compare with, instead of the thresholds")
    parser.add_argument("--renew", action="store_true", help="keep what was counted as the thresholds")
    parser.add_argument("--report", type=pathlib.Path, help="where to write a JUnit report")
    options = parser.parse_args()
    unknown = [name for name in options.operations if name not in COUNTS]
    if unknown:
        parser.error(f"no operation {', '.join(unknown)}")

    operations = options.operations or list(COUNTS)
    if options.against:
        compare(options.executable, options.against, operations)
        return
    found = measured(options.executable, operations)
    kept = json.loads(THRESHOLDS.read_text()) if THRESHOLDS.exists() else {"operations": {}}
    if options.renew:
        kept = {"sqlite": sqlite_version(), "operations": {**kept["operations"], **found}}
        THRESHOLDS.write_text(json.dumps(kept, indent=2) + "\n")

    print(f"{'of one request':<22}{'instructions':>12}{'allocations':>12}{'against the thresholds':>24}")
    checks = judge(found, kept)
    if options.report:
        write_report(options.report, checks)
    wrong = [text for text in checks.values() if text]
    for text in wrong:
        print(f"gates: {text}")
    if wrong:
        print("gates: find out what takes more. If it is worth it, `make gates RENEW=1` and say in the commit why.")
        if kept.get("sqlite") != sqlite_version():
            print(f"gates: counted with SQLite {sqlite_version()}, the thresholds with {kept.get('sqlite')}.")
        sys.exit(1)


if __name__ == "__main__":
    try:
        main()
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        sys.exit(f"gates: {error}")
