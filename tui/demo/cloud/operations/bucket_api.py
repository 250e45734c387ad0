"""Buckets and their settings; tags, ACLs and locks of objects."""

import re
from typing import Any, Final

from moto.core.request import Request as MotoRequest
from moto.s3.responses import S3Response

from tui.demo.cloud import grants
from tui.demo.cloud.call import AuthenticatedRequest, RequestResource
from tui.demo.cloud.grants import DemoGrant, DemoGrants
from tui.demo.cloud.iam.iam_policies import Policy, PolicyError, matches, require_principals
from tui.demo.cloud.iam.signatures import claim_of
from tui.demo.cloud.messages import CloudError, DemoResponse, document, leaf, malformed_xml, node, parsed
from tui.demo.cloud.models import DemoBucket, DemoOwnership
from tui.demo.cloud.operations.write_api import MAX_TAGS, accepted, check_acl, checked_tags
from tui.demo.demo_profiles import canonical_id

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS: Final = re.compile(r"\d+\.\d+\.\d+\.\d+")
US_EAST_1: Final = "us-east-1"
_BLOCKS: Final = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def head_bucket(call: AuthenticatedRequest) -> DemoResponse:
    call.require_on_bucket("s3:ListBucket")
    return DemoResponse()


def create_bucket(call: AuthenticatedRequest) -> DemoResponse:
    """Create a bucket of the caller's account; without the header, ACLs are disabled."""
    request = call.request
    caller = call.require_of_identity("s3:CreateBucket", f"arn:aws:s3:::{request.bucket}")
    if not _is_name(request.bucket):
        raise CloudError("InvalidBucketName", "The specified bucket is not valid.", BucketName=request.bucket)
    ownership = _asked_ownership(request.header("x-amz-object-ownership"))
    bucket = call.store.create(caller.account, request.bucket, _asked_region(call))
    bucket.ownership = ownership
    check_acl(bucket, request.headers)
    if not bucket.enforced:
        owner = canonical_id(bucket.account)
        bucket.grants = grants.from_headers(request.headers, owner, owner)
    return DemoResponse(headers={"location": f"/{bucket.name}"})


def _is_name(name: str) -> bool:
    """User guide, "General purpose bucket naming rules"."""
    return (
        _NAME.fullmatch(name) is not None
        and ".." not in name
        and _ADDRESS.fullmatch(name) is None
        and not name.startswith(("xn--", "sthree-", "amzn-s3-demo-"))
        and not name.endswith(("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"))
    )


def _asked_ownership(value: str) -> DemoOwnership:
    try:
        return DemoOwnership(value) if value else DemoOwnership.ENFORCED
    except ValueError as error:
        raise CloudError("InvalidArgument", "Invalid x-amz-object-ownership header", ArgumentValue=value) from error


def _asked_region(call: AuthenticatedRequest) -> str:
    constraint = parsed(call.request.body).value("LocationConstraint") if call.request.body else ""
    claim = claim_of(call.request)
    return constraint or (claim.region if claim is not None else US_EAST_1)


def delete_bucket(call: AuthenticatedRequest) -> DemoResponse:
    call.store.remove(call.require_on_bucket("s3:DeleteBucket"))
    return DemoResponse(204)


def get_bucket_location(call: AuthenticatedRequest) -> DemoResponse:
    """Empty for us-east-1."""
    region = call.require_on_bucket("s3:GetBucketLocation").region_name
    return DemoResponse(body=document("LocationConstraint", [region if region != US_EAST_1 else ""]))


def get_bucket_policy(call: AuthenticatedRequest) -> DemoResponse:
    policy = _policy(_own_bucket(call, "s3:GetBucketPolicy"))
    return DemoResponse(headers={"content-type": "application/json"}, body=policy.text.encode())


def _own_bucket(call: AuthenticatedRequest, action: str) -> DemoBucket:
    """The bucket, for requests about its policy: other accounts get an error, whatever the policy allows.

    GetBucketPolicy in the API reference: "Amazon S3 returns a 405 Method Not Allowed error".
    """
    bucket = call.require_on_bucket(action)
    if call.account != bucket.account:
        raise CloudError("MethodNotAllowed", "The specified method is not allowed against this resource.")
    return bucket


def _policy(bucket: DemoBucket) -> Policy:
    if bucket.parsed_policy is None:
        raise CloudError("NoSuchBucketPolicy", "The bucket policy does not exist", BucketName=bucket.name)
    return bucket.parsed_policy


def put_bucket_policy(call: AuthenticatedRequest) -> DemoResponse:
    bucket = _own_bucket(call, "s3:PutBucketPolicy")
    try:
        policy = Policy.parse(call.request.body.decode())
        require_principals(policy)
        _require_fitting(call, policy)
    except (PolicyError, UnicodeDecodeError) as error:
        raise CloudError("MalformedPolicy", str(error)) from error
    if policy.is_public and bucket.blocks("BlockPublicPolicy"):
        raise CloudError(
            "AccessDenied",
            f"User: {call.caller.arn if call.caller else 'anonymous'} is not authorized to perform: "
            f's3:PutBucketPolicy on resource: "arn:aws:s3:::{bucket.name}" because public policies are '
            "prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
        )
    bucket.parsed_policy = policy
    return DemoResponse(204)


MAX_POLICY: Final = 20 * 1024


def _require_fitting(call: AuthenticatedRequest, policy: Policy) -> None:
    """Raise `PolicyError` for a policy that is too large, is about another bucket, or names who does not exist."""
    if len(call.request.body) > MAX_POLICY:
        raise PolicyError(f"Policies must not be larger than {MAX_POLICY} bytes")
    own = f"arn:aws:s3:::{call.bucket.name}"
    patterns = [pattern for one in policy.statements for pattern in one.resources if "Resource" not in one.inverted]
    if not all(pattern.startswith(f"{own}/") or matches(pattern, own) for pattern in patterns):
        raise PolicyError("Policy has invalid resource")
    call.identities.require_known(policy)


def delete_bucket_policy(call: AuthenticatedRequest) -> DemoResponse:
    _own_bucket(call, "s3:DeleteBucketPolicy").parsed_policy = None
    return DemoResponse(204)


def get_bucket_policy_status(call: AuthenticatedRequest) -> DemoResponse:
    policy = _policy(call.require_on_bucket("s3:GetBucketPolicyStatus"))
    return DemoResponse(body=document("PolicyStatus", [leaf(IsPublic=policy.is_public)]))


def get_ownership_controls(call: AuthenticatedRequest) -> DemoResponse:
    ownership = call.require_on_bucket("s3:GetBucketOwnershipControls").ownership
    if ownership is None:
        raise CloudError("OwnershipControlsNotFoundError", "The bucket ownership controls were not found")
    rule = node("Rule", leaf(ObjectOwnership=ownership.value))
    return DemoResponse(body=document("OwnershipControls", [rule]))


def put_ownership_controls(call: AuthenticatedRequest) -> DemoResponse:
    """ACLs can only be disabled if the bucket's own ACL grants nothing to others."""
    bucket = call.require_on_bucket("s3:PutBucketOwnershipControls")
    rule = parsed(call.request.body).first("Rule")
    try:
        ownership = DemoOwnership(rule.value("ObjectOwnership") if rule is not None else "")
    except ValueError as error:
        raise malformed_xml() from error
    own = DemoGrant(canonical_id(bucket.account), "FULL_CONTROL")
    if ownership is DemoOwnership.ENFORCED and set(bucket.grants) != {own}:
        raise CloudError(
            "InvalidBucketAclWithObjectOwnership",
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
        )
    bucket.ownership = ownership
    return DemoResponse()


def delete_ownership_controls(call: AuthenticatedRequest) -> DemoResponse:
    """A bucket without Object Ownership is ObjectWriter."""
    call.require_on_bucket("s3:PutBucketOwnershipControls").ownership = None
    return DemoResponse(204)


def get_public_access_block(call: AuthenticatedRequest) -> DemoResponse:
    blocks = call.require_on_bucket("s3:GetBucketPublicAccessBlock").blocks_public
    if blocks is None:
        raise CloudError("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
    return DemoResponse(body=document("PublicAccessBlockConfiguration", [leaf(**blocks)]))


def put_public_access_block(call: AuthenticatedRequest) -> DemoResponse:
    bucket = call.require_on_bucket("s3:PutBucketPublicAccessBlock")
    body = parsed(call.request.body)
    bucket.blocks_public = {name: body.value(name) == "true" for name in _BLOCKS}
    return DemoResponse()


def delete_public_access_block(call: AuthenticatedRequest) -> DemoResponse:
    call.require_on_bucket("s3:PutBucketPublicAccessBlock").blocks_public = None
    return DemoResponse(204)


def get_bucket_encryption(call: AuthenticatedRequest) -> DemoResponse:
    """SSE-S3, the default of every bucket."""
    call.require_on_bucket("s3:GetEncryptionConfiguration")
    default = node("ApplyServerSideEncryptionByDefault", leaf(SSEAlgorithm="AES256"))
    rule = node("Rule", default, leaf(BucketKeyEnabled=False))
    return DemoResponse(body=document("ServerSideEncryptionConfiguration", [rule]))


def get_request_payment(call: AuthenticatedRequest) -> DemoResponse:
    call.require_on_bucket("s3:GetBucketRequestPayment")
    return DemoResponse(body=document("RequestPaymentConfiguration", [leaf(Payer="BucketOwner")]))


def get_versioning(call: AuthenticatedRequest) -> DemoResponse:
    status = call.require_on_bucket("s3:GetBucketVersioning").versioning_status
    return DemoResponse(body=document("VersioningConfiguration", [leaf(Status=status)] if status else []))


def put_versioning(call: AuthenticatedRequest) -> DemoResponse:
    bucket = call.require_on_bucket("s3:PutBucketVersioning")
    status = parsed(call.request.body).value("Status")
    if status not in ("Enabled", "Suspended"):
        raise malformed_xml()
    bucket.versioning_status = status
    return DemoResponse()


def get_object_acl(call: AuthenticatedRequest) -> DemoResponse:
    item = call.existing("s3:GetObjectVersionAcl" if call.version else "s3:GetObjectAcl")
    return _acl(call.bucket, canonical_id(call.bucket.owner_of(item)), item.grants)


def put_object_acl(call: AuthenticatedRequest) -> DemoResponse:
    """The owner stays."""
    if call.bucket.enforced:
        raise CloudError("AccessControlListNotSupported", "The bucket does not allow ACLs")
    item = call.existing("s3:PutObjectVersionAcl" if call.version else "s3:PutObjectAcl")
    item.grants = _asked(call, canonical_id(item.owner), canonical_id(call.bucket.account))
    return DemoResponse()


def get_bucket_acl(call: AuthenticatedRequest) -> DemoResponse:
    bucket = call.require_on_bucket("s3:GetBucketAcl")
    return _acl(bucket, canonical_id(bucket.account), bucket.grants)


def _acl(bucket: DemoBucket, owner: str, given: DemoGrants) -> DemoResponse:
    shown = grants.canned("private", owner, owner) if bucket.enforced else given
    return DemoResponse(body=document("AccessControlPolicy", grants.to_xml(owner, shown)))


def put_bucket_acl(call: AuthenticatedRequest) -> DemoResponse:
    bucket = call.require_on_bucket("s3:PutBucketAcl")
    check_acl(bucket, call.request.headers)
    if bucket.enforced:
        raise CloudError("AccessControlListNotSupported", "The bucket does not allow ACLs")
    owner = canonical_id(bucket.account)
    bucket.grants = _asked(call, owner, owner)
    return DemoResponse()


def _asked(call: AuthenticatedRequest, owner: str, bucket_owner: str) -> DemoGrants:
    headers = call.request.headers
    if call.request.body and not grants.mentions_acl(headers):
        return accepted(call.bucket, grants.from_xml(call.request.body))
    return accepted(call.bucket, grants.from_headers(headers, owner, bucket_owner))


def get_object_tagging(call: AuthenticatedRequest) -> DemoResponse:
    item = call.existing("s3:GetObjectVersionTagging" if call.version else "s3:GetObjectTagging")
    tags = [node("Tag", leaf(Key=key, Value=value)) for key, value in item.tags.items()]
    return DemoResponse(headers=call.bucket.version_headers(item), body=document("Tagging", [node("TagSet", *tags)]))


def put_object_tagging(call: AuthenticatedRequest) -> DemoResponse:
    item = call.existing("s3:PutObjectVersionTagging" if call.version else "s3:PutObjectTagging")
    tag_set = parsed(call.request.body).first("TagSet")
    if tag_set is None:
        raise malformed_xml()
    pairs = [(tag.value("Key"), tag.value("Value")) for tag in tag_set.all("Tag")]
    if len(pairs) > MAX_TAGS:
        raise CloudError("BadRequest", f"Object tags cannot be greater than {MAX_TAGS}")
    item.tags = checked_tags(pairs)
    return DemoResponse(headers=call.bucket.version_headers(item))


def delete_object_tagging(call: AuthenticatedRequest) -> DemoResponse:
    item = call.existing("s3:DeleteObjectVersionTagging" if call.version else "s3:DeleteObjectTagging")
    item.tags = {}
    return DemoResponse(204, call.bucket.version_headers(item))


def get_lock(call: AuthenticatedRequest, action: str) -> DemoResponse:
    """Always an error: no bucket of the demo has Object Lock."""
    call.existing(action)
    raise CloudError("InvalidRequest", "Bucket is missing Object Lock Configuration")


ROOT: Final = "v20180820"
"""The first part of every S3 Control path; no bucket has this name."""


def get_account_block(call: AuthenticatedRequest) -> DemoResponse:
    _of_own_account(call, "s3:GetAccountPublicAccessBlock")
    raise CloudError("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")


def list_access_points(call: AuthenticatedRequest) -> DemoResponse:
    _of_own_account(call, "s3:ListAccessPoints")
    return DemoResponse(body=document("ListAccessPointsResult", [node("AccessPointList")]))


def _of_own_account(call: AuthenticatedRequest, action: str) -> None:
    caller = call.require_of_identity(action, "*")
    if call.request.header("x-amz-account-id") != caller.account:
        raise CloudError("AccessDenied", "Access Denied")


_DROPPED = frozenset({"content-length", "date", "server", "connection"})


def ask_moto(call: AuthenticatedRequest, action: str) -> DemoResponse:
    """Pass the request to moto as the bucket's own account. Raises `CloudError` (AccessDenied)."""
    item = call.bucket.find(call.key, call.version) if call.key else None
    call.require(action, RequestResource(call.bucket, call.key, item))
    dispatch = S3Response.key_dispatch if call.key else S3Response.bucket_dispatch
    asked = call.request
    # moto reads the account from this header before the signature, which is already verified.
    headers = {"authorization": "checked", **asked.headers, "x-moto-account-id": call.bucket.account}
    query = f"?{asked.raw_query}" if asked.raw_query else ""
    url = f"http://{asked.header('host', '127.0.0.1')}{asked.raw_path}{query}"
    request: Any = MotoRequest.from_primitives(asked.method, url, headers, asked.body)
    status, answered, body = dispatch(request, request.raw_url, request.headers)
    kept = {name.lower(): str(value) for name, value in answered.items() if name.lower() not in _DROPPED}
    return DemoResponse(status, kept, body.encode() if isinstance(body, str) else body)
