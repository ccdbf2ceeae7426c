"""What the system tells of a process: CPU time, memory, and which process listens on a port."""

import os
import pathlib
import resource

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of all its threads so far; None when there is no such process to be seen."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, TypeError):
        return None
    return (int(fields[11]) + int(fields[12])) / TICKS


def machine_seconds():
    """Processor time of all cores so far: `busy`, `idle`, and `stolen` by other machines on the same hardware."""
    first = pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    user, nice, system, idle, waiting, interrupts, soft, stolen = (int(field) / TICKS for field in first[:8])
    return {"busy": user + nice + system + interrupts + soft, "idle": idle + waiting, "stolen": stolen}


def our_seconds():
    """Of this process and of all those that it started and that have ended."""
    used = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


class Bystanders:
    """How much of the machine others took since this was made: what was measured beside them says little."""

    def __init__(self):
        self.machine, self.ours = machine_seconds(), our_seconds()

    def shares(self):
        """`others` (servers that run already among them), and `stolen`."""
        now = machine_seconds()
        spent = {name: now[name] - self.machine[name] for name in now}
        whole = max(sum(spent.values()), 1 / TICKS)
        others = spent["busy"] - (our_seconds() - self.ours)
        return {"others": max(0, others) / whole, "stolen": spent["stolen"] / whole}


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
