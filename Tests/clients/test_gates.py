"""The gates' own arithmetic: what is read from callgrind's output, and what counts as too much."""

import importlib.util
import json
import pathlib

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "gates.py"

# Two objects; names are written once. The line after `calls=` is what the function that is called took.
OUTPUT = """\
# callgrind format
events: Ir
summary: 150

ob=(1) /usr/bin/DyadOperations
fl=(1) ???
fn=(1) answer
0 100
cob=(2) /lib/x86_64-linux-gnu/libc.so.6
cfn=(2) malloc
calls=3 0
0 45
cfn=(3) free
calls=3 0
+1 5
* 7

ob=(2)
fn=(2)
-1 40
cfn=(4) realloc'2
calls=2 0
0 0
fn=(3)
0 5
"""


@pytest.fixture(scope="module")
def gates():
    spec = importlib.util.spec_from_file_location("gates", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_a_function_calls_is_counted_once_and_where_it_lies(gates, tmp_path):
    path = tmp_path / "callgrind.out"
    path.write_text(OUTPUT)
    by_object, allocations = gates.profile(path)
    assert {gates.short(name): count for name, count in by_object.items()} == {"dyad": 107, "libc": 45}
    assert allocations == 5


def kept(instructions, allocations):
    within = {"dyad": instructions}
    return {"operations": {"GetItem": {"instructions": instructions, "allocations": allocations, "within": within}}}


def test_more_than_the_tolerance_fails_and_says_where(gates):
    found = kept(1_040, 10.0)["operations"]
    checks = gates.judge(found, kept(1_000, 10.0))
    assert "+4.0%" in checks["GetItem: instructions"] and "dyad +40" in checks["GetItem: instructions"]
    assert checks["GetItem: allocations"] is None


def test_one_more_allocation_in_ten_fails(gates):
    checks = gates.judge(kept(1_000, 11.0)["operations"], kept(1_000, 10.0))
    assert checks["GetItem: instructions"] is None
    assert "GetItem takes 11.0 allocations" in checks["GetItem: allocations"]


def test_less_passes_and_what_has_no_threshold_fails(gates):
    assert not any(gates.judge(kept(500, 5.0)["operations"], kept(1_000, 10.0)).values())
    assert all(gates.judge(kept(500, 5.0)["operations"], {"operations": {}}).values())


def test_every_operation_that_is_counted_has_a_threshold(gates):
    assert set(json.loads(gates.THRESHOLDS.read_text())["operations"]) == set(gates.COUNTS)
