#!/usr/bin/env bash
# Writes fixtures/service-model.json after the newest botocore there is.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

need_venv Tests/clients/requirements.txt
wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT
.venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --dest "$wheels" botocore ||
    die "pip could not download botocore"
.venv/bin/python scripts/make-service-model.py --botocore "$wheels"/botocore-*.whl
pinned=$(sed -n 's/^botocore==//p' Tests/clients/requirements.txt)
grep -qF "\"botocore\":\"$pinned\"" fixtures/service-model.json ||
    say "now pin that botocore, and its boto3 and awscli, in Tests/clients/requirements.txt"
