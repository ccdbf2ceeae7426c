"""The handler of test_mappings.py's functions: writes down what it was invoked with, then does what the records say.

It speaks to the server by plain HTTP, so that it needs nothing but Python. A record's item may say what is to be done
in `do`, and in `times` how often, counted by sequence number.
"""

import json
import os
import time
import urllib.request

REGION = "cn-north-1"
AUTHORIZATION = (
    f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/{REGION}/dynamodb/aws4_request, "
    "SignedHeaders=host;x-amz-target, Signature=00"
)


def call(operation, **body):
    request = urllib.request.Request(
        os.environ["SERVER"],
        json.dumps(body).encode(),
        {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "X-Amz-Date": "20260101T000000Z",
            "Authorization": AUTHORIZATION,
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def count(key):
    """How often this was called with that key, this time included."""
    answer = call(
        "UpdateItem",
        TableName=os.environ["NOTES"],
        Key={"pk": {"S": key}},
        UpdateExpression="ADD turns :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )
    return int(answer["Attributes"]["turns"]["N"])


def handler(event, context):
    number = count("invocations")
    call(
        "PutItem",
        TableName=os.environ["NOTES"],
        Item={"pk": {"S": f"event {number:06}"}, "event": {"S": json.dumps(event)}},
    )
    failures = []
    for record in event["Records"]:
        sequence = record["dynamodb"]["SequenceNumber"]
        image = record["dynamodb"].get("NewImage", {})
        wish = image.get("do", {}).get("S")
        if wish is None or count(sequence) > int(image.get("times", {"N": "1000000"})["N"]):
            continue
        if wish == "raise":
            raise RuntimeError(f"told to raise by {sequence}")
        if wish == "exit":
            os._exit(7)
        if wish == "sleep":
            time.sleep(60)
        if wish == "report":
            failures.append({"itemIdentifier": sequence})
    call("PutItem", TableName=os.environ["NOTES"], Item={"pk": {"S": f"handled {number:06}"}})
    return {"batchItemFailures": failures}
