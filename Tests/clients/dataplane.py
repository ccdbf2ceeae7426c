"""What the data-plane tests share: attribute values, table shapes, paging, and DynamoDB's own orders as an oracle.

Expected texts are AWS's, in the wording that every operation shares; the sources stand beside the tests. Where no
transcript is known the test says "documented reading".
"""

import decimal
import hashlib
import re

_exact = decimal.Context(prec=400, Emin=-1000, Emax=1000)


def S(text):
    return {"S": text}


def N(number):
    return {"N": str(number)}


def B(octets):
    return {"B": octets}


def L(*values):
    return {"L": list(values)}


def M(**values):
    return {"M": values}


def shape(key, gsi=None, lsi=None):
    """CreateTable parameters: `shape({"pk": "S"}, gsi={"by-g": ({"g": "S", "h": "N"}, ["a"])})`.

    An index is (its key, what it projects): "ALL", "KEYS_ONLY", or the names it includes.
    """

    def schema(attributes):
        kinds = ["HASH", "RANGE"]
        return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(attributes, kinds)]

    def index(name, attributes, projected):
        projection = {"ProjectionType": projected if isinstance(projected, str) else "INCLUDE"}
        if not isinstance(projected, str):
            projection["NonKeyAttributes"] = list(projected)
        return {"IndexName": name, "KeySchema": schema(attributes), "Projection": projection}

    attributes, parameters = dict(key), {"KeySchema": schema(key)}
    for member, indexes in (("GlobalSecondaryIndexes", gsi), ("LocalSecondaryIndexes", lsi)):
        for own_key, _ in (indexes or {}).values():
            attributes.update(own_key)
        if indexes:
            parameters[member] = [index(name, own_key, projected) for name, (own_key, projected) in indexes.items()]
    parameters["AttributeDefinitions"] = [
        {"AttributeName": name, "AttributeType": kind} for name, kind in attributes.items()
    ]
    return parameters


def pages(operation, **parameters):
    """Every answer of a Query or Scan, page after page."""
    while True:
        answer = operation(**parameters)
        yield answer
        if "LastEvaluatedKey" not in answer:
            return
        parameters["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def everything(operation, **parameters):
    """The items of all pages."""
    return [item for page in pages(operation, **parameters) for item in page["Items"]]


def write_all(client, table, items):
    """Puts items in batches of 25."""
    items = list(items)
    for start in range(0, len(items), 25):
        requests = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
        answer = client.batch_write_item(RequestItems={table: requests})
        assert answer["UnprocessedItems"] == {}


def number(value):
    """An `N` as an exact decimal."""
    return _exact.create_decimal(value["N"])


def plain(text):
    """DynamoDB's normal form of a number: plain decimal digits, no exponent, no zeros to spare."""
    value = _exact.create_decimal(text)
    if value == 0:
        return "0"
    digits = format(value, "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def ordered(value):
    """A key value's place in DynamoDB's order: numbers by value, text and octets by unsigned octets."""
    if "N" in value:
        return number(value)
    return value["S"].encode() if "S" in value else bytes(value["B"])


def number_octets(text):
    """A number key as the octets that AWS hashes: an Oracle NUMBER.

    One exponent octet (128 + 64 + power of 100), then base-100 digits + 1; a negative number's octets are
    complemented, digits as 101 - digit, closed with 102 when there is room. Known from dynalite's scan order, which
    was taken from AWS's.
    """
    sign, digits, exponent = _exact.create_decimal(text).normalize(_exact).as_tuple()
    if digits == (0,):
        return bytes([128])
    if exponent % 2:
        digits, exponent = digits + (0,), exponent - 1
    if len(digits) % 2:
        digits = (0,) + digits
    pairs = [digits[place] * 10 + digits[place + 1] for place in range(0, len(digits), 2)]
    power = exponent // 2 + len(pairs)
    if not sign:
        return bytes([128 + 64 + power] + [pair + 1 for pair in pairs])
    return bytes([(128 + 64 + power) ^ 0xFF] + [101 - pair for pair in pairs] + ([102] if len(pairs) < 20 else []))


def hash_place(value):
    """Where a partition key stands in a Scan."""
    octets = number_octets(value["N"]) if "N" in value else ordered(value)
    return hashlib.md5(b"Outliers" + octets).digest()


def text_with(prefix, suffix=""):
    """A pattern for a message whose middle AWS fills with a dump of the request."""
    return re.compile(re.escape(prefix) + ".*" + re.escape(suffix), re.DOTALL)


def constraint(value, at, rule):
    return f"1 validation error detected: Value {value} at '{at}' failed to satisfy constraint: Member must {rule}"


def of_write(message):
    """What PutItem, UpdateItem and DeleteItem make of a refusal that comes before they look at the table.

    Source: dynamodb-conformance, captures of September and October 2026: all regions but eu-south-2 and me-central-1.
    """
    return "1 validation error detected: " + message


def violations(message):
    """The parts of an aggregated message; their order differs between operations."""
    head, _, tail = message.partition(" detected: ")
    parts = tail.split("; ")
    assert head == f"{len(parts)} validation error{'s' if len(parts) > 1 else ''}"
    return set(parts)
