"""Adds up what the parts of `make test` reported: count-tests.py REPORTS_DIR [BROKEN_PART...].

Reads swift.txt (the output of `swift test`), clients.xml and gates.xml (JUnit reports). A part that is named as broken,
or that reports no test at all, counts as one failure at least: silence is no success.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree

SWIFT_RUN = re.compile(r"Test run with (\d+) tests?\b")
SWIFT_FAILURE = re.compile(r"^\W*Test .* failed after .* with \d+ issues?", re.MULTILINE)


def swift_counts(path):
    text = path.read_text(errors="replace") if path.exists() else ""
    run = sum(int(number) for number in SWIFT_RUN.findall(text))
    failures = SWIFT_FAILURE.findall(text)
    failed = len([line for line in failures if not SWIFT_RUN.search(line)])
    return run - min(failed, run), failed, 0


def report_counts(path):
    if not path.exists():
        return 0, 0, 0
    suites = list(xml.etree.ElementTree.parse(path).getroot().iter("testsuite"))
    total = {name: sum(int(suite.get(name, 0)) for suite in suites) for name in ("tests", "failures", "errors", "skipped")}
    failed = total["failures"] + total["errors"]
    return total["tests"] - failed - total["skipped"], failed, total["skipped"]


def main():
    reports, broken = pathlib.Path(sys.argv[1]), sys.argv[2:]
    parts = {
        "Swift tests": swift_counts(reports / "swift.txt"),
        "client tests": report_counts(reports / "clients.xml"),
        "gates": report_counts(reports / "gates.xml"),
    }
    all_passed = all_failed = 0
    for name, (passed, failed, skipped) in parts.items():
        if failed == 0 and (name in broken or passed == 0):
            failed = 1
        print(f"{name}: {passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
        all_passed, all_failed = all_passed + passed, all_failed + failed
    for name in broken:
        if name not in parts:
            print(f"{name}: failed")
            all_failed += 1
    print(f"{all_passed} passed, {all_failed} failed")
    sys.exit(1 if all_failed else 0)


if __name__ == "__main__":
    main()
