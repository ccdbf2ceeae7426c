"""Every answer that a client of this suite gets is held against the service model: botocore's parser passes over what
it does not know and takes numbers for strings, so a wrong name or type would go unnoticed there.
"""

import json
import xml.etree.ElementTree

KINDS = {
    "string": str,
    "blob": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "double": (int, float),
    "float": (int, float),
    "timestamp": (int, float),
    "structure": dict,
    "map": dict,
    "list": list,
}

#: What AWS answers though its model does not have it: LocalStack's test_iam_roles.snapshot.json, recorded in 2026.
ANSWERED = {"PermissionsBoundaryAttachmentType": ["Policy"]}


def watch(client):
    """Has every answer of that boto3 client be checked; returns the client."""
    client.meta.events.register("before-parse", check)
    return client


def check(operation_model, response_dict, **_):
    if response_dict["status_code"] != 200:
        return
    if operation_model.service_model.metadata["protocol"] == "query":
        mistakes = list(mistakes_in_query(response_dict["body"], operation_model))
    else:
        answer = json.loads(response_dict["body"] or b"{}")
        mistakes = list(mistakes_in(answer, operation_model.output_shape, "answer"))
    assert not mistakes, f"{operation_model.name}: {mistakes}"


def mistakes_in(value, shape, place):
    """What in a JSON value does not belong to a shape, as lines of text."""
    if shape is None:
        if value != {}:
            yield f"{place}: the model knows no answer, got {value!r}"
        return
    kind = KINDS[shape.type_name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        yield f"{place}: {value!r} is no {shape.type_name}"
        return
    if shape.type_name == "structure":
        for name, member in value.items():
            if name not in shape.members:
                yield f"{place}: the model has no member {name}"
            else:
                yield from mistakes_in(member, shape.members[name], f"{place}.{name}")
        for name in shape.required_members:
            if name not in value:
                yield f"{place}: {name} is required"
    elif shape.type_name == "list":
        for index, element in enumerate(value):
            yield from mistakes_in(element, shape.member, f"{place}[{index}]")
    elif shape.type_name == "map":
        for name, member in value.items():
            yield from mistakes_in(name, shape.key, f"{place} key")
            yield from mistakes_in(member, shape.value, f"{place}.{name}")
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        yield f"{place}: {value!r} is none of {shape.enum}"


def mistakes_in_query(body, operation_model):
    """The same for an answer of the Query protocol, which is XML."""
    root = xml.etree.ElementTree.fromstring(body)
    name, shape = operation_model.name, operation_model.output_shape
    namespace = operation_model.metadata.get("xmlNamespace") or operation_model.service_model.metadata["xmlNamespace"]
    if root.tag != f"{{{namespace}}}{name}Response":
        yield f"the answer is a {root.tag}"
    expected = ([] if shape is None else [f"{name}Result"]) + ["ResponseMetadata"]
    if [bare(part) for part in root] != expected:
        yield f"the answer holds {[bare(part) for part in root]}, not {expected}"
    elif shape is not None:
        yield from mistakes_in_element(root[0], shape, "answer")


def bare(element):
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def mistakes_in_element(element, shape, place):
    if shape.type_name == "structure":
        seen = [bare(part) for part in element]
        for part in element:
            if bare(part) not in shape.members:
                yield f"{place}: the model has no member {bare(part)}"
            else:
                yield from mistakes_in_element(part, shape.members[bare(part)], f"{place}.{bare(part)}")
        for name in set(seen) | set(shape.required_members):
            if seen.count(name) != 1:
                yield f"{place}: {name} is there {seen.count(name)} times"
    elif shape.type_name == "list":
        for index, part in enumerate(element):
            if bare(part) != "member":
                yield f"{place}: {bare(part)} is no member"
            yield from mistakes_in_element(part, shape.member, f"{place}[{index}]")
    elif len(element):
        yield f"{place}: a {shape.type_name} with elements in it"
    elif shape.type_name == "boolean" and element.text not in ("true", "false"):
        yield f"{place}: {element.text!r} is no boolean"
    elif shape.type_name == "integer" and not (element.text or "").isdigit():
        yield f"{place}: {element.text!r} is no integer"
    elif shape.type_name == "string" and shape.enum and element.text not in [*shape.enum, *ANSWERED.get(shape.name, [])]:
        yield f"{place}: {element.text!r} is none of {shape.enum}"
