"""The commands of the workshop's own text, one after the other, in a folder with its files: nothing is changed but the
account's number and the stream's label.

The text is not the project's and is not in it: $DYAD_WALKTHROUGH names it, or it lies beside the checkout.
"""

import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys

import pytest

import commands
import support
from support import ACCOUNT, BEIJING, NINGXIA

TEXT = pathlib.Path(
    os.environ.get("DYAD_WALKTHROUGH") or support.REPOSITORY.parent / "shared" / "walkthrough.md"
)
FILES = TEXT.parent / "accept"
DATA = TEXT.parent / "data"
COMMANDS = ("aws ", "python ", "zip ")
LABEL = re.compile(r"/stream/\d{4}-\d\d-\d\dT[\d:.]+")

pytestmark = pytest.mark.skipif(not (TEXT.exists() and FILES.exists() and DATA.exists()), reason="the text is not here")


def written():
    """The commands in the order of the text, continued lines as they stand."""
    found, inside = [], False
    lines = iter(TEXT.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if line.startswith("```"):
            inside = not inside
        elif inside and line.startswith(COMMANDS):
            command = [line]
            while command[-1].rstrip().endswith("\\"):
                command.append(next(lines))
            found.append("\n".join(command))
    return found


@pytest.fixture
def folder(tmp_path):
    for name in ("ddbreplica_lambda.py", "load_tlog.py", "iam-role-policy.json", "iam-trust-relationship.json"):
        shutil.copy(FILES / name, tmp_path / name)
    (tmp_path / "data").symlink_to(DATA)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "python").symlink_to(sys.executable)
    if shutil.which("zip") is None:
        shim = tools / "zip"
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m zipfile -c "$@"\n')
        shim.chmod(shim.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def test_every_command_runs_as_it_is_written(folder):
    found = written()
    assert len(found) > 12, "the text is another one"
    server = support.Server("--memory", "--port", "0", "--functions", "--python", sys.executable)
    try:
        environment = support.aws_environment(server.url, BEIJING, support.ACCESS_KEY)
        environment.pop("AWS_REGION", None)
        # Beside the virtual environment's Python, its other tools: the AWS CLI.
        environment["PATH"] = f"{folder / 'tools'}:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
        label, said = "", {}
        for command in found:
            own = LABEL.sub(label, command) if label else command
            own = re.sub(r"\b\d{12}\b", ACCOUNT, own)
            done = subprocess.run(
                ["bash", "-c", own], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
            )
            assert done.returncode == 0, f"{own}\n{done.stdout}{done.stderr}"
            said[command] = done.stdout
            if "LatestStreamArn" in command:
                label = LABEL.search(done.stdout)[0]
        role = next(text for command, text in said.items() if command.startswith("aws iam get-role"))
        assert role.strip() == f"arn:aws-cn:iam::{ACCOUNT}:role/service-role/ray_ddbreplica_role"
        assert any('"TableStatus": "ACTIVE"' in text for text in said.values())
        replica = support.make_client("dynamodb", server.url, NINGXIA)
        support.eventually(
            lambda: len(commands.items(replica, "tlog_replica")) == 2000, timeout=120, because="the replica"
        )
        source = commands.items(support.make_client("dynamodb", server.url, BEIJING), "tlog")
        for key, item in commands.items(replica, "tlog_replica").items():
            assert source[key] == item
        scan = json.loads(said[next(c for c in found if "scan --table-name 'tlog' " in c)])
        # The items that AWS itself printed first.
        assert [item["requestid"]["N"] for item in scan["Items"]] == ["4666", "251"]
        assert server.end(timeout=60) == 0
    finally:
        server.kill()
