"""STS through boto3 and the AWS CLI: who calls, and roles assumed."""

import base64
import datetime
import json
import re

import boto3
import pytest

import serving
import support
from conftest import unique_name
from identity import TRUST
from support import BEIJING, GOV_WEST, NINGXIA, VIRGINIA

OTHER = "111122223333"


@pytest.fixture(scope="module")
def sts(server):
    return support.Clients("sts", server.url)


@pytest.fixture
def role(server):
    """A role in China: its ARN."""
    iam = support.make_client("iam", server.url)
    name = unique_name("role")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Path="/a/", MaxSessionDuration=7200)["Role"]
    yield made["Arn"]
    iam.delete_role(RoleName=name)


def as_assumed(server, service, credentials, region=BEIJING):
    """A client with the credentials that AssumeRole has given."""
    return boto3.session.Session().client(
        service,
        endpoint_url=server.url,
        region_name=region,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        config=support.boto_config(),
    )


class TestCallers:
    @pytest.mark.parametrize(
        "region, partition", [(BEIJING, "aws-cn"), (VIRGINIA, "aws"), (GOV_WEST, "aws-us-gov")]
    )
    @pytest.mark.parametrize("key, account", [(support.ACCESS_KEY, support.ACCOUNT), (OTHER, OTHER)])
    def test_a_plain_key_is_the_accounts_root(self, sts, region, partition, key, account):
        answer = sts(region, key).get_caller_identity()
        assert (answer["Account"], answer["UserId"]) == (account, account)
        assert answer["Arn"] == f"arn:{partition}:iam::{account}:root"

    def test_the_cli(self, aws):
        assert aws("sts", "get-caller-identity")["Account"] == support.ACCOUNT


class TestAssumeRole:
    def test_credentials(self, server, sts, role):
        now = datetime.datetime.now(datetime.timezone.utc)
        answer = sts.assume_role(RoleArn=role, RoleSessionName="me@here", DurationSeconds=900)
        credentials, name = answer["Credentials"], role.rsplit("/", 1)[1]
        assert re.fullmatch("ASIA[A-Z2-7]{16}", credentials["AccessKeyId"])
        assert 890 <= (credentials["Expiration"] - now).total_seconds() <= 960
        session = f"arn:aws-cn:sts::123456789012:assumed-role/{name}/me@here"
        assert answer["AssumedRoleUser"]["Arn"] == session
        caller = as_assumed(server, "sts", credentials, NINGXIA).get_caller_identity()
        assert caller["Arn"] == session
        assert caller["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]
        assert caller["Account"] == support.ACCOUNT

    def test_a_session_means_the_roles_account(self, server, sts):
        """In every service, DynamoDB too."""
        iam = support.make_client("iam", server.url, access_key=OTHER)
        name = unique_name("role")
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        credentials = sts.assume_role(RoleArn=arn, RoleSessionName="cross")["Credentials"]
        assert as_assumed(server, "sts", credentials).get_caller_identity()["Account"] == OTHER
        assert as_assumed(server, "iam", credentials).get_role(RoleName=name)["Role"]["Arn"] == arn
        table = unique_name("t")
        as_assumed(server, "dynamodb", credentials).create_table(
            TableName=table, BillingMode="PAY_PER_REQUEST", **support.key_parameters(pk="S")
        )
        dynamodb = support.make_client("dynamodb", server.url, access_key=OTHER)
        dynamodb.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})
        assert dynamodb.describe_table(TableName=table)["Table"]["TableArn"].split(":")[4] == OTHER
        dynamodb.delete_table(TableName=table)
        iam.delete_role(RoleName=name)

    def test_duration(self, server, sts, role):
        answer = sts.assume_role(RoleArn=role, RoleSessionName="long", DurationSeconds=7200)
        message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        with support.expect_error("ValidationError", message):
            sts.assume_role(RoleArn=role, RoleSessionName="long", DurationSeconds=7201)
        chained = as_assumed(server, "sts", answer["Credentials"])
        assert chained.assume_role(RoleArn=role, RoleSessionName="next")["Credentials"]
        message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        with support.expect_error("ValidationError", message):
            chained.assume_role(RoleArn=role, RoleSessionName="next", DurationSeconds=3601)

    def test_errors(self, server, sts, role):
        denied = f"User: arn:aws-cn:iam::123456789012:root is not authorized to perform: sts:AssumeRole on resource: {role}"
        with support.expect_error("AccessDenied", denied + "x") as caught:
            sts.assume_role(RoleArn=role + "x", RoleSessionName="name")
        assert caught[0].response["ResponseMetadata"]["HTTPStatusCode"] == 403
        with support.expect_error("AccessDenied"):
            sts(VIRGINIA).assume_role(RoleArn=role, RoleSessionName="name")
        with support.expect_error("ValidationError", "nothing-valid-in-here is invalid"):
            sts.assume_role(RoleArn="nothing-valid-in-here", RoleSessionName="name")
        with support.expect_error(
            "ValidationError",
            "1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: [\w+=,.@-]*",
        ):
            sts.assume_role(RoleArn=role, RoleSessionName="Session1:2")
        with support.expect_error("ValidationError", re.compile("2 validation errors detected: .*")):
            sts.assume_role(RoleArn=role, RoleSessionName="s", DurationSeconds=1)
        credentials = sts.assume_role(RoleArn=role, RoleSessionName="name")["Credentials"]
        with support.expect_error(
            "InvalidClientTokenId", "The security token included in the request is invalid."
        ):
            as_assumed(server, "sts", credentials, VIRGINIA).get_caller_identity()

    def test_the_cli_assumes_a_role(self, aws, role):
        answer = aws("sts", "assume-role", "--role-arn", role, "--role-session-name", "cli")
        assert answer["AssumedRoleUser"]["Arn"].endswith("/cli")

    def test_web_identity(self, server, sts, role):
        claims = json.dumps({"sub": "me", "iss": "https://id.example.com", "aud": "app"}).encode()
        token = "e30." + base64.urlsafe_b64encode(claims).decode().rstrip("=") + ".signature"
        answer = sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="web", WebIdentityToken=token)
        assert answer["SubjectFromWebIdentityToken"] == "me"
        assert (answer["Provider"], answer["Audience"]) == ("id.example.com", "app")
        caller = as_assumed(server, "sts", answer["Credentials"]).get_caller_identity()
        assert caller["Arn"].endswith("/web")
        with support.expect_error("InvalidIdentityToken"):
            sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="web", WebIdentityToken="none")


def test_sessions_survive_a_restart(tmp_path):
    options = ("--port", "0", "--data", str(tmp_path))
    with serving.running(*options) as server:
        iam = support.make_client("iam", server.url)
        arn = iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        sts = support.make_client("sts", server.url)
        credentials = sts.assume_role(RoleArn=arn, RoleSessionName="kept")["Credentials"]
    with serving.running(*options) as server:
        assert as_assumed(server, "sts", credentials).get_caller_identity()["Arn"].endswith(":assumed-role/r/kept")
