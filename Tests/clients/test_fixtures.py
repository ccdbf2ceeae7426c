"""The web logs of fixtures/ are what their generator writes, and have the form that the rest relies on."""

import csv
import ipaddress
import subprocess
import sys

from commands import FIXTURES, LOG_COLUMNS
from support import REPOSITORY

FILES = {
    "logfile_medium1.csv": range(1, 2001),
    "logfile_medium2.csv": range(2001, 4001),
    "logfile_stream.csv": range(4001, 6001),
    "logfile_small1.csv": range(1, 501),
}
DOCUMENTATION = [ipaddress.ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
CRAWLER = "66.249.67.3"


def rows(name):
    with open(FIXTURES / name, encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


def test_the_generator_reproduces_the_files(tmp_path):
    subprocess.run(
        [sys.executable, REPOSITORY / "scripts" / "make-fixtures.py", "--out", tmp_path], check=True, capture_output=True
    )
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (FIXTURES / name).read_bytes(), name


def test_another_seed_writes_another_log(tmp_path):
    command = [sys.executable, REPOSITORY / "scripts" / "make-fixtures.py", "--out", tmp_path, "--seed", "2"]
    subprocess.run(command, check=True, capture_output=True)
    assert (tmp_path / "logfile_small1.csv").read_bytes() != (FIXTURES / "logfile_small1.csv").read_bytes()


def test_every_row_has_all_columns_and_the_numbers_are_numbers():
    for name, ids in FILES.items():
        found = rows(name)
        assert [int(row[0]) for row in found] == list(ids), name
        for row in found:
            assert len(row) == len(LOG_COLUMNS), row
            for kind, text in zip(LOG_COLUMNS.values(), row):
                assert kind == "S" or text.isdecimal(), row


def test_hosts_are_documentation_addresses_but_for_the_crawler():
    hosts = {row[1] for name in FILES for row in rows(name)} - {CRAWLER}
    assert all(any(ipaddress.ip_address(host) in net for net in DOCUMENTATION) for host in hosts)
    assert any(row[1] == CRAWLER for row in rows("logfile_stream.csv"))


def test_some_quoted_fields_hold_commas_quotes_and_other_scripts():
    fields = [text for row in rows("logfile_stream.csv") for text in (row[6], row[9])]
    assert any("," in text for text in fields)
    assert any('"' in text for text in fields)
    assert any(not text.isascii() for text in fields)
    assert any(ord(letter) > 0xFFFF for text in fields for letter in text)
