#!/usr/bin/env bash
# Sends the engine a million spoiled requests, or as many as DYAD_MUTANTS says: some ten minutes on the debug build.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

need_swift
need_libraries
swift build --build-tests </dev/null
export DYAD_MUTANTS=${DYAD_MUTANTS:-1000000}
exec swift test --skip-build --disable-xctest --filter FuzzTests </dev/null
