"""fixtures/service-model.json is what its generator makes of the botocore that requirements.txt pins."""

import json
import subprocess
import sys

import botocore
from commands import FIXTURES
from support import REPOSITORY

MODEL = FIXTURES / "service-model.json"


def test_the_generator_reproduces_the_file(tmp_path):
    made = tmp_path / "model.json"
    script = REPOSITORY / "scripts" / "make-service-model.py"
    subprocess.run([sys.executable, script, "--out", made], check=True, capture_output=True)
    assert made.read_bytes() == MODEL.read_bytes(), f"botocore is {botocore.__version__} here: see CONTRIBUTING.md, Fixtures"


def test_it_has_facts_alone():
    services = json.loads(MODEL.read_text(encoding="utf-8"))["services"]
    assert {name: len(service["operations"]) > 3 for name, service in services.items()} == {
        "DynamoDB_20120810": True,
        "DynamoDBStreams_20120810": True,
    }
    facts = {"type", "members", "required", "min", "max", "pattern", "enum", "member", "key", "value"}
    for service in services.values():
        for name, shape in service["shapes"].items():
            assert shape.keys() <= facts, name
