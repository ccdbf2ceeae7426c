"""Load by wrk: one thread, many connections. It says what the server and what wrk itself took of the processor."""

import json
import pathlib
import resource
import subprocess
import tempfile
import time

import context
import servers

WARM_SECONDS = 1
MOTO_SECONDS = 4  # some of its answers take more than a second
SATURATED = 0.95  # of a core: then wrk's one thread is the limit, not the server


class Load:
    """Requests of one kind, written down for wrk. `digits` are the least and the largest number that stands for `@…`."""

    def __init__(self, name, operation, make_bodies, *, items=1, digits=None):
        self.name, self.operation, self.make_bodies = name, operation, make_bodies
        self.items = items  # in one request
        self.digits = digits

    def run(self, server, connections, seconds):
        """One run: a rate, latencies in microseconds, and processor time."""
        script = pathlib.Path(__file__).with_name("request.lua")
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.writelines(body + "\n" for body in self.make_bodies())
            file.flush()
            command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(script)]
            command += [server.url, "--", self.operation, servers.REGION, file.name]
            command += [str(digit) for digit in self.digits or ()]
            server_before, client_before, began = server.cpu_seconds(), children_seconds(), time.monotonic()
            done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 120)
            wall = time.monotonic() - began
        client = children_seconds() - client_before
        if done.returncode != 0:
            raise RuntimeError(f"wrk failed: {done.stdout}{done.stderr}")
        result = json.loads(done.stdout.strip().splitlines()[-1])
        if result["bad"]:
            raise RuntimeError(f"{server.name} answered {result['bad']} of {result['requests']} {self.name} with an error")
        count, took = max(1, result["requests"]), result["microseconds"] / 1e6
        server_used = None if server_before is None else server.cpu_seconds() - server_before
        return {
            "rate": result["requests"] / took,
            "bytes_per_second": result["bytes"] / took,
            "p50": result["p50"],
            "p99": result["p99"],
            "p999": result["p999"],
            "broken": result["broken"],
            "server_us": None if server_used is None else server_used / count * 1e6,
            "client_us": client / count * 1e6,
            "client_cores": client / wall,
        }


def children_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def alternate(run, running, loads, connections):
    """Medians of all loads on all servers, which take turns; {load: {server: figures}}."""
    cells = {}
    for load in loads:
        cells |= interleave(run, running, [load], connections)
    return cells


def interleave(run, running, loads, connections):
    """The same where loads are compared with each other: they take turns too."""
    runs = {load.name: {server.name: [] for server in running} for load in loads}
    for load in loads:
        for server in running:
            if server.name != "moto_server":
                load.run(server, connections, WARM_SECONDS)
    for server in run.turns(running):
        for load in loads:
            if server.answers_everything:
                server.settle()
            seconds = run.seconds if server.name != "moto_server" else MOTO_SECONDS
            runs[load.name][server.name].append(load.run(server, connections, seconds))
    cells = {}
    for load in loads:
        cells[load.name] = {name: context.median(each) for name, each in runs[load.name].items()}
        show(load.name, connections, cells[load.name])
    return cells


def show_head():
    print(
        f"  {'requests':<36}{'server':<18}{'a second':>10}{'of fixed':>10}{'p50':>8}{'p99':>8}{'p99.9':>8} ms"
        f"{'server':>9}{'client':>9} µs{'client':>8}",
        flush=True,
    )


def show(name, connections, cell):
    floor = cell.get("fixed answer", {}).get("rate")
    for server, figures in cell.items():
        share = "" if floor is None or server == "fixed answer" else f"{figures['rate'] / floor:.2f}"
        text = f"  {f'{name}, {connections} c':<36}{server:<18}{figures['rate']:>10,.0f}{share:>10}"
        text += "".join(f"{context.milliseconds(figures[name]):>8}" for name in ("p50", "p99", "p999"))
        text += f"   {context.amount(figures['server_us']):>9}{context.amount(figures['client_us']):>9}   "
        text += f"{figures['client_cores'] * 100:>7.0f}%"
        if figures["client_cores"] >= SATURATED:
            text += " the client is the limit"
        if figures["broken"]:
            text += f" {figures['broken']:.0f} broken"
        print(text, flush=True)


def ratio(cell, to="fixed answer"):
    return cell["dyad"]["rate"] / cell[to]["rate"]
