#!/usr/bin/env bash
# Builds what it needs, then shows a stream handler that swallows its errors losing changes, and the replicator keeping them.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

scripts/build.sh
need_venv Tests/clients/requirements.txt
own_machine_only
exec .venv/bin/python scripts/handlers.py "$@"
