"""SELECT and FilterExpression are two spellings of the same question: random conditions on random items answer alike.

What differs by itself is left out: `<>` of an attribute that an item may lack.
"""

import random
import re

import pytest

from dataplane import L, M, N, S, everything
from statements import Statements

#: Every item has these; of the others it has some.
ALWAYS = {"n": "N", "s": "S"}
TEXTS = ["", "a", "ab", "abc", "b", "it's", "é"]
KINDS = ["S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"]
PATHS = ["n", "s", "x", "y", "m.k", "m.j", "l[0]", "l[1]", "m.k[0]"]
SEEDS = range(12)


class Draw:
    """Random items and conditions; a condition is drawn in both languages at once."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.values, self.parameters = {}, []

    def number(self):
        return self.random.choice(["0", "1", "2", "-1", "1.5", "100"])

    def scalar(self):
        return self.random.choice([
            lambda: S(self.random.choice(TEXTS)), lambda: N(self.number()),
            lambda: {"BOOL": self.random.random() < 0.5}, lambda: {"NULL": True},
        ])()  # fmt: skip

    def value(self, depth=0):
        choices = [
            self.scalar,
            self.scalar,
            lambda: {"SS": ["a", "b"]},
            lambda: {"NS": ["1", "2"]},
            lambda: {"B": b"ab"},
        ]
        if depth < 2:
            choices.append(lambda: L(*(self.value(depth + 1) for _ in range(self.random.randrange(3)))))
            choices.append(lambda: M(**{name: self.value(depth + 1) for name in "kj" if self.random.random() < 0.6}))
        return self.random.choice(choices)()

    def item(self, number):
        item = {"pk": S(f"p{number % 3}"), "sk": N(number), "n": N(self.number()), "s": S(self.random.choice(TEXTS))}
        for name in "xy":
            if self.random.random() < 0.7:
                item[name] = self.value()
        if self.random.random() < 0.7:
            item["m"] = M(k=self.value(1), **({"j": self.value(1)} if self.random.random() < 0.5 else {}))
        if self.random.random() < 0.7:
            item["l"] = L(*(self.value(1) for _ in range(self.random.randrange(3))))
        return item

    def operand(self, value):
        """A value in both languages: a literal, where there is one, or a parameter."""
        name = f":v{len(self.values)}"
        self.values[name] = value
        literal = self.literal(value)
        if literal is None or self.random.random() < 0.5:
            self.parameters.append(value)
            return "?", name
        return literal, name

    def literal(self, value):
        ((kind, content),) = value.items()
        match kind:
            case "S":
                return "'" + content.replace("'", "''") + "'"
            case "N":
                return self.random.choice([content, content + "e0"])
            case "BOOL":
                return str(content)
            case "NULL":
                return "null"
            case "L":
                parts = [self.literal(each) for each in content]
                return None if None in parts else "[" + ", ".join(parts) + "]"
            case "M":
                parts = {name: self.literal(each) for name, each in content.items()}
                return (
                    None if None in parts.values() else "{" + ", ".join(f"'{a}': {b}" for a, b in parts.items()) + "}"
                )
            case "SS":
                return "<<" + ", ".join(f"'{each}'" for each in content) + ">>"
            case "NS":
                return "<<" + ", ".join(content) + ">>"
        return None

    def condition(self, depth=0):
        """A condition as PartiQL and as a FilterExpression."""
        if depth < 3 and self.random.random() < 0.45:
            kind = self.random.choice(["AND", "OR", "NOT"])
            one = self.condition(depth + 1)
            if kind == "NOT":
                return tuple(f"NOT ({text})" for text in one)
            two = self.condition(depth + 1)
            return tuple(f"({left}) {kind} ({right})" for left, right in zip(one, two))
        return self.random.choice(
            [
                self.comparison,
                self.comparison,
                self.between,
                self.inside,
                self.function,
                self.kind,
                self.size,
                self.presence,
            ]
        )()

    def path(self):
        """In a FilterExpression all names are placeholders: `size` and others are reserved there."""
        path = self.random.choice(PATHS)
        return path, "".join("#" + part if part.isalpha() else part for part in self.parts(path))

    @staticmethod
    def parts(path):
        return path.replace(".", " . ").replace("[", " [").split()

    def comparison(self):
        path, named = self.path()
        operator = self.random.choice(["=", "=", "<", "<=", ">", ">="] + (["<>"] if path in ALWAYS else []))
        value = self.value() if operator in ("=", "<>") else self.random.choice([S("ab"), N(1), {"B": b"a"}])
        text, name = self.operand(value)
        spelled = self.random.choice(["<>", "!="]) if operator == "<>" else operator
        return f"{path} {spelled} {text}", f"{named} {operator} {name}"

    def between(self):
        path, named = self.path()
        low, high = self.random.choice([(N(0), N(2)), (S("a"), S("ac"))])
        (low, low_name), (high, high_name) = self.operand(low), self.operand(high)
        return f"{path} BETWEEN {low} AND {high}", f"{named} BETWEEN {low_name} AND {high_name}"

    def inside(self):
        path, named = self.path()
        operands = [self.operand(self.scalar()) for _ in range(self.random.randint(1, 4))]
        text, names = (", ".join(side) for side in zip(*operands))
        return f"{path} IN {self.random.choice(['[{}]', '({})']).format(text)}", f"{named} IN ({names})"

    def function(self):
        path, named = self.path()
        if self.random.random() < 0.5:
            text, name = self.operand(S(self.random.choice(TEXTS)))
            return f"begins_with({path}, {text})", f"begins_with({named}, {name})"
        text, name = self.operand(self.random.choice([S("a"), S("b"), N(1), {"BOOL": True}]))
        return f"contains({path}, {text})", f"contains({named}, {name})"

    def kind(self):
        path, named = self.path()
        kind = self.random.choice(KINDS)
        text, name = self.operand(S(kind))
        return f"attribute_type({path}, {text})", f"attribute_type({named}, {name})"

    def size(self):
        path, named = self.path()
        operator = self.random.choice(["=", "<", ">", "<=", ">="])
        text, name = self.operand(N(self.random.randrange(4)))
        return f"size({path}) {operator} {text}", f"size({named}) {operator} {name}"

    def presence(self):
        path, named = self.path()
        self.values[":null"] = S("NULL")
        return self.random.choice(
            [
                (f"attribute_exists({path})", f"attribute_exists({named})"),
                (f"attribute_not_exists({path})", f"attribute_not_exists({named})"),
                (f"{path} IS MISSING", f"attribute_not_exists({named})"),
                (f"{path} IS NOT MISSING", f"attribute_exists({named})"),
                (f"{path} IS NULL", f"attribute_type({named}, :null)"),
                (f"{path} IS NOT NULL", f"NOT attribute_type({named}, :null)"),
            ]
        )


@pytest.fixture(scope="module")
def pq(dynamodb, make_module_table):
    statements = Statements(dynamodb, T=make_module_table(key={"pk": "S", "sk": "N"}))
    draw = Draw(1)
    statements.write("T", *(draw.item(number) for number in range(60)))
    return statements


def filtered(expression, values):
    """The members of a Query or Scan with this filter."""
    used = {name: values[name] for name in re.findall(r":\w+", expression)}
    names = {"#" + name: name for name in ("n", "s", "x", "y", "m", "k", "j", "l")}
    named = {name: value for name, value in names.items() if name in expression}
    return {
        "FilterExpression": expression,
        "ExpressionAttributeNames": named,
        **({"ExpressionAttributeValues": used} if used else {}),
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_a_scan_filters_alike(pq, dynamodb, seed):
    answered = 0
    for number in range(40):
        draw = Draw(seed * 1000 + number)
        text, expression = draw.condition()
        statement = f'SELECT * FROM "T" WHERE {text}'
        expected = everything(dynamodb.scan, TableName=pq.tables["T"], **filtered(expression, draw.values))
        assert pq.items(statement, *draw.parameters) == expected, (seed, number, statement, draw.parameters)
        answered += 0 < len(expected) < 60
    assert answered > 10, "the conditions say too little"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_keyed_read_filters_alike(pq, dynamodb, seed):
    for number in range(40):
        draw = Draw(seed * 1000 + number + 500)
        pk = draw.random.choice(["p0", "p1"])
        ranged, key = draw.random.choice(
            [
                ("", ""),
                ("sk > 20 AND ", " AND sk > :sk"),
                ("sk <= 20 AND ", " AND sk <= :sk"),
                ("20 > sk AND ", " AND sk < :sk"),
            ]
        )
        backwards = draw.random.random() < 0.5
        text, expression = draw.condition()
        order = "ORDER BY sk DESC" if backwards else draw.random.choice(["", "ORDER BY sk", "ORDER BY sk ASC"])
        statement = f"SELECT * FROM \"T\" WHERE pk = '{pk}' AND {ranged}({text}) {order}"
        members = filtered(expression, draw.values)
        values = {**members.pop("ExpressionAttributeValues", {}), ":pk": S(pk), **({":sk": N(20)} if key else {})}
        expected = everything(
            dynamodb.query, TableName=pq.tables["T"], KeyConditionExpression="pk = :pk" + key,
            ExpressionAttributeValues=values, ScanIndexForward=not backwards, **members,
        )  # fmt: skip
        assert pq.items(statement, *draw.parameters) == expected, (seed, number, statement, draw.parameters)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_condition_of_a_write_decides_alike(pq, dynamodb, seed):
    """A DELETE's and an UPDATE's condition is a ConditionExpression."""
    for number in range(20):
        draw = Draw(seed * 1000 + number + 700)
        item = {**draw.item(0), "pk": S("write"), "sk": N(0)}
        text, expression = draw.condition()
        members = filtered(expression, draw.values)
        members["ConditionExpression"] = members.pop("FilterExpression")
        for write in [
            "UPDATE \"T\" SET touched = 1 WHERE pk = 'write' AND sk = 0",
            "DELETE FROM \"T\" WHERE pk = 'write' AND sk = 0",
        ]:
            dynamodb.put_item(TableName=pq.tables["T"], Item=item)
            expected = attempt(dynamodb.put_item, TableName=pq.tables["T"], Item=item, **members)
            found = attempt(pq.run, f"{write} AND ({text})", *draw.parameters)
            assert found == expected, (seed, number, write, text, draw.parameters, item)
    dynamodb.delete_item(TableName=pq.tables["T"], Key={"pk": S("write"), "sk": N(0)})


def attempt(operation, *arguments, **members):
    try:
        operation(*arguments, **members)
        return "done"
    except Exception as error:
        return error.response["Error"]["Code"]
