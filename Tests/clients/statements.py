"""What the tests of PartiQL send statements with, and words that several of them expect."""

from dataplane import N, S, write_all
from support import expect_error

MALFORMED = "Statement wasn't well formed, can't be processed: "
INVALID = "One or more parameter values were invalid: "
OPERAND = "Incorrect operand type for operator or function; operator or function: {}, operand type: {}"
OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
NOT_FOUND = "Requested resource not found"
#: A table that nobody made.
NOWHERE = '"partiql-nowhere"'


class Statements:
    """Sends statements to tables of one letter each: in `SELECT * FROM "T"`, T is replaced by the table's name.

    What stands between « and » is the token whose place an error is to name; in its message {} stands for the place.
    """

    def __init__(self, dynamodb, **tables):
        self.dynamodb, self.tables = dynamodb, tables

    def write(self, letter, *items):
        write_all(self.dynamodb, self.tables[letter], items)

    def read(self, letter, **key):
        key = {name: S(value) if isinstance(value, str) else N(value) for name, value in key.items()}
        return self.dynamodb.get_item(TableName=self.tables[letter], Key=key, ConsistentRead=True).get("Item")

    def text(self, statement):
        """The statement as it is sent, and the place of its marked token: line, column and length."""
        for letter, name in self.tables.items():
            statement = statement.replace(f'"{letter}"', f'"{name}"')
        before, _, rest = statement.partition("«")
        token, _, after = rest.partition("»")
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        return before + token + after, f"{line}:{column}:{len(token)}"

    def member(self, member):
        """A statement with its parameters: `"…"` or `("…", parameter, …)`, or a dict as it stands."""
        if isinstance(member, dict):
            return {**member, "Statement": self.text(member["Statement"])[0]}
        statement, *parameters = [member] if isinstance(member, str) else member
        return {"Statement": self.text(statement)[0], **({"Parameters": parameters} if parameters else {})}

    def run(self, statement, *parameters, **members):
        return self.dynamodb.execute_statement(**self.member((statement, *parameters)), **members)

    def items(self, statement, *parameters, **members):
        return self.run(statement, *parameters, **members)["Items"]

    def keys(self, condition, *parameters, letter="T", **members):
        """The sort keys of all items of a table that meet a condition."""
        return [
            item["sk"]["S"]
            for item in self.items(f'SELECT sk FROM "{letter}" WHERE {condition}', *parameters, **members)
        ]

    def refuse(self, statement, message, *parameters, code="ValidationException", **members):
        """The statement must fail; a message of None is left open."""
        if isinstance(message, str):
            message = message.replace("{}", self.text(statement)[1])
        with expect_error(code, message):
            self.run(statement, *parameters, **members)

    def batch(self, *statements, **members):
        answer = self.dynamodb.batch_execute_statement(Statements=[self.member(each) for each in statements], **members)
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    def transact(self, *statements, **members):
        answer = self.dynamodb.execute_transaction(
            TransactStatements=[self.member(each) for each in statements], **members
        )
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}
