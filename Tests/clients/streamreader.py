"""Reading a whole stream through the API, as any client does: all shards, all pages, from the trim horizon."""


def shards(streams, arn, limit=None):
    """Every shard of a stream, in the order in which DescribeStream lists them, over all pages."""
    found, start = [], {}
    while True:
        page = streams.describe_stream(StreamArn=arn, **start, **({"Limit": limit} if limit else {}))[
            "StreamDescription"
        ]
        found += page["Shards"]
        if "LastEvaluatedShardId" not in page:
            return found
        start = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}


def iterator(streams, arn, shard, kind="TRIM_HORIZON", **members):
    return streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType=kind, **members)["ShardIterator"]


def drain(streams, position, limit=None):
    """The records up to an empty page, and the iterator that follows it (None at a closed shard's end)."""
    records = []
    while position is not None:
        page = streams.get_records(ShardIterator=position, **({"Limit": limit} if limit else {}))
        position = page.get("NextShardIterator")
        if not page["Records"]:
            break
        records += page["Records"]
    return records, position


def read_all(streams, arn, limit=None):
    """All records that are in the stream now; in order within a shard, parents before children."""
    records = []
    for shard in shards(streams, arn):
        records += drain(streams, iterator(streams, arn, shard["ShardId"]), limit)[0]
    return records
