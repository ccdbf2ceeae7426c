"""The walkthrough from beginning to end on the fixture log, and the demo: both as a reader would run them."""

import subprocess
import sys

import pytest

import commands
import support
from commands import FIXTURES

SCRIPT = support.REPOSITORY / "Tests" / "clients" / "walkthrough" / "walkthrough.sh"
DEMO = support.REPOSITORY / "scripts" / "demo.py"


@pytest.mark.parametrize("how", [[], ["--backfill"]], ids=["stream only", "with a backfill"])
def test_the_walkthrough(how):
    with commands.serving("--memory", "--port", "0") as server:
        done = subprocess.run(
            ["bash", SCRIPT, server.url, FIXTURES, support.binary(), *how],
            env={**commands.environment(), "PYTHON": sys.executable},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert server.end() == 0


def test_the_demo():
    done = subprocess.run(
        [sys.executable, DEMO, "--dyad", support.binary()],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "found equal" in done.stdout


def test_the_handlers():
    """A handler that swallows its errors loses what is held for a moment; the other two ways lose nothing."""
    done = subprocess.run(
        [sys.executable, support.REPOSITORY / "scripts" / "handlers.py", "--dyad", support.binary()],
        env=commands.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lost = [line.split(", ")[1] for line in done.stdout.splitlines() if "lost for good" in line]
    assert lost == ["10 lost for good", "0 lost for good", "0 lost for good"]


def test_the_demo_says_what_failed_and_leaves_nothing_behind(tmp_path):
    """A stand-in for the executable that cannot serve."""
    broken = tmp_path / "dyad"
    broken.write_text("#!/bin/sh\necho no room today >&2\nexit 3\n")
    broken.chmod(0o755)
    done = subprocess.run(
        [sys.executable, DEMO, "--dyad", broken],
        env={**commands.environment(), "TMPDIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "no room today" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["dyad"]
