"""The bodies that table tests send, and AWS's words that several of them expect."""

import copy
import re

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
INVALID = "One or more parameter values were invalid: "
ONE = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
ALL = {"ProjectionType": "ALL"}


def hash_key(name):
    return {"AttributeName": name, "KeyType": "HASH"}


def range_key(name):
    return {"AttributeName": name, "KeyType": "RANGE"}


def strings(*names):
    return [{"AttributeName": name, "AttributeType": "S"} for name in names]


def gsi(name, *schema, projection=ALL, **members):
    return {"IndexName": name, "KeySchema": list(schema), "Projection": projection, **members}


def request(**changes):
    """A CreateTable that is legal but for the changes; a member changed to None is left out."""
    body = {
        "TableName": "never-made",
        "AttributeDefinitions": strings("a"),
        "KeySchema": [hash_key("a")],
        "ProvisionedThroughput": ONE,
    }
    body.update(copy.deepcopy(changes))
    return {name: value for name, value in body.items() if value is not None}


def with_range(**changes):
    return request(
        **{"AttributeDefinitions": strings("a", "b"), "KeySchema": [hash_key("a"), range_key("b")], **changes}
    )


NAME_PATTERN = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
FIRST = "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
SECOND = "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"
SAME = "Both the Hash Key and the Range Key element in the KeySchema have the same name"
UNDEFINED = "Invalid KeySchema: Some index key attribute have no definition"


def undefined(keys, definitions):
    """The lists are in the order of a hash at AWS."""
    either = "|".join(", ".join(order) for order in (keys, keys[::-1]))
    both = "|".join(", ".join(order) for order in (definitions, definitions[::-1]))
    return re.compile(
        re.escape(INVALID + "Some index key attributes are not defined in AttributeDefinitions. Keys: [")
        + f"({either})"
        + re.escape("], AttributeDefinitions: [")
        + f"({both})"
        + re.escape("]")
    )
