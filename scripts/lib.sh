# Sourced by the scripts beside it: where the project is, how to speak, which Python and which packages.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

say() { printf '== %s\n' "$*"; }

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# need_swift: a toolchain that can read Package.swift.
need_swift() {
    command -v swift >/dev/null || die "Swift 6.2 or newer is needed, and no 'swift' is on the PATH (swift.org/install)"
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    [[ $version && $(printf '%s\n6.2\n' "$version" | sort -V | head -n 1) == 6.2 ]] ||
        die "Swift 6.2 or newer is needed, 'swift' is ${version:-of an unknown version}"
}

# need_packages NAME...: installs the Debian packages among these that are missing; touches nothing when none is.
need_packages() {
    command -v dpkg-query >/dev/null || { check_libraries; return; }
    local missing=() name
    for name in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || missing+=("$name")
    done
    ((${#missing[@]})) || return 0
    local as_root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null || die "please have root run 'apt-get install ${missing[*]}', then try again"
        as_root=(sudo)
        [[ -t 0 ]] || as_root+=(-n) # Without a terminal nobody can type a password.
    fi
    say "installing ${missing[*]}"
    "${as_root[@]}" apt-get update -qq >/dev/null || true # An old list of packages may still do.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${missing[@]}" </dev/null >/dev/null || die "could not install ${missing[*]}"
}

# Where there is no dpkg, the libraries are the reader's to install; say which, once, before the compiler does.
check_libraries() {
    command -v pkg-config >/dev/null || return 0
    local library
    for library in sqlite3 libcrypto zlib libzip; do
        pkg-config --exists "$library" || die "the development files of $library are missing; please install them"
    done
}

# python_with_venv: prints the first Python that can make a virtual environment; fails where none can.
python_with_venv() {
    local candidate
    for candidate in python3 /usr/bin/python3; do
        if "$candidate" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    return 1
}

# need_libraries: what the executables are linked with.
need_libraries() { need_packages libsqlite3-dev libssl-dev libzip-dev zlib1g-dev; }

# need_counting: what instructions and allocations are counted with.
need_counting() {
    need_swift
    need_libraries
    command -v valgrind >/dev/null || need_packages valgrind
    command -v python3 >/dev/null || need_packages python3
}

# need_venv REQUIREMENTS...: .venv with what these files pin; quick when it is there already.
need_venv() {
    local python wanted stamp=.venv/.installed
    wanted=$(cat "$@" | cksum)
    if [[ -x .venv/bin/python && -f $stamp ]] && grep -qxF "$wanted" "$stamp" && .venv/bin/python -c ''; then
        return 0
    fi
    if ! .venv/bin/python -c '' 2>/dev/null; then
        if ! python=$(python_with_venv); then
            need_packages python3 python3-venv
            python=$(python_with_venv) || die "Python 3.10 or newer with venv is needed"
        fi
        say "making .venv with $("$python" --version)"
        "$python" -m venv --clear .venv
    fi
    say "installing what $* pin"
    local arguments=() file
    for file in "$@"; do arguments+=(-r "$file"); done
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input "${arguments[@]}" ||
        die "pip could not install what $* pin"
    printf '%s\n' "$wanted" >>"$stamp"
}

# own_machine_only: clients started from here talk to this machine, whatever the environment says of AWS and proxies.
own_machine_only() {
    local name
    for name in "${!AWS_@}"; do unset "$name"; done
    export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
    export NO_PROXY=127.0.0.1,localhost no_proxy=127.0.0.1,localhost
}

# release_flags: how an executable is built for release. On Linux it starts with 22 million instructions instead of 33 by
# what stands here; a plain `swift build -c release` makes one that does the same.
release_flags=(-c release)
if [[ $(uname) == Linux ]]; then
    # The standard library inside the executable: no Swift needed where it runs, and no look-up of its symbols.
    release_flags+=(--static-swift-stdlib -Xlinker --no-export-dynamic)
    # Where it lies is decided now and not at each start, which had 90,000 pointers to adjust.
    release_flags+=(-Xswiftc -Xclang-linker -Xswiftc -no-pie)
    # Generic types are made by code: made from their names, each first use searches all conformances there are.
    release_flags+=(-Xswiftc -Xfrontend -Xswiftc -disable-concrete-type-metadata-mangled-name-accessors)
    # Whether two parts of the program change a value at once is looked at in the tests' builds: 3 % of a GetItem's time.
    release_flags+=(-Xswiftc -enforce-exclusivity=unchecked)
    # The toolchain's own linker, where it has one, lays the sections out more tightly.
    [[ -x $(dirname "$(readlink -f "$(command -v swift)")")/ld.lld ]] && release_flags+=(-Xswiftc -use-ld=lld)
fi

# build_operations FOLDER SCRATCH: builds DyadOperations of the project in FOLDER, for counting, and prints its path.
build_operations() {
    # Valgrind gives up on what Swift writes for debuggers.
    local flags=("${release_flags[@]}" -Xlinker --strip-debug --scratch-path "$2" --product DyadOperations)
    (cd "$1" && swift build "${flags[@]}" >&2 </dev/null && swift build "${flags[@]}" --show-bin-path </dev/null) |
        sed 's|$|/DyadOperations|'
}
