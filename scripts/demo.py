"""The demo: two regions in one server, a replicator between them, a web log written on one side, read on the other.

demo.py [--dyad EXECUTABLE]. Uses free ports and a temporary folder, ends every process it started, and exits non-zero
with a reason when a step fails. On a terminal the two regions are drawn in place, elsewhere as plain lines.
"""

import argparse
import pathlib
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import boto3
import botocore.config

ROOT = pathlib.Path(__file__).resolve().parents[1]
BEIJING, NINGXIA = "cn-north-1", "cn-northwest-1"
SOURCE, REPLICA = "tlog", "tlog_replica"
COLUMNS = (
    "requestid:N,host:S,date:S,hourofday:N,timezone:S,method:S,url:S,responsecode:N,bytessent:N,useragent:S"
)
LOG = [ROOT / "fixtures" / "logfile_medium1.csv", ROOT / "fixtures" / "logfile_stream.csv"]
HALF_ROWS = 2000
UPDATES, DELETES = 200, 100
MARKERS = 25
SECONDS_BETWEEN_MARKERS = 0.1
SECONDS_BETWEEN_PLAIN_COUNTS = 1
STEP_SECONDS_MAX = 60


class Failed(Exception):
    """A step of the demo did not do what it should; the text says which and how."""


class Screen:
    """Lines that stay, and under them, on a terminal, a few that are drawn again and again."""

    def __init__(self, out=sys.stdout):
        self.out = out
        self.live = out.isatty()
        self.drawn = 0
        self.started = self.said_at = time.monotonic()

    def _clear(self):
        if self.drawn:
            self.out.write(f"\x1b[{self.drawn}A\x1b[J")
            self.drawn = 0

    def say(self, text=""):
        self._clear()
        self.said_at = time.monotonic()
        for line in text.split("\n"):
            stamp = f"{self.said_at - self.started:5.1f} s  "
            if not line:
                stamp = ""
            elif self.live:
                stamp = f"\x1b[2m{stamp}\x1b[0m"
            self.out.write(f"{stamp}{line}\n")
        self.out.flush()

    def draw(self, lines):
        self._clear()
        width = shutil.get_terminal_size().columns - 1
        for line in lines:
            self.out.write(line[:width] + "\n")
        self.drawn = len(lines)
        self.out.flush()


class Processes:
    """What the demo started; each is ended by its own process id, the last started first."""

    def __init__(self, folder):
        self.folder = folder
        self.running = []

    def start(self, name, command, **options):
        log = open(self.folder / f"{name}.log", "w+")
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log, text=True, **options)
        self.running.append((name, process))
        return process

    def log(self, name):
        lines = (self.folder / f"{name}.log").read_text(errors="replace").splitlines()
        return "\n".join("    " + line for line in lines[-12:])

    def check(self):
        """Nothing may end before it is asked to."""
        for name, process in self.running:
            if process.poll() is not None:
                raise Failed(f"the {name} ended by itself with exit code {process.returncode}:\n{self.log(name)}")

    def stop(self):
        """Asks all to end; returns the names of those that did not end with exit code 0."""
        unwell = []
        while self.running:
            name, process = self.running.pop()
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                code = process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
            if code != 0:
                unwell.append(f"the {name} ended with exit code {code}:\n{self.log(name)}")
        return unwell


class Lag:
    """How long a marker takes from its write in the source to its appearance in the replica, in milliseconds."""

    def __init__(self):
        self.milliseconds = []

    def text(self):
        if not self.milliseconds:
            return "not measured yet"
        last, most = self.milliseconds[-1], max(self.milliseconds)
        return f"last {last:.0f} ms, median {statistics.median(self.milliseconds):.0f} ms, most {most:.0f} ms"


class Demo:
    def __init__(self, dyad, folder, screen):
        self.dyad, self.folder, self.screen = dyad, folder, screen
        self.processes = Processes(folder)
        self.lag = Lag()
        self.counts = {}
        self.endpoint = None

    # The pieces

    def run(self, *arguments):
        """A command of dyad that ends by itself; its output, or Failed with what it said."""
        done = subprocess.run(
            [self.dyad, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=STEP_SECONDS_MAX
        )
        if done.returncode != 0:
            said = (done.stdout + done.stderr).strip()
            raise Failed(f"'dyad {' '.join(arguments)}' ended with exit code {done.returncode}:\n{said}")
        return done.stdout.strip()

    def serve(self):
        server = self.processes.start("server", [self.dyad, "serve", "--port", "0"], stdout=subprocess.PIPE)
        ready, _, _ = select.select([server.stdout], [], [], 20)
        line = server.stdout.readline().strip() if ready else ""
        if not line.startswith("listening on "):
            raise Failed(f"the server did not say where it listens, but {line!r}:\n{self.processes.log('server')}")
        self.endpoint = line.removeprefix("listening on ")

    def client(self, region):
        return boto3.client(
            "dynamodb",
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="secret",
            config=botocore.config.Config(retries={"total_max_attempts": 3}),
        )

    def create_table(self, client, name):
        throughput = {"ReadCapacityUnits": 100, "WriteCapacityUnits": 100}
        client.create_table(
            TableName=name,
            AttributeDefinitions=[
                {"AttributeName": "requestid", "AttributeType": "N"},
                {"AttributeName": "host", "AttributeType": "S"},
            ],
            KeySchema=[{"AttributeName": "requestid", "KeyType": "HASH"}],
            ProvisionedThroughput=throughput,
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "host-requestid-gsi",
                    "KeySchema": [
                        {"AttributeName": "host", "KeyType": "HASH"},
                        {"AttributeName": "requestid", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["bytessent"]},
                    "ProvisionedThroughput": throughput,
                }
            ],
        )
        self.wait(lambda: self.status(client, name) == "ACTIVE", f"table {name} to become ACTIVE")

    @staticmethod
    def status(client, name):
        return client.describe_table(TableName=name)["Table"]["TableStatus"]

    def wait(self, probe, what, pause=0.02):
        deadline = time.monotonic() + STEP_SECONDS_MAX
        while not probe():
            self.processes.check()
            if time.monotonic() > deadline:
                raise Failed(f"waited {STEP_SECONDS_MAX} s in vain for {what}")
            time.sleep(pause)

    def load(self, path):
        return self.run(
            *("load", SOURCE, str(path), "--region", BEIJING, "--endpoint", self.endpoint, "--columns", COLUMNS)
        )

    @staticmethod
    def count(client, name):
        pages = client.get_paginator("scan").paginate(TableName=name, Select="COUNT")
        return sum(page["Count"] for page in pages)

    def link(self):
        """The options that name source and replica, the same for replicate and verify."""
        return [
            *("--source-region", BEIJING, "--source-table", SOURCE),
            *("--target-region", NINGXIA, "--target-table", REPLICA, "--endpoint", self.endpoint),
        ]

    # What is shown

    def look(self):
        """Counts both tables and draws them."""
        self.processes.check()
        self.counts = {
            BEIJING: self.count(self.beijing, SOURCE),
            NINGXIA: self.count(self.ningxia, REPLICA),
        }
        if not self.screen.live:
            if time.monotonic() - self.screen.said_at > SECONDS_BETWEEN_PLAIN_COUNTS:
                self.show_counts()
            return
        full = max(2 * HALF_ROWS, *self.counts.values())
        rows = []
        for region, table in ((BEIJING, SOURCE), (NINGXIA, REPLICA)):
            filled = round(32 * self.counts[region] / full)
            bar = "█" * filled + "·" * (32 - filled)
            rows.append(f"   {region:<15} {table:<13} {bar} {self.counts[region]:>6,} items")
        self.screen.draw(["", *rows, f"   replication lag: {self.lag.text()}", ""])

    def settle(self):
        """Until both sides have the same number of items."""
        self.wait(lambda: self.look() or self.counts[BEIJING] == self.counts[NINGXIA], "the replica to catch up")

    def show_counts(self):
        both = [f"{region} {self.counts[region]:,} items" for region in (BEIJING, NINGXIA)]
        self.screen.say("now: " + ", ".join(both))

    # The steps

    def tables(self):
        self.serve()
        self.screen.say(f"one server at {self.endpoint}, every region in it")
        self.beijing, self.ningxia = self.client(BEIJING), self.client(NINGXIA)
        self.create_table(self.beijing, SOURCE)
        self.create_table(self.ningxia, REPLICA)
        self.screen.say(f"tables: {SOURCE} in {BEIJING} (Beijing), {REPLICA} in {NINGXIA} (Ningxia)")

    def first_half(self):
        said = self.load(LOG[0])
        self.screen.say(f"first half of the web log loaded into {SOURCE}: {said.splitlines()[-1]}")
        view = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        self.beijing.update_table(TableName=SOURCE, StreamSpecification=view)
        self.wait(lambda: self.status(self.beijing, SOURCE) == "ACTIVE", "the stream")
        arn = self.beijing.describe_table(TableName=SOURCE)["Table"]["LatestStreamArn"]
        self.screen.say(f"stream on: {arn}")
        self.look()

    def second_half(self):
        command = [self.dyad, "replicate", *self.link(), "--backfill", "--batch-size", "100"]
        command += ["--checkpoint", str(self.folder / "demo.dyad-checkpoint")]
        self.processes.start("replicator", command, stdout=subprocess.DEVNULL)
        self.screen.say("replicator started, with a backfill of what the stream has not seen")
        self.while_looking(lambda: self.load(LOG[1]), "second half loaded while the backfill runs")
        self.settle()
        self.show_counts()

    def changes(self):
        def change():
            for number in range(1, UPDATES + 1):
                self.beijing.update_item(
                    TableName=SOURCE,
                    Key={"requestid": {"N": str(number)}},
                    UpdateExpression="SET seen = :now, bytessent = bytessent + :one",
                    ExpressionAttributeValues={":now": {"S": "2026"}, ":one": {"N": "1"}},
                )
            for number in range(4001, 4001 + DELETES):
                self.beijing.delete_item(TableName=SOURCE, Key={"requestid": {"N": str(number)}})
            return f"{UPDATES} updates, {DELETES} deletes"

        self.while_looking(change, "items changed")
        self.settle()
        self.show_counts()

    def measure(self):
        for number in range(MARKERS):
            key = {"requestid": {"N": str(1_000_000 + number)}}
            start = time.monotonic()
            self.beijing.put_item(TableName=SOURCE, Item={**key, "host": {"S": "marker"}})
            arrived = lambda: "Item" in self.ningxia.get_item(TableName=REPLICA, Key=key)  # noqa: E731
            self.wait(arrived, "a marker in the replica", pause=0.002)
            self.lag.milliseconds.append((time.monotonic() - start) * 1000)
            self.look()
            time.sleep(SECONDS_BETWEEN_MARKERS)
        self.settle()
        self.screen.say(f"replication lag, {MARKERS} markers written and seen again: {self.lag.text()}")

    def while_looking(self, work, what):
        """Does the work on the side, drawing meanwhile."""
        result = []

        def side():
            try:
                result.append(work())
            except BaseException as error:  # Shown by the thread that draws.
                result.append(error)

        thread = threading.Thread(target=side, daemon=True)
        thread.start()
        while thread.is_alive():
            self.look()
            thread.join(0.05)
        if isinstance(result[0], BaseException):
            raise result[0]
        self.screen.say(f"{what}: {str(result[0]).splitlines()[-1]}")

    def verify(self):
        said = self.run("verify", *self.link())
        self.screen.say("dyad verify:\n" + "\n".join("   " + line for line in said.splitlines()))

    def play(self):
        for step in (self.tables, self.first_half, self.second_half, self.changes, self.measure, self.verify):
            step()

    def summary(self):
        text = f"""
What you saw: one process was two AWS regions. {HALF_ROWS:,} rows of a web log were in Beijing before the replicator
started; it copied them to Ningxia while {HALF_ROWS:,} more came in, then followed {UPDATES} updates, {DELETES} deletes and
{MARKERS} markers through the table's stream. A change took {statistics.median(self.lag.milliseconds):.0f} ms to arrive (median). In the end both
tables hold {self.counts[BEIJING]:,} items, compared one by one and found equal."""
        self.screen.say(text.strip("\n"))


def main():
    parser = argparse.ArgumentParser(description="Two regions and a replicator, in under 30 seconds.")
    parser.add_argument("--dyad", default=str(ROOT / ".build" / "release" / "dyad"))
    dyad = parser.parse_args().dyad
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    screen = Screen()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="dyad-demo-"))
    demo = Demo(dyad, folder, screen)
    problems = []
    try:
        demo.play()
    except Failed as error:
        problems.append(str(error))
    except KeyboardInterrupt:
        problems.append("interrupted")
    except Exception as error:
        problems.append(f"{type(error).__name__}: {error}")
    finally:
        problems += demo.processes.stop()
        shutil.rmtree(folder, ignore_errors=True)
    if problems:
        screen.say("the demo failed: " + "\n".join(problems))
        return 1
    demo.summary()
    return 0


if __name__ == "__main__":
    sys.exit(main())
