"""`dyad verify`: two tables compared wholly."""

import pytest

from commands import LOG_KEY, dyad, link
from support import BEIJING, NINGXIA


def item(number, text="same"):
    return {"requestid": {"N": str(number)}, "text": {"S": text}}


@pytest.fixture
def source(make_table):
    return make_table(BEIJING, **LOG_KEY)


@pytest.fixture
def replica(make_table):
    return make_table(NINGXIA, **LOG_KEY)


@pytest.fixture
def fill(dynamodb, source, replica):
    def put(in_source, in_replica):
        for region, table, all_items in ((BEIJING, source, in_source), (NINGXIA, replica, in_replica)):
            for each in all_items:
                dynamodb(region).put_item(TableName=table, Item=each)

    return put


@pytest.fixture
def verify(server, source, replica):
    return lambda: dyad("verify", *link(source, replica, server.url))


def line_with(output, number):
    lines = [line for line in output.splitlines() if str(number) in line]
    assert lines, f"{number} is not named in\n{output}"
    return " ".join(lines).lower()


def test_two_empty_tables_are_equal(verify):
    assert verify().returncode == 0


def test_equal_tables_are_counted_and_the_exit_code_is_0(fill, verify):
    everything = [item(number) for number in range(137)]
    fill(everything, reversed(everything))
    done = verify()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("137") >= 2


def test_the_order_of_a_set_or_a_map_and_the_writing_of_a_number_are_no_difference(fill, verify):
    fill(
        [{"requestid": {"N": "1"}, "set": {"SS": ["a", "b"]}, "map": {"M": {"x": {"N": "1"}, "y": {"N": "2"}}}}],
        [{"map": {"M": {"y": {"N": "2.0"}, "x": {"N": "1"}}}, "set": {"SS": ["b", "a"]}, "requestid": {"N": "1"}}],
    )
    done = verify()
    assert done.returncode == 0, done.stdout


def test_a_key_that_the_replica_lacks_is_missing(fill, verify):
    fill([item(1), item(70001)], [item(1)])
    done = verify()
    assert done.returncode == 1
    assert "missing" in line_with(done.stdout, 70001)


def test_a_key_that_only_the_replica_has_is_extra(fill, verify):
    fill([item(1)], [item(1), item(70002)])
    done = verify()
    assert done.returncode == 1
    assert "extra" in line_with(done.stdout, 70002)


def test_a_key_with_another_value_is_different(fill, verify):
    fill([item(1), item(70003, "old")], [item(1), item(70003, "new")])
    done = verify()
    assert done.returncode == 1
    assert "different" in line_with(done.stdout, 70003)


def test_every_difference_is_named(fill, verify):
    fill(
        [item(number) for number in range(80000, 80030)],
        [item(number, "other") for number in range(80010, 80040)],
    )
    done = verify()
    assert done.returncode == 1
    for number in range(80000, 80040):
        kind = "missing" if number < 80010 else "different" if number < 80030 else "extra"
        assert kind in line_with(done.stdout, number), number


def test_unicode_forms_of_one_letter_are_different_values(fill, verify):
    fill([item(70004, "\u00e9")], [item(70004, "e\u0301")])
    done = verify()
    assert done.returncode == 1
    assert "different" in line_with(done.stdout, 70004)


def test_a_table_that_is_not_there_is_an_error_and_not_an_empty_table(server, source):
    done = dyad("verify", *link(source, "no-such-replica", server.url))
    assert done.returncode not in (0, None)
    assert "no-such-replica" in done.stderr or "ResourceNotFoundException" in done.stderr
