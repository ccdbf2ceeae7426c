"""What the system tells of a process: CPU time, memory, and which process listens on a port."""

import os
import pathlib

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of all its threads so far; None when there is no such process to be seen."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, TypeError):
        return None
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_megabytes(pid):
    """`resident`, and of it `own`: without the pages of files, which the system takes back when it needs them."""
    found = {}
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in ("VmRSS", "RssAnon"):
            found[name] = int(rest.split()[0]) / 1024
    return {"resident": found["VmRSS"], "own": found["RssAnon"]}


def listening_on(port):
    """The process that listens on this port, as far as this user may see it; None otherwise."""
    wanted = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = pathlib.Path(table).read_text().splitlines()[1:]
        except FileNotFoundError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                wanted.add(f"socket:[{fields[9]}]")
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            for file in (entry / "fd").iterdir():
                if os.readlink(file) in wanted:
                    return int(entry.name)
        except OSError:
            continue
    return None
