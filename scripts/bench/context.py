"""What all sections share: how long they run, which servers, and the aims they were held against."""

import contextlib
import dataclasses
import pathlib
import statistics
import sys
import tempfile

import servers

PREFIX = "bench"


@dataclasses.dataclass
class Run:
    """One call of the benchmark."""

    binaries: pathlib.Path
    folder: pathlib.Path  # for data on a real disk: where the project is, not /tmp, which may be memory
    quick: bool = False
    long: bool = False
    keep: bool = False
    peers: tuple = ()
    connections: tuple = (64,)
    aims: list = dataclasses.field(default_factory=list)

    @property
    def rounds(self):
        return 1 if self.quick else 5

    @property
    def seconds(self):
        """Of one run of wrk."""
        return 1 if self.quick else 2

    def turns(self, running):
        """The servers in the order in which they are measured. moto, a hundred times as slow, has one turn."""
        return [server for turn in range(self.rounds) for server in running if turn == 0 or server.name != "moto_server"]

    def scaled(self, *, long, usual, quick):
        """The size of what is measured, where full size takes minutes."""
        return long if self.long else quick if self.quick else usual

    @contextlib.contextmanager
    def serving(self, *names):
        """The named servers among dyad, fixed and moto, and all peers where `peers` is named; ended at the end."""
        makers = {
            "dyad": lambda: [servers.dyad(self.binaries)],
            "fixed": lambda: [servers.fixed(self.binaries)],
            "moto": lambda: [servers.moto()],
            "peers": lambda: [servers.Peer(url) for url in self.peers],
        }
        running = []
        try:
            for name in names:
                running.extend(makers[name]())
            yield running
        finally:
            for server in running:
                server.stop()

    @contextlib.contextmanager
    def data_folder(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            yield pathlib.Path(folder)

    def judge(self, name, side, bound, value, unit="", note=""):
        """Keeps an aim and what was measured; `side` is `at least` or `under`."""
        met = value >= bound if side == "at least" else value < bound
        self.aims.append(
            {"name": name, "side": side, "bound": bound, "unit": unit, "value": value, "met": met, "note": note}
        )

    def show_aims(self):
        print("\naims")
        for aim in self.aims:
            unit = f" {aim['unit']}" if aim["unit"] else ""
            text = f"  {aim['name']:<52} {aim['side']:<8} {amount(aim['bound']):>9}{unit:<9}"
            text += f"{amount(aim['value']):>10}{unit:<9}{'met' if aim['met'] else 'MISSED'}"
            print(text + (f" ({aim['note']})" if aim["note"] else ""))
        print(f"  {sum(aim['met'] for aim in self.aims)} of {len(self.aims)} met", flush=True)


def median(runs):
    """Of dictionaries with the same numbers, or None where one could not be told."""
    return {
        name: None if any(run[name] is None for run in runs) else statistics.median(run[name] for run in runs)
        for name in runs[0]
    }


def quantiles(latencies):
    """p50, p99 and p99.9 of a list."""
    ordered = sorted(latencies)

    def at(share):
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    return {"p50": at(0.5), "p99": at(0.99), "p999": at(0.999)}


def amount(value):
    """Three digits, and no more than are meant."""
    if value is None:
        return "-"
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def milliseconds(microseconds):
    return amount(None if microseconds is None else microseconds / 1000)


def heading(text):
    print(f"\n{text}", flush=True)


def line(text):
    print(f"  {text}", flush=True)


def stop_on_sigterm(*_):
    sys.exit("bench: terminated")
