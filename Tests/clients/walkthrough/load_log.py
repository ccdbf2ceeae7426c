"""Writes a web log into a table with boto3's batch writer: load_log.py TABLE FILE.csv REGION."""

import csv
import sys

import boto3

NUMBERS = {"requestid", "hourofday", "responsecode", "bytessent"}
NAMES = "requestid host date hourofday timezone method url responsecode bytessent useragent".split()


def item(row):
    pairs = zip(NAMES, row, strict=True)
    return {name: int(text) if name in NUMBERS else text for name, text in pairs}


def main():
    name, path, region = sys.argv[1:]
    table = boto3.resource("dynamodb", region_name=region).Table(name)
    with open(path, encoding="utf-8", newline="") as file, table.batch_writer() as batch:
        for row in csv.reader(file, strict=True):
            batch.put_item(Item=item(row))


if __name__ == "__main__":
    main()
