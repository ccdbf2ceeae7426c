#!/usr/bin/env bash
# Builds what the demo needs, then shows two regions and the replicator between them.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

scripts/build.sh
need_venv Tests/clients/requirements.txt
own_machine_only
exec .venv/bin/python scripts/demo.py "$@"
