#!/usr/bin/env bash
# Counts instructions and allocations of the engine's operations in a release build, and fails where they are more than
# Tests/gates/thresholds.json allows. RENEW=1 keeps what it counts as the new thresholds. Arguments are gates.py's.
set -euo pipefail
shopt -s inherit_errexit
source "$(dirname "$0")/lib.sh"

need_swift
need_packages libsqlite3-dev libssl-dev libzip-dev zlib1g-dev
command -v valgrind >/dev/null || need_packages valgrind
command -v python3 >/dev/null || need_packages python3

# The engine alone, without the server and its packages: a minute or two on two cores.
executable=$(build_operations "$root" "$root/.build") || die "the build failed"
exec python3 scripts/gates.py ${RENEW:+--renew} "$executable" "$@"
