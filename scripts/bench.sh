#!/usr/bin/env bash
# Measures the release build side by side with a fixed answer, with moto and with PEER=http://HOST:PORT,…; QUICK=1 takes
# shorter runs, LONG=1 all there are, ONLY=SECTION,… some of them.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

scripts/build.sh dyad DyadBench
command -v wrk >/dev/null || need_packages wrk
need_venv Tests/clients/requirements.txt scripts/bench/requirements.txt
own_machine_only
exec .venv/bin/python scripts/bench/bench.py "$@"
