"""The process: what `dyad serve` prints, how it ends, and when it refuses to start.

These tests start servers of their own, so they need the executable and are left out against a foreign endpoint.
"""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

from serving import Load, client, make_table, running
from support import BEIJING, Server, binary, eventually

pytestmark = pytest.mark.skipif(bool(os.environ.get("DYAD_ENDPOINT")), reason="a foreign endpoint is tested")


def refused(*arguments, timeout=30):
    """Runs a `dyad serve` that must not start; its one line is returned."""
    process = subprocess.run([binary(), "serve", *arguments], capture_output=True, text=True, timeout=timeout)
    assert process.returncode == 1, f"{process.returncode}\n{process.stdout}\n{process.stderr}"
    assert process.stdout == ""
    lines = process.stderr.strip().splitlines()
    assert len(lines) == 1, process.stderr
    return lines[0]


def resident_files(pid):
    """Kilobytes of files' pages, the program's own among them, that a process has in memory."""
    (kilobytes,) = re.findall(r"^RssFile:\s+(\d+) kB$", pathlib.Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(kilobytes)


class TestStart:
    def test_the_first_line_and_no_other(self):
        with running("--memory", "--port", "0") as server:
            assert re.fullmatch(r"listening on http://127\.0\.0\.1:[1-9]\d*\n", server.first_line)
            assert client(server).list_tables()["TableNames"] == []
            stdout = server.process.stdout
            server.process.send_signal(signal.SIGTERM)
            assert stdout.read() == ""

    def test_it_answers_as_soon_as_it_says_so(self):
        for _ in range(5):
            with running("--port", "0") as server:
                with socket.create_connection((server.host, server.port), timeout=5):
                    pass
                assert client(server).list_tables()["TableNames"] == []

    def test_a_given_port(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with running("--memory", "--port", str(port)) as server:
            assert server.port == port

    def test_a_given_host(self):
        with running("--memory", "--port", "0", "--host", "127.0.0.1") as server:
            assert server.host == "127.0.0.1"

    def test_a_given_account(self):
        with running("--memory", "--port", "0", "--account", "876820548815") as server:
            dynamodb = client(server)
            make_table(dynamodb, "tlog")
            arn = dynamodb.describe_table(TableName="tlog")["Table"]["TableArn"]
            assert arn == f"arn:aws-cn:dynamodb:{BEIJING}:876820548815:table/tlog"

    @pytest.mark.parametrize(
        "arguments", [["--account", "12"], ["--port", "x"], ["--memory", "--data", "x"], ["--nonsense"]]
    )
    def test_bad_options(self, arguments, tmp_path):
        process = subprocess.run(
            [binary(), "serve", *arguments], capture_output=True, text=True, timeout=30, cwd=tmp_path
        )
        assert process.returncode != 0
        assert process.stdout == ""
        assert process.stderr.strip()

    def test_several_servers_are_apart(self):
        with running("--memory", "--port", "0") as first, running("--memory", "--port", "0") as second:
            make_table(client(first), "here")
            assert client(second).list_tables()["TableNames"] == []

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system tells no memory of files apart")
    def test_an_idle_server_gives_back_what_its_start_needed(self):
        with running("--memory", "--port", "0") as server:
            at_first = resident_files(server.pid)
            eventually(lambda: resident_files(server.pid) < at_first / 2, timeout=20, because="the start is forgotten")
            dynamodb = client(server)
            make_table(dynamodb, "kept")
            dynamodb.put_item(TableName="kept", Item={"pk": {"S": "a"}})
            assert dynamodb.get_item(TableName="kept", Key={"pk": {"S": "a"}})["Item"] == {"pk": {"S": "a"}}


class TestRefusals:
    def test_a_taken_port(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = holder.getsockname()[1]
            assert str(port) in refused("--memory", "--port", str(port))

    def test_a_port_that_another_server_has(self, server):
        assert str(server.port) in refused("--memory", "--port", str(server.port))

    def test_a_folder_below_a_file(self, tmp_path):
        file = tmp_path / "file"
        file.write_text("")
        assert str(file) in refused("--port", "0", "--data", str(file / "below"))

    def test_a_file_instead_of_a_folder(self, tmp_path):
        file = tmp_path / "file"
        file.write_text("")
        assert str(file) in refused("--port", "0", "--data", str(file))

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_a_folder_that_may_not_be_written(self, tmp_path):
        folder = tmp_path / "locked"
        folder.mkdir(mode=0o500)
        assert str(folder) in refused("--port", "0", "--data", str(folder))

    @pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="no folder is known that nobody may write")
    def test_a_folder_that_nobody_may_write(self):
        assert "/proc" in refused("--port", "0", "--data", "/proc/dyad")

    def test_a_folder_in_use(self, tmp_path):
        with running("--port", "0", "--data", str(tmp_path)) as server:
            make_table(client(server), "kept")
            assert str(tmp_path) in refused("--port", "0", "--data", str(tmp_path))
            assert client(server).list_tables()["TableNames"] == ["kept"]
        with running("--port", "0", "--data", str(tmp_path)) as server:
            assert client(server).list_tables()["TableNames"] == ["kept"]

    def test_a_folder_of_a_process_that_was_killed_is_free(self, tmp_path):
        server = Server("--port", "0", "--data", str(tmp_path))
        server.kill()
        with running("--port", "0", "--data", str(tmp_path)):
            pass

    def test_a_folder_of_a_newer_version(self, tmp_path):
        with running("--port", "0", "--data", str(tmp_path)):
            pass
        stamp = tmp_path / "dyad.json"
        written = json.loads(stamp.read_text())
        assert written["format"] == 1
        stamp.write_text(json.dumps({**written, "format": 2}))
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        line = refused("--port", "0", "--data", str(tmp_path))
        assert str(tmp_path) in line and "2" in line
        after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        assert {path: after.get(path) for path in before} == before  # nothing of it was touched

    def test_a_stamp_that_does_not_parse(self, tmp_path):
        # Documented reading: what cannot be understood is not written over.
        (tmp_path / "dyad.json").write_text("{")
        assert "dyad.json" in refused("--port", "0", "--data", str(tmp_path))


class TestEnd:
    @pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
    @pytest.mark.parametrize("store", ["memory", "data"])
    def test_signals(self, tmp_path, with_signal, store):
        options = ["--memory"] if store == "memory" else ["--data", str(tmp_path)]
        server = Server("--port", "0", *options)
        try:
            dynamodb = client(server)
            make_table(dynamodb, "kept")
            dynamodb.put_item(TableName="kept", Item={"pk": {"S": "x"}})
            assert server.end(with_signal) == 0, server.errors()
        finally:
            server.kill()
        if store == "data":
            with running("--port", "0", "--data", str(tmp_path)) as server:
                assert client(server).scan(TableName="kept")["Items"] == [{"pk": {"S": "x"}}]

    def test_idle_connections_do_not_hold_it(self):
        with running("--memory", "--port", "0") as server:
            sockets = [socket.create_connection((server.host, server.port)) for _ in range(10)]
            client(server).list_tables()
            start = time.monotonic()
            assert server.end() == 0
            assert time.monotonic() - start < 15
            for sock in sockets:
                sock.close()

    def test_the_port_is_free_again(self):
        with running("--memory", "--port", "0") as server:
            port = server.port
        with running("--memory", "--port", str(port)) as server:
            assert server.port == port

    def test_memory_keeps_nothing(self):
        with running("--memory", "--port", "0") as server:
            make_table(client(server), "gone")
        with running("--memory", "--port", "0") as server:
            assert client(server).list_tables()["TableNames"] == []

    def test_what_is_in_flight_is_finished(self, tmp_path):
        """Every write that was answered before the end is there afterwards, and no answer is cut in two."""
        server = Server("--port", "0", "--data", str(tmp_path))
        try:
            make_table(client(server), "kept")
            load = Load(server, "kept", workers=4)
            load.start()
            eventually(lambda: load.acknowledged() > 200, timeout=30)
            assert server.end() == 0, server.errors()
            load.join()
        finally:
            server.kill()
        with running("--port", "0", "--data", str(tmp_path)) as server:
            load.assert_kept(client(server), "kept")
