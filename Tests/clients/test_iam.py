"""IAM through boto3 and the AWS CLI: roles, their policies and tags, managed policies."""

import datetime
import json
import re
import subprocess

import pytest

import serving
import support
from conftest import unique_name
from identity import ALLOWED, BASIC, POLICY, POLICY_FILE, TRUST, TRUST_FILE, TRUSTED, remove_role
from support import BEIJING, GOV_WEST, NINGXIA, VIRGINIA


@pytest.fixture(scope="module")
def iam(server):
    return support.Clients("iam", server.url)


@pytest.fixture
def make_role(iam):
    """`make_role(**parameters)`: a role in China, its name returned; removed after the test."""
    made = []

    def make(client=None, **parameters):
        client = client or iam()
        parameters.setdefault("RoleName", unique_name("role"))
        parameters.setdefault("AssumeRolePolicyDocument", TRUST)
        client.create_role(**parameters)
        made.append((client, parameters["RoleName"]))
        return parameters["RoleName"]

    yield make
    for client, name in made:
        try:
            remove_role(client, name)
        except client.exceptions.NoSuchEntityException:
            pass


@pytest.fixture
def role(make_role):
    return make_role()


def missing(name):
    return f"The role with name {name} cannot be found."


class TestRoles:
    def test_create_and_get(self, iam, make_role):
        before = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        name = unique_name("role")
        tags = [{"Key": "team", "Value": "a + b: @c"}]
        make_role(RoleName=name, Path="/service-role/", Description="of a test, é")
        role = iam.get_role(RoleName=name)["Role"]
        assert role["Description"] == "of a test, é"
        assert re.fullmatch("AROA[A-Z2-7]{17}", role["RoleId"])
        assert role["Arn"] == f"arn:aws-cn:iam::123456789012:role/service-role/{name}"
        assert before <= role["CreateDate"] <= datetime.datetime.now(datetime.timezone.utc)
        assert role["AssumeRolePolicyDocument"] == TRUSTED
        assert role["MaxSessionDuration"] == 3600
        assert role["RoleLastUsed"] == {}
        assert "Tags" not in role and "PermissionsBoundary" not in role
        other = make_role(Tags=tags, MaxSessionDuration=7200, PermissionsBoundary=BASIC)
        role = iam.get_role(RoleName=other)["Role"]
        assert role["Tags"] == tags
        assert role["MaxSessionDuration"] == 7200
        assert role["PermissionsBoundary"] == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": BASIC}
        assert iam.list_instance_profiles_for_role(RoleName=other)["InstanceProfiles"] == []

    def test_the_answer_of_create_leaves_out_what_aws_leaves_out(self, iam):
        name = unique_name("role")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Description="d")["Role"]
        iam.delete_role(RoleName=name)
        assert set(role) == {"Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument"}

    def test_update(self, iam, role):
        iam.update_role(RoleName=role, Description="new", MaxSessionDuration=3601)
        iam.update_role(RoleName=role)
        found = iam.get_role(RoleName=role)["Role"]
        assert (found["Description"], found["MaxSessionDuration"]) == ("new", 3601)
        assert iam.update_role_description(RoleName=role, Description="newer")["Role"]["Description"] == "newer"
        trust = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))
        assert iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"] == trust

    def test_boundary(self, iam, role):
        iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=BASIC)
        assert iam.get_role(RoleName=role)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == BASIC
        iam.delete_role_permissions_boundary(RoleName=role)
        assert "PermissionsBoundary" not in iam.get_role(RoleName=role)["Role"]

    def test_pages_and_prefixes(self, iam, make_role):
        path = f"/{unique_name('path')}/"
        names = sorted(make_role(Path=path) for _ in range(5))
        pages = list(
            iam.get_paginator("list_roles").paginate(PathPrefix=path, PaginationConfig={"PageSize": 2})
        )
        assert [len(page["Roles"]) for page in pages] == [2, 2, 1]
        assert [page["IsTruncated"] for page in pages] == [True, True, False]
        assert [role["RoleName"] for page in pages for role in page["Roles"]] == names
        assert iam.list_roles(PathPrefix=path[:-1])["Roles"]
        assert iam.list_roles(PathPrefix=path + "none/")["Roles"] == []

    def test_partitions_and_accounts_are_apart_and_regions_are_not(self, iam, make_role):
        name = unique_name("role")
        arns = set()
        for region, account in [
            (BEIJING, support.ACCESS_KEY),
            (VIRGINIA, support.ACCESS_KEY),
            (GOV_WEST, support.ACCESS_KEY),
            (BEIJING, "111122223333"),
        ]:
            client = iam(region, account)
            with support.expect_error("NoSuchEntity", missing(name)):
                client.get_role(RoleName=name)
            make_role(client, RoleName=name)
            arns.add(client.get_role(RoleName=name)["Role"]["Arn"])
        assert arns == {
            f"arn:aws-cn:iam::123456789012:role/{name}",
            f"arn:aws:iam::123456789012:role/{name}",
            f"arn:aws-us-gov:iam::123456789012:role/{name}",
            f"arn:aws-cn:iam::111122223333:role/{name}",
        }
        assert iam(NINGXIA).get_role(RoleName=name) and iam("eu-west-1").get_role(RoleName=name)

    def test_delete_conflicts(self, iam, role):
        iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=POLICY)
        iam.attach_role_policy(RoleName=role, PolicyArn=BASIC)
        with support.expect_error("DeleteConflict", "Cannot delete entity, must detach all policies first.") as caught:
            iam.delete_role(RoleName=role)
        assert caught[0].response["ResponseMetadata"]["HTTPStatusCode"] == 409
        iam.detach_role_policy(RoleName=role, PolicyArn=BASIC)
        with support.expect_error("DeleteConflict", "Cannot delete entity, must delete policies first."):
            iam.delete_role(RoleName=role)

    def test_errors(self, iam, role):
        with support.expect_error("EntityAlreadyExists", f"Role with name {role} already exists.") as caught:
            iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
        assert caught[0].response["ResponseMetadata"]["HTTPStatusCode"] == 409
        assert caught[0].response["Error"]["Type"] == "Sender"
        name = unique_name("none")
        for call, parameters in [
            (iam.get_role, {}),
            (iam.delete_role, {}),
            (iam.update_role, {"Description": "x"}),
            (iam.update_assume_role_policy, {"PolicyDocument": TRUST}),
            (iam.put_role_policy, {"PolicyName": "p", "PolicyDocument": POLICY}),
            (iam.get_role_policy, {"PolicyName": "p"}),
            (iam.delete_role_policy, {"PolicyName": "p"}),
            (iam.list_role_policies, {}),
            (iam.attach_role_policy, {"PolicyArn": BASIC}),
            (iam.detach_role_policy, {"PolicyArn": BASIC}),
            (iam.list_attached_role_policies, {}),
            (iam.tag_role, {"Tags": [{"Key": "a", "Value": "b"}]}),
            (iam.untag_role, {"TagKeys": ["a"]}),
            (iam.list_role_tags, {}),
            (iam.list_instance_profiles_for_role, {}),
            (iam.put_role_permissions_boundary, {"PermissionsBoundary": BASIC}),
            (iam.delete_role_permissions_boundary, {}),
            (iam.update_role_description, {"Description": "x"}),
        ]:
            with support.expect_error("NoSuchEntity", missing(name)) as caught:
                call(RoleName=name, **parameters)
            assert caught[0].response["ResponseMetadata"]["HTTPStatusCode"] == 404
        with support.expect_error(
            "ValidationError",
            "1 validation error detected: Value at 'roleName' failed to satisfy constraint: Member must have length "
            "less than or equal to 64",
        ):
            iam.create_role(RoleName="a" * 65, AssumeRolePolicyDocument=TRUST)
        with support.expect_error("MalformedPolicyDocument", "Has prohibited field Resource"):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=POLICY)
        with support.expect_error("MalformedPolicyDocument", "This policy contains invalid Json"):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument="file://iam-trust-relationship.json")
        with support.expect_error("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048"):
            statement = {**TRUSTED["Statement"][0], "Sid": "x" * 2048}
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": statement}))

    def test_an_action_that_is_not_built(self, iam):
        with support.expect_error("InvalidAction", "Could not find operation ListUsers for version 2010-05-08"):
            iam.list_users()


class TestInlinePolicies:
    def test_lifecycle(self, iam, role):
        for name in ["b", "a", "c"]:
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=POLICY)
        answer = iam.get_role_policy(RoleName=role, PolicyName="b")
        assert (answer["RoleName"], answer["PolicyName"], answer["PolicyDocument"]) == (role, "b", ALLOWED)
        pages = iam.get_paginator("list_role_policies").paginate(RoleName=role, PaginationConfig={"PageSize": 2})
        assert [page["PolicyNames"] for page in pages] == [["a", "b"], ["c"]]
        iam.delete_role_policy(RoleName=role, PolicyName="b")
        with support.expect_error("NoSuchEntity", "The role policy with name b cannot be found."):
            iam.get_role_policy(RoleName=role, PolicyName="b")
        with support.expect_error("NoSuchEntity", "The role policy with name b cannot be found."):
            iam.delete_role_policy(RoleName=role, PolicyName="b")

    def test_any_text_comes_back(self, iam, role):
        document = {"Statement": [{"Sid": "", "Effect": "Deny", "Action": "a:b", "Resource": "arn:aws:s3:::é%20+&<\t>"}]}
        iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=json.dumps(document, ensure_ascii=False))
        assert iam.get_role_policy(RoleName=role, PolicyName="p")["PolicyDocument"] == document

    def test_errors(self, iam, role):
        with support.expect_error("MalformedPolicyDocument", "Syntax errors in policy."):
            iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument="{")
        with support.expect_error("MalformedPolicyDocument", "Policy document should not specify a principal."):
            iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=TRUST)
        large = {"Statement": {"Sid": "x" * 10_240, "Effect": "Allow", "Action": "a:b", "Resource": "*"}}
        with support.expect_error("LimitExceeded", f"Maximum policy size of 10240 bytes exceeded for role {role}"):
            iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=json.dumps(large))
        assert iam.list_role_policies(RoleName=role)["PolicyNames"] == []


class TestManagedPolicies:
    @pytest.fixture
    def policy(self, iam):
        arn = iam.create_policy(PolicyName=unique_name("policy"), Path="/x/", PolicyDocument=POLICY, Description="d")
        arn = arn["Policy"]["Arn"]
        yield arn
        try:
            for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
                if not version["IsDefaultVersion"]:
                    iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
            iam.delete_policy(PolicyArn=arn)
        except iam().exceptions.NoSuchEntityException:
            pass

    def test_create_get_list_delete(self, iam, policy):
        found = iam.get_policy(PolicyArn=policy)["Policy"]
        assert re.fullmatch("ANPA[A-Z2-7]{17}", found["PolicyId"])
        assert (found["Path"], found["Description"], found["Tags"]) == ("/x/", "d", [])
        assert (found["DefaultVersionId"], found["AttachmentCount"], found["IsAttachable"]) == ("v1", 0, True)
        version = iam.get_policy_version(PolicyArn=policy, VersionId="v1")["PolicyVersion"]
        assert version["Document"] == ALLOWED
        pages = iam.get_paginator("list_policies").paginate(Scope="Local", PathPrefix="/x/")
        assert policy in [found["Arn"] for page in pages for found in page["Policies"]]
        iam.delete_policy(PolicyArn=policy)
        with support.expect_error("NoSuchEntity", f"Policy {policy} was not found."):
            iam.get_policy(PolicyArn=policy)

    def test_versions(self, iam, policy):
        document = json.dumps({**ALLOWED, "Id": "second"})
        made = iam.create_policy_version(PolicyArn=policy, PolicyDocument=document, SetAsDefault=True)["PolicyVersion"]
        assert (made["VersionId"], made["IsDefaultVersion"]) == ("v2", True)
        assert [v["VersionId"] for v in iam.list_policy_versions(PolicyArn=policy)["Versions"]] == ["v2", "v1"]
        with support.expect_error("DeleteConflict", "Cannot delete the default version of a policy."):
            iam.delete_policy_version(PolicyArn=policy, VersionId="v2")
        with support.expect_error("DeleteConflict", re.compile("This policy has more than one version.*")):
            iam.delete_policy(PolicyArn=policy)
        iam.set_default_policy_version(PolicyArn=policy, VersionId="v1")
        iam.delete_policy_version(PolicyArn=policy, VersionId="v2")

    def test_attach_and_detach(self, iam, role, policy):
        for arn in [BASIC, policy, policy]:
            iam.attach_role_policy(RoleName=role, PolicyArn=arn)
        attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        assert [found["PolicyArn"] for found in attached] == sorted([BASIC, policy])
        assert iam.get_policy(PolicyArn=policy)["Policy"]["AttachmentCount"] == 1
        entities = iam.list_entities_for_policy(PolicyArn=policy)
        assert [found["RoleName"] for found in entities["PolicyRoles"]] == [role]
        with support.expect_error("DeleteConflict", "Cannot delete a policy attached to entities."):
            iam.delete_policy(PolicyArn=policy)
        iam.detach_role_policy(RoleName=role, PolicyArn=policy)
        with support.expect_error("NoSuchEntity", f"Policy {policy} was not found."):
            iam.detach_role_policy(RoleName=role, PolicyArn=policy)
        with support.expect_error("NoSuchEntity", f"Policy {policy}x does not exist or is not attachable."):
            iam.attach_role_policy(RoleName=role, PolicyArn=policy + "x")
        with support.expect_error("ValidationError", "ARN longpolicynamebutnoarn is not valid."):
            iam.attach_role_policy(RoleName=role, PolicyArn="longpolicynamebutnoarn")

    def test_errors(self, iam, policy):
        name = policy.rsplit("/", 1)[1]
        message = f"A policy called {name} already exists. Duplicate names are not allowed."
        with support.expect_error("EntityAlreadyExists", message):
            iam.create_policy(PolicyName=name, PolicyDocument=POLICY)
        with support.expect_error("MalformedPolicyDocument", "Policy document must be version 2012-10-17 or greater."):
            iam.create_policy(PolicyName=unique_name("p"), PolicyDocument=json.dumps({"Statement": ALLOWED["Statement"]}))


class TestTags:
    def test_lifecycle(self, iam, role):
        iam.tag_role(RoleName=role, Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": ""}])
        iam.tag_role(RoleName=role, Tags=[{"Key": "b", "Value": "2"}])
        pages = iam.get_paginator("list_role_tags").paginate(RoleName=role, PaginationConfig={"PageSize": 1})
        assert [page["Tags"] for page in pages] == [[{"Key": "a", "Value": ""}], [{"Key": "b", "Value": "2"}]]
        iam.untag_role(RoleName=role, TagKeys=["a", "none"])
        assert iam.get_role(RoleName=role)["Role"]["Tags"] == [{"Key": "b", "Value": "2"}]

    def test_errors(self, iam, role):
        message = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        with support.expect_error("InvalidInput", message):
            iam.tag_role(RoleName=role, Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])
        with support.expect_error("ValidationError"):
            iam.tag_role(RoleName=role, Tags=[{"Key": str(number), "Value": ""} for number in range(51)])

    def test_policies(self, iam):
        tags = [{"Key": "a", "Value": "1"}]
        arn = iam.create_policy(PolicyName=unique_name("p"), PolicyDocument=POLICY, Tags=tags)["Policy"]["Arn"]
        iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "A", "Value": "2"}])
        assert [tag["Key"] for tag in iam.list_policy_tags(PolicyArn=arn)["Tags"]] == ["A", "a"]
        iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
        assert iam.get_policy(PolicyArn=arn)["Policy"]["Tags"] == [{"Key": "A", "Value": "2"}]
        iam.delete_policy(PolicyArn=arn)


def test_the_walkthroughs_role_with_the_cli(aws, iam):
    """As a reader types it, documents from files."""
    name = unique_name("ray_ddbreplica_role")
    made = aws(
        *("iam", "create-role", "--role-name", name, "--path", "/service-role/"),
        *("--assume-role-policy-document", f"file://{TRUST_FILE}"),
    )
    arn = f"arn:aws-cn:iam::123456789012:role/service-role/{name}"
    assert made["Role"]["Arn"] == arn
    aws(
        *("iam", "put-role-policy", "--role-name", name, "--policy-name", "ddbreplica_policy"),
        *("--policy-document", f"file://{POLICY_FILE}"),
    )
    shown = aws("iam", "get-role", "--role-name", name, "--query", "Role.Arn", "--output", "text")
    assert shown == arn
    found = aws("iam", "get-role-policy", "--role-name", name, "--policy-name", "ddbreplica_policy")
    assert found["PolicyDocument"] == ALLOWED
    aws("iam", "wait", "role-exists", "--role-name", name)
    again = aws(
        *("iam", "create-role", "--role-name", name, "--assume-role-policy-document", f"file://{TRUST_FILE}"),
        check=False,
    )
    assert again.returncode != 0
    assert f"(EntityAlreadyExists) when calling the CreateRole operation: Role with name {name}" in again.stderr
    remove_role(iam(), name)
    gone = aws("iam", "get-role", "--role-name", name, check=False)
    assert "(NoSuchEntity)" in gone.stderr


@pytest.mark.parametrize("service, call", [("logs", "describe_log_groups"), ("sns", "list_topics"), ("s3", "list_buckets")])
def test_a_service_that_is_not_here(server, service, call):
    """Told in the form of each protocol: JSON, Query, and S3's own."""
    message = re.compile(f"This server answers for dynamodb, iam, .*, not for '{service}'.")
    with support.expect_error("UnknownService", message):
        getattr(support.make_client(service, server.url), call)()


def test_everything_survives_a_restart(tmp_path):
    options = ("--port", "0", "--data", str(tmp_path))
    with serving.running(*options) as server:
        iam = support.make_client("iam", server.url)
        arn = iam.create_policy(PolicyName="managed", PolicyDocument=POLICY)["Policy"]["Arn"]
        iam.create_role(RoleName="kept", AssumeRolePolicyDocument=TRUST, Tags=[{"Key": "a", "Value": "b"}])
        iam.put_role_policy(RoleName="kept", PolicyName="inline", PolicyDocument=POLICY)
        iam.attach_role_policy(RoleName="kept", PolicyArn=arn)
        before = iam.get_role(RoleName="kept")["Role"], iam.get_policy(PolicyArn=arn)["Policy"]
    with serving.running(*options) as server:
        iam = support.make_client("iam", server.url)
        assert (iam.get_role(RoleName="kept")["Role"], iam.get_policy(PolicyArn=arn)["Policy"]) == before
        assert iam.get_role_policy(RoleName="kept", PolicyName="inline")["PolicyDocument"] == ALLOWED
        assert iam.list_attached_role_policies(RoleName="kept")["AttachedPolicies"][0]["PolicyArn"] == arn
        assert support.make_client("iam", server.url, VIRGINIA).list_roles()["Roles"] == []


def test_what_was_answered_survives_a_kill(tmp_path):
    options = ("--port", "0", "--data", str(tmp_path))
    server = support.Server(*options)
    try:
        support.make_client("iam", server.url).create_role(RoleName="kept", AssumeRolePolicyDocument=TRUST)
    finally:
        server.kill()
    with serving.running(*options) as server:
        assert support.make_client("iam", server.url).get_role(RoleName="kept")["Role"]["RoleName"] == "kept"


def test_the_cli_needs_nothing_but_the_endpoint(server):
    """The request identifier in the answer is the one in the headers."""
    client = support.make_client("iam", server.url)
    metadata = client.list_roles()["ResponseMetadata"]
    assert metadata["RequestId"] == metadata["HTTPHeaders"]["x-amzn-requestid"]
    done = subprocess.run(
        ["aws", "iam", "list-roles", "--region", "us-east-1"],
        env=support.aws_environment(server.url),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
