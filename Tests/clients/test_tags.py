"""TagResource, UntagResource, ListTagsOfResource, and what Terraform asks of a table beside them.

Sources: dynalite's tests (texts), Alternator's test_tag.py (run against AWS), observations of AWS of October 2026.
"""

import pytest

from support import expect_error

TOO_MANY = "Number of Tags exceed the current limit for the provided ResourceArn"


@pytest.fixture
def arn(dynamodb, make_table):
    return dynamodb.describe_table(TableName=make_table())["Table"]["TableArn"]


def listed(dynamodb, arn):
    return {tag["Key"]: tag["Value"] for tag in dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]}


def tags(**pairs):
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def test_tags_are_given_changed_and_taken_away(dynamodb, arn):
    assert listed(dynamodb, arn) == {}
    dynamodb.tag_resource(ResourceArn=arn, Tags=tags(a="1", b=""))
    dynamodb.tag_resource(ResourceArn=arn, Tags=tags(a="2", ключ="表 +-=._:/@"))
    assert listed(dynamodb, arn) == {"a": "2", "b": "", "ключ": "表 +-=._:/@"}
    dynamodb.untag_resource(ResourceArn=arn, TagKeys=["b", "absent"])
    assert listed(dynamodb, arn) == {"a": "2", "ключ": "表 +-=._:/@"}


def test_tags_of_a_new_table_are_listed(dynamodb, make_table):
    table = make_table(Tags=tags(team="x"))
    arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    assert listed(dynamodb, arn) == {"team": "x"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "Atleast one Tag needs to be provided as Input."),
        (tags(**{"": "x"}), "The Tag Key provided is invalid, Key: "),
        ([{"Key": "x"}], "The Tag Value provided is invalid, Value: null"),
        (tags(**{"k" * 129: "x"}), f"The Tag Key provided is invalid, Key: {'k' * 129}"),
        (tags(x="v" * 257), f"The Tag Value provided is invalid, Value: {'v' * 257}"),
        (tags(x="100%"), "The Tag Value provided is invalid, Value: 100%"),
        (tags(good="x", **{"aws:x": "y"}), "Tag Key cannot be prefixed with aws:, Key: aws:x"),
        (tags(x="1") + tags(x="2"), "Duplicate Tag Keys provided as input: Duplicate Tag Key found x"),
        (tags(**{f"k{number}": "" for number in range(51)}), TOO_MANY),
    ],
)
def test_tags_are_all_refused_together(dynamodb, arn, given, message):
    with expect_error("ValidationException", message):
        dynamodb.tag_resource(ResourceArn=arn, Tags=given)
    assert listed(dynamodb, arn) == {}


def test_untagging_is_checked_too(dynamodb, arn):
    with expect_error("ValidationException", "Atleast one Tag Key needs to be provided as Input."):
        dynamodb.untag_resource(ResourceArn=arn, TagKeys=[])
    with expect_error("ValidationException", TOO_MANY):
        dynamodb.untag_resource(ResourceArn=arn, TagKeys=[f"k{number}" for number in range(51)])


def test_a_table_is_named_by_its_arn_alone(dynamodb, arn):
    missing = arn + "x"
    with expect_error("ResourceNotFoundException", f"Requested resource not found: ResourceArn: {missing} not found"):
        dynamodb.list_tags_of_resource(ResourceArn=missing)
    with expect_error(
        "ValidationException", "One or more parameter values were invalid: ARNs must start with 'arn:': things"
    ):
        dynamodb.list_tags_of_resource(ResourceArn="things")
    with expect_error("AccessDeniedException", "Access is denied"):
        dynamodb.list_tags_of_resource(ResourceArn=arn.replace("123456789012", "000000000000"))


def test_backups_and_insights_are_off(dynamodb, make_table, table_name):
    table = make_table()
    backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"] == {"PointInTimeRecoveryStatus": "DISABLED"}
    assert dynamodb.describe_contributor_insights(TableName=table)["ContributorInsightsStatus"] == "DISABLED"
    with expect_error("TableNotFoundException", f"Table not found: {table_name}"):
        dynamodb.describe_continuous_backups(TableName=table_name)
