"""What the fuzzer sends: valid requests of every operation, and a seeded random hand that spoils them."""

import json
import string

ATTRIBUTES = ["pk", "sk", "g", "h", "b", "l", "a", "m", "list", "set", "Name", "size", "long" * 16, "a b", "", "é", "\0"]
TABLES = ["fuzz", "fuzz-number", "fuzz-binary"]
#: What the control plane makes, changes and removes; the tables above stay as they are.
MADE = ["fuzz-made-1", "fuzz-made-2", "fuzz-made-3"]

TEXTS = [
    "", " ", "a", "\0", "é", "é", "𝄞", "\ud800", "\udfff\ud834", "\u2028", "\ufeff", "\U0010ffff", "A" * 255, "A" * 256,
    "x" * 1024, "x" * 2049, "x" * 70_000, "'", '"', "\\", "%s%n", "../..", "null", "0", "-1", "18446744073709551616",
]  # fmt: skip
NUMBERS = [
    "0", "-0", "1", "-1", "1e0", "1E125", "9.99E125", "1E126", "1E-130", "1E-131", "-1E125", "9" * 38, "9" * 39, "1" + "0" * 300,
    "0." + "0" * 300 + "1", "1e99999999999999999999", "1e-99999999999999999999", "NaN", "Infinity", "0x10", "1_0", "١", "+5", "1.",
    ".5", "1e", "--1", "", " 1", "1 ", "5" + "0" * 37, "0.1", "99999999999999999999999999999999999999E87", "1E-92", "-" * 50,
]  # fmt: skip
INTEGERS = [
    "0", "1", "2", "-1", "100", "1000000", "1000001", "255", "256", "65535", "65536", "2147483647", "2147483648", "-2147483649",
    "4294967296", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "1e400", "-1e400",
    "1.5", "1e3", "-0.0", "1" + "0" * 400, "1e-400", "18446744073709551615", "40000",
]  # fmt: skip
DEPTHS = [5, 15, 16, 29, 30, 31, 32, 33, 100, 250, 255, 256, 600, 5000]
BROKEN = ["01", "+1", "1.", ".1", "NaN", "tru", "nul", "'a'", '"\\x"', '"\\u12"', '"\\ud800"', "[1,]", '{"a":}', "{,}", "\x01", ""]


EXPRESSION_VALUES = {":one": {"N": "1"}, ":s": {"SS": ["a", "b"]}, ":t": {"S": "S"}, ":l": {"L": [{"S": "a"}, {"L": []}]}}


class Raw:
    """A JSON text as it stands."""

    def __init__(self, text):
        self.text = text


class Pairs:
    """An object whose members are a list, so that names may repeat."""

    def __init__(self, members):
        self.members = members


def dump(value):
    """As `json.dumps`, for `Raw` and `Pairs` too."""
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{dump(member)}" for key, member in value.items()) + "}"
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{json.dumps(key)}:{dump(member)}" for key, member in value.members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump, value)) + "]"
    return json.dumps(value)


class Requests:
    """Draws requests; what the server answered (iterators, start keys, ARNs) is fed back by `learn`."""

    def __init__(self, random):
        self.random = random
        self.known = {"ShardIterator": ["mangled"], "StreamArn": ["arn:aws-cn:dynamodb:x"], "LastEvaluatedKey": [{}]}
        self.known["ShardId"] = ["shardId-00000000000000000000-00000000"]

    def learn(self, name, value):
        values = self.known[name]
        if len(values) > 40:
            values.pop(self.random.randrange(len(values)))
        values.append(value)

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, values):
        return self.random.choice(values)

    def odd(self, values):
        """One of `values` now and then, something harmless else: an expression that is wrong everywhere tests little."""
        return self.pick(values) if self.chance(0.15) else self.pick(["x", "y"])

    # Values

    def string(self):
        return self.pick(TEXTS) if self.chance(0.08) else self.pick("abcdefgh")

    def number(self):
        return self.pick(NUMBERS) if self.chance(0.08) else str(self.random.randrange(-20, 20))

    def binary(self):
        return self.pick(["", "AA==", "AAA=", "//8=", "A", "AB==", "====", "AAA", "é", "A" * 4000]) if self.chance(0.1) else self.pick(["YQ==", "Yg==", "Yw=="])

    def value(self, depth=0):
        kind = self.pick(["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"])
        if depth > 3 and kind in "LM":
            kind = "S"
        few = range(self.random.randrange(kind in ("SS", "NS", "BS") and not self.chance(0.05), 4))
        match kind:
            case "S":
                content = self.string()
            case "N":
                content = self.number()
            case "B":
                content = self.binary()
            case "BOOL":
                content = self.chance(0.5)
            case "NULL":
                content = True
            case "SS":
                content = sorted({self.string() for _ in few})
            case "NS":
                content = sorted({self.number() for _ in few})
            case "BS":
                content = sorted({self.binary() for _ in few})
            case "L":
                content = [self.value(depth + 1) for _ in few]
            case _:
                content = {self.pick(ATTRIBUTES): self.value(depth + 1) for _ in few}
        return {kind: content}

    def nested(self):
        """A value around AWS's limit of 32 levels, or far beyond it."""
        levels = [('{"L":[', "]}") if self.chance(0.5) else ('{"M":{"a":', "}}") for _ in range(self.pick(DEPTHS))]
        return Raw("".join(head for head, _ in levels) + '{"S":"deep"}' + "".join(tail for _, tail in reversed(levels)))

    def key(self, table):
        if self.chance(0.05):
            return self.pick(self.known["LastEvaluatedKey"])
        match table:
            case "fuzz-number":
                return {"pk": {"N": self.number()}}
            case "fuzz-binary":
                return {"pk": {"B": self.binary()}}
            case _:
                return {"pk": {"S": self.string()}, "sk": {"N": self.number()}}

    def item(self, table):
        item = self.key(table)
        if self.chance(0.7):
            item["g"] = {"S": self.pick("xyz")}
            item["h"] = {"N": self.number()}
        if self.chance(0.5):
            item["b"] = {"B": self.binary()}
        if self.chance(0.5):
            item["l"] = {"S": self.string()}
        for _ in range(self.random.randrange(4)):
            item[self.pick(ATTRIBUTES)] = self.value()
        if self.chance(0.02):
            item["m"] = self.nested()
        return item

    # Expressions, by a random walk through their grammar

    def path(self):
        text = self.pick(["a", "m", "c", "e", "#n", "#m", "x", self.odd(["list", "set", "pk", "sk", "g", "b", "l"])])
        while self.chance(0.25):
            text += self.pick([".a", ".#n", "[0]", "[1]", "[7]", "[ 0 ]", ". a", self.odd(["[99999999999999999999]", "[-1]"]).replace("x", ".x").replace("y", "")])
        return text

    def operand(self, depth=0):
        if depth < 4 and self.chance(0.2):
            return f"size({self.operand(depth + 1)})"
        return self.pick([":v", ":w", ":s", ":d"]) if self.chance(0.5) else self.path()

    def condition(self, depth=0):
        choice = self.random.randrange(10 if depth < 5 else 7)
        operand = self.operand
        match choice:
            case 0 | 1:
                return f"{operand()} {self.pick(['=', '<>', '<', '<=', '>', '>='])} {operand()}"
            case 2:
                return f"{operand()} BETWEEN {operand()} AND {operand()}"
            case 3:
                return f"{operand()} IN ({', '.join(operand() for _ in range(self.random.randrange(1, 5)))})"
            case 4:
                return f"{self.pick(['attribute_exists', 'attribute_not_exists', self.odd(['size'])])}({self.path()})"
            case 5 | 6:
                name = self.pick(["begins_with", "contains", "attribute_type"])
                return f"{name}({self.path()}, {':t' if name == 'attribute_type' else operand()})"
            case 7:
                return f"NOT {self.condition(depth + 1)}"
            case 8:
                return f"({self.condition(depth + 1)})"
            case _:
                return f"{self.condition(depth + 1)} {self.pick(['AND', 'OR', 'and'])} {self.condition(depth + 1)}"

    def update_operand(self, depth=0):
        choice = self.random.randrange(6 if depth < 4 else 3)
        match choice:
            case 0 | 1:
                return self.pick([":v", ":w", ":s", ":d", ":one"])
            case 2:
                return self.path()
            case 3:
                return f"if_not_exists({self.path()}, {self.update_operand(depth + 1)})"
            case 4:
                return f"list_append({self.pick(['m', ':l'])}, {self.pick(['a', ':l'])})"
            case _:
                return f"({self.update_operand(depth + 1)})"

    def update(self):
        sections = []
        for name in self.random.sample(["SET", "REMOVE", "ADD", "DELETE"], self.random.randrange(1, 3)):
            actions = []
            for _ in range(self.random.randrange(1, 4)):
                match name:
                    case "SET":
                        value = self.update_operand()
                        if self.chance(0.3):
                            value = f"{self.pick(['x', ':one'])} {self.pick('+-')} {self.pick(['a', ':one'])}"
                        actions.append(f"{self.path()} = {value}")
                    case "REMOVE":
                        actions.append(self.path())
                    case _:
                        actions.append(f"{self.path()} {self.pick([':one', ':s']) if name == 'ADD' else ':s'}")
            sections.append(f"{name} {', '.join(actions)}")
        return " ".join(sections)

    def with_placeholders(self, request):
        """Adds what the expressions of `request` mention, and sometimes what they do not."""
        text = " ".join(value for name, value in request.items() if name.endswith("Expression"))
        names = {name: self.pick(ATTRIBUTES) for name in ("#n", "#m") if name in text or self.chance(0.02)}
        values = {}
        for name in (":v", ":w", ":s", ":d", ":one", ":l", ":t"):
            if name not in text or self.chance(0.01):
                continue
            values[name] = EXPRESSION_VALUES.get(name) or self.value()
            if name == ":d" and self.chance(0.2):
                values[name] = self.nested()
        if names:
            request["ExpressionAttributeNames"] = names
        if values:
            request["ExpressionAttributeValues"] = values
        return request

    # Requests

    def valid(self):
        """An operation's name and its parameters, valid but for the values."""
        name = self.pick(OFTEN if self.chance(0.5) else list(OPERATIONS))
        return name, OPERATIONS[name](self)

    def table(self):
        return self.pick(MADE) if self.chance(0.03) else self.pick(TABLES)

    def put_item(self):
        table = self.table()
        request = {"TableName": table, "Item": self.item(table), "ReturnConsumedCapacity": "INDEXES"}
        return self._written(request, ["NONE", "ALL_OLD"])

    def delete_item(self):
        table = self.table()
        return self._written({"TableName": table, "Key": self.key(table)}, ["NONE", "ALL_OLD"])

    def update_item(self):
        table = self.table()
        request = {"TableName": table, "Key": self.key(table), "UpdateExpression": self.update()}
        returned = ["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"]
        return self._written(request, returned)

    def _written(self, request, returned):
        if self.chance(0.4):
            request["ConditionExpression"] = self.condition()
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        request["ReturnValues"] = self.pick(returned)
        return self.with_placeholders(request)

    def get_item(self):
        table = self.table()
        return self._projected({"TableName": table, "Key": self.key(table), "ConsistentRead": self.chance(0.5)})

    def _projected(self, request):
        if self.chance(0.25):
            request["ProjectionExpression"] = ", ".join(self.path() for _ in range(self.random.randrange(1, 5)))
        return self.with_placeholders(request)

    def _page(self, request, table):
        if self.chance(0.25):
            request["FilterExpression"] = self.condition()
        if self.chance(0.3):
            request["Limit"] = Raw(self.pick(INTEGERS)) if self.chance(0.3) else self.random.randrange(1, 5)
        if self.chance(0.15):
            known = self.pick(self.known["LastEvaluatedKey"])
            request["ExclusiveStartKey"] = known if self.chance(0.5) else {**self.key(table), **self.item(table)}
        if table == "fuzz" and self.chance(0.3):
            request["IndexName"] = self.pick(["by-g", "by-b", "by-l", "by-n"])
        if self.chance(0.2):
            request["Select"] = self.pick(["ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "COUNT"])
        return self._projected(request)

    def query(self):
        table = self.table()
        sort = self.pick(["", " AND sk > :w", " AND sk BETWEEN :v AND :w", " AND begins_with(l, :w)", " AND h = :one"])
        condition = self.pick(["g = :k", "b = :k", "#n = :k", "l = :k"]) if self.chance(0.3) else "pk = :k"
        request = {"TableName": table, "KeyConditionExpression": condition, "ScanIndexForward": self.chance(0.5)}
        if table == "fuzz":
            request["KeyConditionExpression"] += sort
        if self.chance(0.05):
            request["KeyConditionExpression"] = self.condition()
        request = self._page(request, table)
        values = request.setdefault("ExpressionAttributeValues", {})
        values[":k"] = self.value() if self.chance(0.02) else self.key(table).get("pk", {"S": "a"})
        for name, value in ((":v", {"N": self.number()}), (":w", self.pick([{"N": self.number()}, {"S": self.string()}]))):
            if name in values and self.chance(0.7):
                values[name] = value
        return request

    def scan(self):
        table = self.table()
        request = {"TableName": table}
        if self.chance(0.3):
            request["TotalSegments"] = Raw(self.pick(INTEGERS)) if self.chance(0.4) else self.random.randrange(1, 9)
            request["Segment"] = Raw(self.pick(INTEGERS)) if self.chance(0.4) else self.random.randrange(9)
        return self._page(request, table)

    def batch_get_item(self):
        requests = {}
        for _ in range(self.random.randrange(1, 3)):
            table = self.table()
            keys = [self.key(table) for _ in range(self.random.randrange(1, 6))]
            requests[table] = self._projected({"Keys": keys})
        if self.chance(0.02):
            requests = {"fuzz": {"Keys": [{"pk": {"S": str(n)}, "sk": {"N": str(n)}} for n in range(self.pick([99, 101, 9000]))]}}
        return {"RequestItems": requests, "ReturnConsumedCapacity": "TOTAL"}

    def batch_write_item(self):
        requests = {}
        for _ in range(self.random.randrange(1, 3)):
            table = self.table()
            requests[table] = [
                {"PutRequest": {"Item": self.item(table)}} if self.chance(0.6) else {"DeleteRequest": {"Key": self.key(table)}}
                for _ in range(self.random.randrange(1, 6))
            ]
        return {"RequestItems": requests, "ReturnItemCollectionMetrics": "SIZE"}

    def create_table(self):
        request = {
            "TableName": self.pick(MADE),
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "N"},
            ],
        }
        if self.chance(0.5):
            request["BillingMode"] = "PAY_PER_REQUEST"
        else:
            request["ProvisionedThroughput"] = self.throughput()
        if self.chance(0.5):
            request["AttributeDefinitions"].append({"AttributeName": "g", "AttributeType": self.pick("SNB")})
            index = {"IndexName": "by-g", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}]}
            index["Projection"] = self.projection()
            if "ProvisionedThroughput" in request:
                index["ProvisionedThroughput"] = self.throughput()
            request["GlobalSecondaryIndexes"] = [index]
        if self.chance(0.4):
            request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
        return request

    def projection(self):
        return self.pick(
            [{"ProjectionType": "ALL"}, {"ProjectionType": "KEYS_ONLY"}, {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]}]
        )

    def throughput(self):
        def units():
            return Raw(self.pick(INTEGERS)) if self.chance(0.3) else self.random.randrange(1, 50)

        return {"ReadCapacityUnits": units(), "WriteCapacityUnits": units()}

    def update_table(self):
        request = {"TableName": self.pick(MADE)}
        match self.random.randrange(7):
            case 0:
                request["BillingMode"] = "PAY_PER_REQUEST"
            case 1:
                request.update(BillingMode="PROVISIONED", ProvisionedThroughput=self.throughput())
            case 2:
                request["StreamSpecification"] = self.pick(
                    [{"StreamEnabled": False}, {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}]
                )
            case 3:
                name = self.pick(["by-g", "by-x"])
                index = {"IndexName": name, "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}]}
                index["Projection"] = self.projection()
                if self.chance(0.3):
                    index["ProvisionedThroughput"] = self.throughput()
                request["AttributeDefinitions"] = [{"AttributeName": "x", "AttributeType": "S"}]
                request["GlobalSecondaryIndexUpdates"] = [{"Create": index}]
            case 4:
                request["GlobalSecondaryIndexUpdates"] = [{"Delete": {"IndexName": self.pick(["by-g", "by-x"])}}]
            case 5:
                request["DeletionProtectionEnabled"] = False
            case _:
                request["WarmThroughput"] = {"ReadUnitsPerSecond": Raw(self.pick(INTEGERS)), "WriteUnitsPerSecond": 4000}
        return request

    def stream_arn(self):
        return self.pick(self.known["StreamArn"])

    def describe_stream(self):
        request = {"StreamArn": self.stream_arn()}
        if self.chance(0.3):
            request.update(Limit=Raw(self.pick(INTEGERS)), ExclusiveStartShardId=self.pick(self.known["ShardId"]))
        return request

    def get_shard_iterator(self):
        kind = self.pick(["TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"])
        request = {"StreamArn": self.stream_arn(), "ShardId": self.pick(self.known["ShardId"]), "ShardIteratorType": kind}
        if kind.endswith("NUMBER"):
            request["SequenceNumber"] = self.pick(["000000000000000000001", "9" * 21, "9" * 40, "-1", "x", "0" * 21, "1" * 41])
        return request

    def get_records(self):
        iterator = self.pick(self.known["ShardIterator"])
        if self.chance(0.3):
            at = self.random.randrange(len(iterator) + 1)
            iterator = iterator[:at] + self.pick(["", "|", "\0", "é", "0", "99999999999999999999", "|-1"]) + iterator[at + 1 :]
        request = {"ShardIterator": iterator}
        if self.chance(0.4):
            request["Limit"] = Raw(self.pick(INTEGERS))
        return request

    # Spoiling

    def spoiled(self):
        """A request's name and the text of its body."""
        name, request = self.valid()
        if self.chance(0.5):
            for _ in range(self.random.randrange(1, 4)):
                self.spoil(request)
        text = dump(request).encode("utf-8", "surrogatepass")
        if self.chance(0.1):
            text = self.garbled(text)
        text = text[: 1 << 20]  # many of 16 MB would only take time, and 413 ends the connection
        if self.chance(0.02):
            name = self.pick(list(OPERATIONS))
        return name, text

    def spoil(self, request):
        """Replaces, removes or doubles something somewhere in the request."""
        places = []

        def walk(value):
            if isinstance(value, dict):
                for key, member in list(value.items()):
                    places.append((value, key))
                    walk(member)
            elif isinstance(value, list):
                for index, member in enumerate(value[:50]):
                    places.append((value, index))
                    walk(member)

        walk(request)
        if not places:
            return
        holder, key = self.pick(places)
        if key == "TableName" and holder[key] in MADE and self.chance(0.5):
            return  # most requests of the control plane should get beyond the name
        old = holder[key]
        match self.random.randrange(9):
            case 0:
                del holder[key]
            case 1:
                holder[key] = Pairs([(self.pick(["S", "a", "pk"]), old), (self.pick(["S", "N", "pk"]), self.value())])
            case 2 if isinstance(holder, dict):
                holder[self.pick(TEXTS)] = old
            case 3 if isinstance(old, dict):
                holder[key] = Pairs([*old.items(), *old.items()])
            case 4 if isinstance(old, list):
                holder[key] = old * self.pick([2, 30, 101, 300])
            case _ if isinstance(old, str) and self.chance(0.7):
                holder[key] = self.scribbled(old)
            case _:
                holder[key] = self.junk()

    def scribbled(self, text):
        at = self.random.randrange(len(text) + 1)
        end = at + self.pick([0, 0, 1, 3])
        insert = self.pick([*TEXTS, *NUMBERS, *"()[].,#:=<>+- \t\r\n", " AND ", " OR ", "NOT ", ":v", "#n", "(" * 200, "NOT " * 400])
        return text[:at] + insert + text[end:]

    def junk(self):
        return self.pick([None, True, False, [], {}, [[]], [None], {"S": None}, {"a": []}, "", "x"]) if self.chance(0.4) else self.pick(
            [Raw(self.pick(INTEGERS)), Raw(self.pick(BROKEN)), self.pick(TEXTS), self.value(), self.nested(), Raw("[" * 600 + "]" * 600)]
        )

    def garbled(self, text):
        at = self.random.randrange(len(text) + 1)
        match self.random.randrange(4):
            case 0:
                return text[:at]
            case 1:
                return text[:at] + bytes([self.random.randrange(256)]) + text[at + 1 :]
            case 2:
                return text[:at] + self.pick([b"\xff", b"\xc3", b"\xed\xa0\x80", b"\0", b"{", b'"', b",", b"]"]) + text[at:]
            case _:
                return text + self.pick([b"{}", b"x", b"\0", b" \n"])

    def headers(self):
        """Headers that a request carries beside its own or in their place."""
        noise = "".join(self.random.choices(string.printable[:94], k=self.pick([0, 1, 30, 300])))
        region = self.pick(["", "..", "a" * 300, "é", "cn-north-1", "us-east-1", "x/y", "%2F", "CN-NORTH-1"])
        return self.pick(
            [
                {"X-Amz-Target": self.pick(["", ".", "DynamoDB_20120810", "DynamoDB_20120810.", "x.PutItem", noise])},
                {"Content-Type": self.pick(["", "application/json", "text/plain", noise])},
                {"Authorization": f"AWS4-HMAC-SHA256 Credential=A/20261122/{region}/dynamodb/aws4_request, SignedHeaders=host, Signature=0"},
                {"Authorization": noise},
                {"Authorization": f"AWS4-HMAC-SHA256 Credential={noise}"},
                {"X-Amz-Date": noise},
                {"Accept-Encoding": noise},
                {"Origin": noise},
                {"Expect": "100-continue"},
            ]
        )


def _named(names):
    return lambda draw: {"TableName": draw.pick(names)}


OPERATIONS = {
    "PutItem": Requests.put_item,
    "GetItem": Requests.get_item,
    "UpdateItem": Requests.update_item,
    "DeleteItem": Requests.delete_item,
    "Query": Requests.query,
    "Scan": Requests.scan,
    "BatchGetItem": Requests.batch_get_item,
    "BatchWriteItem": Requests.batch_write_item,
    "CreateTable": Requests.create_table,
    "DescribeTable": _named(TABLES + MADE),
    "DeleteTable": _named(MADE),
    "UpdateTable": Requests.update_table,
    "ListTables": lambda draw: {"Limit": Raw(draw.pick(INTEGERS)), "ExclusiveStartTableName": draw.pick(TABLES)},
    "DescribeLimits": lambda draw: {},
    "DescribeEndpoints": lambda draw: {},
    "ListStreams": lambda draw: {"TableName": draw.pick(TABLES), "Limit": Raw(draw.pick(INTEGERS))},
    "DescribeStream": Requests.describe_stream,
    "GetShardIterator": Requests.get_shard_iterator,
    "GetRecords": Requests.get_records,
}

#: Where most of the language and all of the storage is.
OFTEN = ["PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchWriteItem", "BatchGetItem", "UpdateTable"]
