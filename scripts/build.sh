#!/usr/bin/env bash
# Builds the executables named (default: dyad) for release, after installing the libraries they need.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

need_swift
need_libraries

for product in "${@:-dyad}"; do
    swift build "${release_flags[@]}" --product "$product"
done
say "built: ${*:-dyad} in .build/release"
