#!/usr/bin/env bash
# Counts instructions and allocations of the engine's operations in a release build, and fails where they are more than
# Tests/gates/thresholds.json allows. RENEW=1 keeps what it counts as the new thresholds. Arguments are gates.py's.
set -euo pipefail
shopt -s inherit_errexit
source "$(dirname "$0")/lib.sh"

need_counting

# The engine alone, without the server and its packages: a minute or two on two cores.
executable=$(build_operations "$root" "$root/.build") || die "the build failed"
exec python3 scripts/gates.py ${RENEW:+--renew} "$executable" "$@"
