"""Every answer that a client of this suite gets is held against the service model: botocore's parser passes over what
it does not know and takes numbers for strings, so a wrong name or type would go unnoticed there.
"""

import json

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

def watch(client):
    """Has every answer of that boto3 client be checked; returns the client."""
    client.meta.events.register("before-parse", check)
    return client


def check(operation_model, response_dict, **_):
    if response_dict["status_code"] != 200:
        return
    mistakes = list(mistakes_in(json.loads(response_dict["body"] or b"{}"), operation_model.output_shape, "answer"))
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
