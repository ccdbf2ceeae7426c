#!/usr/bin/env bash
# Sends the engine a million spoiled requests, or as many as DYAD_MUTANTS says, on a release build of the tests.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

need_swift
need_packages libsqlite3-dev libssl-dev zlib1g-dev
export DYAD_MUTANTS=${DYAD_MUTANTS:-1000000}
# A folder of its own: tests that look inside the targets want another build than the product's.
exec swift test -c release -Xswiftc -enable-testing --scratch-path .build_fuzz --disable-xctest --filter FuzzTests </dev/null
