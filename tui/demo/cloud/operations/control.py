"""ACLs and tags of objects, ACLs of buckets."""

from tui.demo.cloud import grants
from tui.demo.cloud.call import Call
from tui.demo.cloud.errors import CloudError, malformed_xml
from tui.demo.cloud.grants import Grants
from tui.demo.cloud.messages import Response
from tui.demo.cloud.operations.writing import MAX_TAGS, check_acl, checked_tags
from tui.demo.cloud.xml import document, leaf, node, parsed
from tui.demo.profiles import canonical_id


def get_object_acl(call: Call) -> Response:
    """Owner and grants of an object."""
    item = call.existing("s3:GetObjectVersionAcl" if call.version else "s3:GetObjectAcl")
    owner = canonical_id(call.bucket.owner_of(item))
    shown = grants.canned("private", owner, owner) if call.bucket.enforced else item.grants
    return Response(body=document("AccessControlPolicy", grants.to_xml(owner, shown)))


def put_object_acl(call: Call) -> Response:
    """Replace the grants of an object; the owner stays."""
    if call.bucket.enforced:
        raise CloudError("AccessControlListNotSupported", "The bucket does not allow ACLs")
    item = call.existing("s3:PutObjectVersionAcl" if call.version else "s3:PutObjectAcl")
    item.grants = _asked(call, canonical_id(item.owner), canonical_id(call.bucket.account))
    return Response()


def get_bucket_acl(call: Call) -> Response:
    """Owner and grants of a bucket."""
    bucket = call.require_on_bucket("s3:GetBucketAcl")
    owner = canonical_id(bucket.account)
    shown = grants.canned("private", owner, owner) if bucket.enforced else bucket.grants
    return Response(body=document("AccessControlPolicy", grants.to_xml(owner, shown)))


def put_bucket_acl(call: Call) -> Response:
    """Replace the grants of a bucket."""
    bucket = call.require_on_bucket("s3:PutBucketAcl")
    check_acl(bucket, call.request.headers)
    if bucket.enforced:
        raise CloudError("AccessControlListNotSupported", "The bucket does not allow ACLs")
    owner = canonical_id(bucket.account)
    bucket.grants = _asked(call, owner, owner)
    return Response()


def _asked(call: Call, owner: str, bucket_owner: str) -> Grants:
    headers = call.request.headers
    if call.request.body and not grants.mentions_acl(headers):
        return grants.from_xml(call.request.body)
    return grants.from_headers(headers, owner, bucket_owner)


def get_object_tagging(call: Call) -> Response:
    """An object's tags."""
    item = call.existing("s3:GetObjectVersionTagging" if call.version else "s3:GetObjectTagging")
    tags = [node("Tag", leaf("Key", key), leaf("Value", value)) for key, value in item.tags.items()]
    return Response(headers=call.bucket.version_headers(item), body=document("Tagging", [node("TagSet", *tags)]))


def put_object_tagging(call: Call) -> Response:
    """Replace an object's tags."""
    item = call.existing("s3:PutObjectVersionTagging" if call.version else "s3:PutObjectTagging")
    try:
        tag_set = parsed(call.request.body).first("TagSet")
    except ValueError as error:
        raise malformed_xml() from error
    if tag_set is None:
        raise malformed_xml()
    pairs = [(tag.value("Key"), tag.value("Value")) for tag in tag_set.all("Tag")]
    if len(pairs) > MAX_TAGS:
        raise CloudError("BadRequest", f"Object tags cannot be greater than {MAX_TAGS}")
    item.tags = checked_tags(pairs)
    return Response(headers=call.bucket.version_headers(item))


def delete_object_tagging(call: Call) -> Response:
    """Remove an object's tags."""
    item = call.existing("s3:DeleteObjectVersionTagging" if call.version else "s3:DeleteObjectTagging")
    item.tags = {}
    return Response(204, call.bucket.version_headers(item))


def get_object_retention(call: Call) -> Response:
    """Always refused after the permission check: no bucket of the demo has Object Lock."""
    call.existing("s3:GetObjectRetention")
    raise _without_object_lock()


def get_object_legal_hold(call: Call) -> Response:
    """Always refused after the permission check: no bucket of the demo has Object Lock."""
    call.existing("s3:GetObjectLegalHold")
    raise _without_object_lock()


def _without_object_lock() -> CloudError:
    return CloudError("InvalidRequest", "Bucket is missing Object Lock Configuration")
