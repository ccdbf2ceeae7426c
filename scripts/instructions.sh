#!/usr/bin/env bash
# Counts instructions and allocations of the engine's operations in two builds, and says how many times as many the second
# takes: instructions.sh [BASE [OTHER]], each a revision or `.` for what stands here now; by default HEAD and `.`.
#
# It fails where that is more than LIMIT times, 1.05 unless said otherwise. OPERATIONS, as in "GetItem Query", counts fewer.
#
# Both repeat where times do not: the engine runs in one process under callgrind, with the same inputs, twice with
# different numbers of requests, so that the start counts for nothing.
set -euo pipefail
shopt -s inherit_errexit
source "$(dirname "$0")/lib.sh"

need_counting

room=$root/.build_instructions
mkdir -p "$room"

# executable REVISION: the path of that revision's DyadOperations. All builds share one scratch folder's packages.
executable() {
    if [[ $1 == . ]]; then
        build_operations "$root" "$room/here"
        return
    fi
    local commit
    commit=$(git rev-parse --verify --quiet "$1^{commit}") || die "no revision '$1'"
    if [[ ! -x $room/DyadOperations-$commit ]]; then
        [[ -e $room/tree/.git ]] || git worktree add --quiet --force --detach "$room/tree" "$commit"
        git -C "$room/tree" checkout --quiet --detach "$commit"
        [[ -d $room/tree/Sources/DyadOperations ]] || die "'$1' is older than DyadOperations, which counts"
        cp "$(build_operations "$room/tree" "$room/there")" "$room/DyadOperations-$commit"
    fi
    printf '%s\n' "$room/DyadOperations-$commit"
}

base=$(executable "${1:-HEAD}")
other=$(executable "${2:-.}")
read -ra operations <<<"${OPERATIONS:-}"
exec python3 scripts/gates.py --against "$base" "$other" "${operations[@]}"
