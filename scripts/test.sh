#!/usr/bin/env bash
# Everything that must hold: format, build without warnings, Swift tests, real clients against the debug build, and what
# operations may take in a release build.
# Ends with a line "N passed, M failed"; exit code 0 only if M is 0 and every part ran.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

need_swift
need_libraries
need_venv Tests/clients/requirements.txt

# Far above what they take; a test that hangs must not hang whoever waits for the result.
swift_seconds_max=1500
client_seconds_max=1800
gate_seconds_max=1200

broken=()
reports=.build/reports
mkdir -p "$reports"
rm -f "$reports"/*

say "format"
scripts/format.sh --lint || broken+=(format)

say "build (debug, warnings are errors)"
swift build --build-tests </dev/null || die "the build failed"

say "Swift tests"
timeout -k 10 $swift_seconds_max swift test --skip-build --disable-xctest --skip FuzzTests </dev/null 2>&1 |
    tee "$reports/swift.txt" || broken+=("Swift tests")

say "spoiled requests"
# By themselves, since they watch the process's memory. `make fuzz` sends a million.
DYAD_MUTANTS=${DYAD_MUTANTS:-100000} timeout -k 10 $swift_seconds_max \
    swift test --skip-build --disable-xctest --filter FuzzTests </dev/null 2>&1 |
    tee -a "$reports/swift.txt" || broken+=("Swift tests")

say "client tests"
own_machine_only
export PATH="$root/.venv/bin:$PATH" PYTHONDONTWRITEBYTECODE=1
DYAD=$(swift build --show-bin-path)/dyad
export DYAD
timeout -k 10 $client_seconds_max .venv/bin/python -m pytest Tests/clients -q --durations=10 \
    --junitxml="$reports/clients.xml" </dev/null || broken+=("client tests")

say "gates"
timeout -k 10 $gate_seconds_max scripts/gates.sh --report "$reports/gates.xml" </dev/null || broken+=(gates)

say "result"
.venv/bin/python scripts/count-tests.py "$reports" "${broken[@]}"
