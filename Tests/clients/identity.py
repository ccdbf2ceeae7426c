"""What tests of IAM and STS share: documents, and roles of a test's own."""

import json

import support

DOCUMENTS = support.REPOSITORY / "Tests" / "clients" / "documents"
TRUST_FILE, POLICY_FILE = DOCUMENTS / "trust-relationship.json", DOCUMENTS / "role-policy.json"
TRUST, POLICY = TRUST_FILE.read_text(), POLICY_FILE.read_text()
TRUSTED, ALLOWED = json.loads(TRUST), json.loads(POLICY)
BASIC = "arn:aws-cn:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def remove_role(iam, name):
    """A role with all that hangs on it."""
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)
