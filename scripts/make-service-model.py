#!/usr/bin/env python3
"""Writes fixtures/service-model.json: what DynamoDB's service model says of requests, as botocore carries it.

make-service-model.py [--botocore WHEEL] [--out FILE]. Without a wheel it is the botocore that Python finds. The same
botocore gives the same bytes. Facts alone are kept: operations, members, types, what is required, bounds, patterns and
words of closed sets; no prose, and nothing of answers.
"""

import argparse
import gzip
import json
import pathlib
import re
import zipfile

#: botocore's name of a service, and what stands before an operation's name in X-Amz-Target.
SERVICES = {"dynamodb": "DynamoDB_20120810", "dynamodbstreams": "DynamoDBStreams_20120810"}
API_VERSION = "2012-08-10"

#: What is kept of a shape beside what it is made of.
FACTS = ["type", "min", "max", "pattern", "enum"]


def sources(wheel):
    """The version of botocore and a function from a path in it to the bytes there."""
    if wheel:
        archive = zipfile.ZipFile(wheel)
        return re.match(r"botocore-([0-9.]+)-", wheel.name)[1], lambda path: archive.read(f"botocore/{path}")
    import botocore

    folder = pathlib.Path(botocore.__file__).parent
    return botocore.__version__, lambda path: (folder / path).read_bytes()


def reference(member):
    return member["shape"]


def facts(shape):
    """A shape without its prose; other shapes in it are named, not repeated."""
    kept = {name: shape[name] for name in FACTS if name in shape}
    if "enum" in kept:
        kept["enum"] = sorted(kept["enum"])
    if shape["type"] == "structure":
        kept["members"] = {name: reference(member) for name, member in sorted(shape["members"].items())}
        if shape.get("required"):
            kept["required"] = sorted(shape["required"])
    for name in ("member", "key", "value"):
        if name in shape:
            kept[name] = reference(shape[name])
    return kept


def shapes_below(name, shapes, found):
    """Adds the shape of that name and all that it is made of."""
    if name in found:
        return
    shape = found[name] = facts(shapes[name])
    below = [*shape.get("members", {}).values(), *(shape[part] for part in ("member", "key", "value") if part in shape)]
    for part in below:
        shapes_below(part, shapes, found)


def service(model):
    found, operations = {}, {}
    for name, operation in model["operations"].items():
        operations[name] = reference(operation["input"]) if "input" in operation else None
        if operations[name]:
            shapes_below(operations[name], model["shapes"], found)
    return operations, found


def text(version, services):
    """JSON with a shape on each line, so that a change of the model is a change of few lines."""

    def line(value):
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def block(entries):
        return "{\n" + ",\n".join(f"{line(name)}:{line(value)}" for name, value in sorted(entries.items())) + "\n}"

    parts = []
    for target, (operations, shapes) in sorted(services.items()):
        parts.append(f'{line(target)}:{{"operations":{block(operations)},\n"shapes":{block(shapes)}}}')
    return f'{{"botocore":{line(version)},\n"services":{{\n' + ",\n".join(parts) + "\n}}\n"


def main():
    root = pathlib.Path(__file__).resolve().parents[1]
    parser = argparse.ArgumentParser(description="Write fixtures/service-model.json.")
    parser.add_argument("--botocore", type=pathlib.Path, help="a wheel; else the installed one")
    parser.add_argument("--out", type=pathlib.Path, default=root / "fixtures" / "service-model.json")
    options = parser.parse_args()
    version, read = sources(options.botocore)
    services = {}
    for name, target in SERVICES.items():
        model = json.loads(gzip.decompress(read(f"data/{name}/{API_VERSION}/service-2.json.gz")))
        services[target] = service(model)
    options.out.write_text(text(version, services), encoding="utf-8", newline="\n")
    counts = ", ".join(f"{target}: {len(operations)} operations" for target, (operations, _) in services.items())
    print(f"{options.out}: botocore {version}; {counts}")


if __name__ == "__main__":
    main()
