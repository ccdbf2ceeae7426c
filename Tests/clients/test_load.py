"""`dyad load`: CSV files into a table."""

import re

import pytest

import commands
from commands import FIXTURES, LOG_COLUMNS, LOG_KEY, columns, dyad, items, succeed
from support import BEIJING

LAST_LINE = re.compile(r"RowCount: (\d+), Total seconds: \d+\.\d+")
COLUMNS = {"requestid": "N", "text": "S"}


@pytest.fixture
def table(make_table):
    return make_table(**LOG_KEY)


@pytest.fixture
def csv_file(tmp_path):
    def write(text):
        path = tmp_path / "rows.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def load(server, table):
    def run(path, kinds=COLUMNS):
        options = ["--region", BEIJING, "--endpoint", server.url, "--columns", columns(kinds)]
        return dyad("load", table, path, *options)

    return run


@pytest.fixture
def loaded(load, table, dynamodb):
    """Loads, which must succeed, and returns the texts by requestid."""

    def run(path):
        done = load(path)
        assert done.returncode == 0, done.stderr
        return {item["requestid"]["N"]: item.get("text", {}).get("S") for item in items(dynamodb, table).values()}

    return run


def row_count(output):
    """What the last line says."""
    last = LAST_LINE.fullmatch(output.splitlines()[-1])
    assert last, output
    return int(last[1])


def test_a_web_log_of_2000_rows(server, table, dynamodb):
    path = FIXTURES / "logfile_medium1.csv"
    options = ["--region", BEIJING, "--endpoint", server.url, "--columns", columns(LOG_COLUMNS)]
    assert row_count(succeed("load", table, path, *options)) == 2000
    found = items(dynamodb, table)
    assert len(found) == 2000
    first = next(item for item in found.values() if item["requestid"]["N"] == "1")
    assert {name: next(iter(value)) for name, value in first.items()} == LOG_COLUMNS


def test_the_output_ends_with_the_row_count_and_nothing_else_is_on_its_line(load, csv_file):
    done = load(csv_file("1,one\n2,two\n3,three\n"))
    assert done.returncode == 0, done.stderr
    assert row_count(done.stdout) == 3


def test_an_empty_file_is_no_rows(load, csv_file):
    done = load(csv_file(""))
    assert (done.returncode, row_count(done.stdout)) == (0, 0), done.stderr


def test_commas_quotes_and_newlines_stand_in_quoted_fields(loaded, csv_file):
    path = csv_file('1,"a, b"\n2,"say ""so"""\n3,"two\nlines"\n4,"two\r\nlines"\n5,""\n')
    assert loaded(path) == {"1": "a, b", "2": 'say "so"', "3": "two\nlines", "4": "two\r\nlines", "5": ""}


def test_letters_of_every_script_arrive(loaded, csv_file):
    path = csv_file("1,Möwe\n2,渡り鳥\n3,🐦 gull\n4,e\u0301 and \u00e9\n")
    assert loaded(path) == {"1": "Möwe", "2": "渡り鳥", "3": "🐦 gull", "4": "e\u0301 and \u00e9"}


def test_lines_may_end_in_crlf_and_the_last_one_not_at_all(loaded, csv_file):
    assert loaded(csv_file("1,one\r\n2,two")) == {"1": "one", "2": "two"}


def test_a_byte_order_mark_and_blank_lines_are_passed_over_and_a_lone_cr_ends_a_line(loaded, csv_file):
    assert loaded(csv_file("\ufeff1,one\r\r2,two\n\r\n\n3,three")) == {"1": "one", "2": "two", "3": "three"}


def test_rows_across_the_pieces_that_a_file_is_read_in(loaded, csv_file):
    texts = {str(number): f'{number}: "é", ' + "x" * (number % 97) + "\r\nand more" for number in range(2000)}
    rows = [f'{key},"{text.replace(chr(34), chr(34) * 2)}"' for key, text in texts.items()]
    assert loaded(csv_file("\n".join(rows))) == texts


def test_numbers_are_stored_as_numbers(loaded, csv_file):
    assert loaded(csv_file("007,a\n1e2,b\n-0.50,c\n")) == {"7": "a", "100": "b", "-0.5": "c"}


def test_more_rows_than_a_batch_and_the_same_key_twice_in_one(loaded, csv_file):
    rows = [f"{number % 40},turn {number}" for number in range(120)]
    assert loaded(csv_file("\n".join(rows) + "\n")) == {str(key): f"turn {80 + key}" for key in range(40)}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1,one\n2,two\nthree,3\n4,four\n", ":3:1"),
        ('1,"on\ne"\n2,two\nthree,3\n4,four\n', ":4:1"),
        ("1,one\n2,two\n,3\n", ":3:1"),
        ("1,one\n2,two\n3\n", ":3:"),
        ("1,one\n2,two\n3,three,more\n", ":3:"),
        ('1,one\n2,two\n3,"never closed\n', ":3:"),
        (b"1,one\n2,two\n3,\xff\xfe\n", ":3:"),
    ],
    ids=["no number", "after a field of two lines", "empty number", "too few", "too many", "open quote", "no UTF-8"],
)
def test_a_bad_row_names_file_line_and_column_and_what_stood_before_is_loaded(
    load, csv_file, table, dynamodb, text, place
):
    path = csv_file(text)
    done = load(path)
    assert done.returncode == 1, done.stdout
    assert f"{path}{place}" in done.stderr
    assert re.search(re.escape(str(path)) + r":\d+:\d+", done.stderr), done.stderr
    assert {item["requestid"]["N"] for item in items(dynamodb, table).values()} == {"1", "2"}


def test_a_missing_file_is_one_clear_line(load, tmp_path):
    done = load(tmp_path / "nowhere.csv")
    assert done.returncode == 1
    assert "nowhere.csv" in done.stderr


def test_a_missing_table_is_named(server, csv_file):
    options = ["--region", BEIJING, "--endpoint", server.url, "--columns", columns(COLUMNS)]
    done = dyad("load", "no-such-table", csv_file("1,one\n"), *options)
    assert done.returncode == 1
    assert "no-such-table" in done.stderr or "ResourceNotFoundException" in done.stderr


def test_an_endpoint_where_nobody_listens_is_a_clear_error(csv_file):
    options = ["--region", BEIJING, "--endpoint", "http://127.0.0.1:1", "--columns", columns(COLUMNS)]
    done = commands.dyad("load", "any", csv_file("1,one\n"), *options)
    assert done.returncode == 1
    assert "127.0.0.1:1" in done.stderr
