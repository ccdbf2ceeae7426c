"""The AWS CLI, unmodified, with the commands of the Beijing and Ningxia walkthrough up to the stream."""

import pytest

from support import ACCOUNT, BEIJING, NINGXIA, eventually

CREATE = [
    "--attribute-definitions",
    "AttributeName=requestid,AttributeType=N",
    "AttributeName=host,AttributeType=S",
    "--key-schema",
    "AttributeName=requestid,KeyType=HASH",
    "--provisioned-throughput",
    "ReadCapacityUnits=100,WriteCapacityUnits=100",
    "--global-secondary-indexes",
    "IndexName=host-requestid-gsi,"
    "KeySchema=[{AttributeName=host,KeyType=HASH},{AttributeName=requestid,KeyType=RANGE}],"
    "Projection={ProjectionType=INCLUDE,NonKeyAttributes=['bytessent']},"
    "ProvisionedThroughput={ReadCapacityUnits=100,WriteCapacityUnits=100}",
]


@pytest.fixture(scope="module")
def pair(aws, remove_table):
    """tlog in Beijing and tlog_replica in Ningxia, made as the walkthrough makes them."""
    made = [("tlog", BEIJING), ("tlog_replica", NINGXIA)]
    for name, region in made:
        table = aws("dynamodb", "create-table", "--table-name", name, *CREATE, region=region)["TableDescription"]
        assert table["TableStatus"] == "CREATING"
        aws("dynamodb", "wait", "table-exists", "--table-name", name, region=region)
    yield made
    for name, region in made:
        remove_table(name, region)


@pytest.fixture(scope="module")
def stream(aws, pair):
    """The ARN of tlog's stream, switched on as the walkthrough does it."""
    specification = "StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES"
    answer = aws("dynamodb", "update-table", "--table-name", "tlog", "--stream-specification", specification)
    assert answer["TableDescription"]["StreamSpecification"] == {
        "StreamEnabled": True,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    aws("dynamodb", "wait", "table-exists", "--table-name", "tlog")
    query = ["--query", "Table.LatestStreamArn", "--output", "text"]
    return aws("dynamodb", "describe-table", "--table-name", "tlog", *query)


def test_both_tables_and_their_indexes_are_active(aws, pair):
    for name, region in pair:
        describe = ["dynamodb", "describe-table", "--table-name", name, "--output", "text", "--query"]
        assert aws(*describe, "Table.TableStatus", region=region) == "ACTIVE"
        assert aws(*describe, "Table.GlobalSecondaryIndexes[0].IndexStatus", region=region) == "ACTIVE"
        assert aws(*describe, "Table.TableArn", region=region) == f"arn:aws-cn:dynamodb:{region}:{ACCOUNT}:table/{name}"


def test_the_regions_are_apart(aws, pair):
    assert "tlog" in aws("dynamodb", "list-tables")["TableNames"]
    assert "tlog" not in aws("dynamodb", "list-tables", region=NINGXIA)["TableNames"]
    assert "tlog_replica" in aws("dynamodb", "list-tables", region=NINGXIA)["TableNames"]


def test_the_stream(aws, pair, stream):
    assert stream.startswith(f"arn:aws-cn:dynamodb:{BEIJING}:{ACCOUNT}:table/tlog/stream/20")
    (listed,) = aws("dynamodbstreams", "list-streams", "--table-name", "tlog")["Streams"]
    assert listed["StreamArn"] == stream
    described = aws("dynamodbstreams", "describe-stream", "--stream-arn", stream)["StreamDescription"]
    assert described["StreamStatus"] == "ENABLED"


def test_a_change_is_in_the_stream(aws, pair, stream):
    item = '{"requestid": {"N": "4666"}, "host": {"S": "66.249.67.3"}, "bytessent": {"N": "11"}, "url": {"S": "/é"}}'
    aws("dynamodb", "put-item", "--table-name", "tlog", "--item", item)
    shards = aws("dynamodbstreams", "describe-stream", "--stream-arn", stream)["StreamDescription"]["Shards"]
    records = []
    for shard in shards:
        iterator = aws(
            "dynamodbstreams",
            "get-shard-iterator",
            "--stream-arn",
            stream,
            "--shard-id",
            shard["ShardId"],
            "--shard-iterator-type",
            "TRIM_HORIZON",
        )["ShardIterator"]
        records += aws("dynamodbstreams", "get-records", "--shard-iterator", iterator)["Records"]
    (record,) = records
    assert record["eventName"] == "INSERT"
    assert record["dynamodb"]["NewImage"]["url"] == {"S": "/é"}
    assert record["dynamodb"]["Keys"] == {"requestid": {"N": "4666"}}


def test_items(aws, pair):
    for number in range(3):
        item = f'{{"requestid": {{"N": "{number}"}}, "host": {{"S": "h"}}, "bytessent": {{"N": "{number}"}}, "x": {{"S": "y"}}}}'
        aws("dynamodb", "put-item", "--table-name", "tlog_replica", "--item", item, region=NINGXIA)
    key = ["--table-name", "tlog_replica", "--key", '{"requestid": {"N": "1"}}']
    assert aws("dynamodb", "get-item", *key, region=NINGXIA)["Item"]["bytessent"] == {"N": "1"}
    scan = ["dynamodb", "scan", "--table-name", "tlog_replica"]
    assert aws(*scan, "--select", "COUNT", "--query", "Count", region=NINGXIA) == 3
    page = aws(*scan, "--max-items", "2", region=NINGXIA)
    assert len(page["Items"]) == 2 and "NextToken" in page
    rest = aws(*scan, "--starting-token", page["NextToken"], region=NINGXIA)
    assert len(rest["Items"]) == 1
    rows = aws(
        "dynamodb",
        "query",
        "--table-name",
        "tlog_replica",
        "--index-name",
        "host-requestid-gsi",
        "--key-condition-expression",
        "host = :h AND requestid > :r",
        "--expression-attribute-values",
        '{":h": {"S": "h"}, ":r": {"N": "0"}}',
        region=NINGXIA,
    )
    # The index holds its own keys, the table's, and the included attribute; `x` it does not.
    assert [sorted(item) for item in rows["Items"]] == [["bytessent", "host", "requestid"]] * 2
    aws("dynamodb", "delete-item", *key, region=NINGXIA)
    assert aws("dynamodb", "get-item", *key, region=NINGXIA) in ({}, "")


def test_errors_are_told_as_the_cli_tells_them(aws):
    process = aws("dynamodb", "describe-table", "--table-name", "no-such-table", check=False)
    assert process.returncode in (254, 255)
    assert process.stderr.strip().endswith(
        "An error occurred (ResourceNotFoundException) when calling the DescribeTable operation: "
        "Requested resource not found: Table: no-such-table not found"
    )
    process = aws("dynamodb", "create-table", "--table-name", "ab", *CREATE, check=False)
    assert "ValidationException" in process.stderr


def test_an_operation_that_is_not_built_yet(aws):
    process = aws("dynamodb", "list-global-tables", check=False)
    assert process.returncode in (254, 255)
    assert "UnknownOperationException" in process.stderr


def test_limits_and_endpoints(aws):
    assert aws("dynamodb", "describe-limits")["TableMaxReadCapacityUnits"] == 40000
    assert aws("dynamodb", "describe-endpoints")["Endpoints"]


def test_delete_and_wait(aws, table_name):
    aws("dynamodb", "create-table", "--table-name", table_name, *CREATE)
    aws("dynamodb", "wait", "table-exists", "--table-name", table_name)
    answer = aws("dynamodb", "delete-table", "--table-name", table_name)
    assert answer["TableDescription"]["TableStatus"] == "DELETING"

    def gone():
        return (
            "ResourceNotFoundException"
            in aws("dynamodb", "describe-table", "--table-name", table_name, check=False).stderr
        )

    eventually(gone)
    aws("dynamodb", "wait", "table-not-exists", "--table-name", table_name)
