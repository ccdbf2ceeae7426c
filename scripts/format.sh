#!/usr/bin/env bash
# Formats all Swift in place; with --lint only says what is not formatted, and fails if anything is.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

if [[ ${1:-} == --lint ]]; then
    swift format lint --strict --parallel --recursive Package.swift Sources Tests
else
    swift format format --in-place --parallel --recursive Package.swift Sources Tests
fi
