#!/usr/bin/env bash
# Counts the instructions of GetItem, PutItem and Query in two builds, and says how many times as many the second takes:
# instructions.sh [BASE [OTHER]], each a revision or `.` for what stands here now; by default HEAD and `.`.
#
# It fails where that is more than LIMIT times, 1.05 unless said otherwise.
#
# Instructions repeat where times do not: the engine runs in one process under callgrind, with the same inputs, twice with
# different numbers of requests, so that the start counts for nothing.
set -euo pipefail
shopt -s inherit_errexit
source "$(dirname "$0")/lib.sh"

need_swift
need_packages libsqlite3-dev libssl-dev libzip-dev zlib1g-dev
command -v valgrind >/dev/null || need_packages valgrind

few=200 many=1200
room=$root/.build_instructions
mkdir -p "$room"

# build FOLDER: the path of FOLDER's DyadBench, built for release. All builds share one scratch folder's packages.
build() {
    # Valgrind gives up on what Swift writes for debuggers.
    local flags=(-c release --static-swift-stdlib -Xlinker --strip-debug --scratch-path "$room/$2")
    (cd "$1" && swift build "${flags[@]}" --product DyadBench >&2 </dev/null)
    printf '%s\n' "$room/$2/release/DyadBench"
}

# executable REVISION: the path of that revision's DyadBench.
executable() {
    if [[ $1 == . ]]; then
        build "$root" here
        return
    fi
    local commit
    commit=$(git rev-parse --verify --quiet "$1^{commit}") || die "no revision '$1'"
    if [[ ! -x $room/DyadBench-$commit ]]; then
        [[ -e $room/tree/.git ]] || git worktree add --quiet --force --detach "$room/tree" "$commit"
        git -C "$room/tree" checkout --quiet --detach "$commit"
        cp "$(build "$room/tree" there)" "$room/DyadBench-$commit"
    fi
    printf '%s\n' "$room/DyadBench-$commit"
}

# collected EXECUTABLE OPERATION COUNT: all instructions of that run.
collected() {
    local log
    # Without a seed of its own for each process, Swift's hashes are the same in all of them.
    log=$(SWIFT_DETERMINISTIC_HASHING=1 valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        "$1" operations "$2" --count "$3" 2>&1 </dev/null) || die "$1 operations $2: $log"
    sed -n 's/^==[0-9]*== Collected : \([0-9]*\).*/\1/p' <<<"$log"
}

# each EXECUTABLE OPERATION: the instructions of one request.
each() {
    local less more
    less=$(collected "$1" "$2" $few)
    more=$(collected "$1" "$2" $many)
    printf '%s\n' $(((more - less) / (many - few)))
}

base=$(executable "${1:-HEAD}")
other=$(executable "${2:-.}")
limit=${LIMIT:-1.05}
above=()
printf '%-10s %14s %14s %8s\n' operation "${1:-HEAD}" "${2:-.}" ratio
for operation in GetItem PutItem Query; do
    before=$(each "$base" "$operation")
    after=$(each "$other" "$operation")
    printf '%-10s %14d %14d %8.3f\n' "$operation" "$before" "$after" "$(awk "BEGIN { print $after / $before }")"
    awk "BEGIN { exit ($after > $before * $limit) }" || above+=("$operation")
done
((${#above[@]} == 0)) || die "more than $limit times the instructions: ${above[*]}"
