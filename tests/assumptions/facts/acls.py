"""ACLs: canned ones, grants, what they allow."""

from typing import Any, Final

from tests.assumptions.registry import assumption, s3_api, s3_guide
from tests.assumptions.scene import Scene, answer, one_of, same

ACLS: Final = s3_guide("acl-overview")
DENIED: Final = "403 AccessDenied"
ALL_USERS: Final = "http://acs.amazonaws.com/groups/global/AllUsers"


def grants(scene: Scene, acl: Any) -> list[str]:
    """As "who permission", in order."""
    named = ((each["Grantee"], each["Permission"]) for each in acl["Grants"])
    return sorted(f"{scene.who(who.get('ID') or who.get('URI'))} {permission}" for who, permission in named)


@assumption(source=ACLS, used="tui/stores/s3/write_conditions.py")
def a_private_acl_grants_the_owner_alone(scene: Scene) -> None:
    """A new object without an ACL has one grant: its owner has FULL_CONTROL."""
    acl = scene.s3("a").get_object_acl(Bucket=scene.shared(), Key=scene.put(scene.shared()))
    same((scene.who(acl["Owner"]["ID"]), grants(scene, acl)), ("a", ["a FULL_CONTROL"]))


@assumption(source=ACLS, used="tui/transfers/bucket_owner.py")
def bucket_owner_full_control_grants_both(scene: Scene) -> None:
    """bucket-owner-full-control gives FULL_CONTROL to the uploader and to the owner of the bucket."""
    bucket = scene.open_bucket()
    acl = scene.s3("b").get_object_acl(Bucket=bucket, Key=scene.put(bucket, "b", ACL="bucket-owner-full-control"))
    same(grants(scene, acl), ["a FULL_CONTROL", "b FULL_CONTROL"])


@assumption(source=ACLS, used="tui/features/repair/repairer.py")
def the_uploader_lets_the_bucket_owner_read(scene: Scene) -> None:
    """After PutObjectAcl with bucket-owner-full-control by the uploader, the bucket's owner reads the object."""
    bucket = scene.open_bucket()
    key = scene.put(bucket, "b")
    scene.s3("b").put_object_acl(Bucket=bucket, Key=key, ACL="bucket-owner-full-control")
    scene.answers("OK", scene.s3("a").get_object, Bucket=bucket, Key=key)


@assumption(source=ACLS, used="tui/policies/access.py")
def bucket_owner_read_does_not_show_the_acl(scene: Scene) -> None:
    """bucket-owner-read lets the bucket's owner read the object, and not its ACL."""
    bucket = scene.open_bucket()
    named = {"Bucket": bucket, "Key": scene.put(bucket, "b", ACL="bucket-owner-read")}
    a = scene.s3("a")
    same([answer(a.get_object, **named), answer(a.get_object_acl, **named)], ["OK", DENIED])


@assumption(source=ACLS, used="tui/stores/s3/headers.py")
def a_grant_names_a_canonical_id(scene: Scene) -> None:
    """x-amz-grant-read with a canonical ID lets that account read the object."""
    bucket = scene.open_bucket()
    key = scene.put(bucket, "b", GrantRead=f'id="{scene.a.canonical_id}"')
    same(answer(scene.s3("a").get_object, Bucket=bucket, Key=key), "OK")


@assumption(source=ACLS, used="tui/policies/access.py")
def a_grant_of_write_acp_sets_the_acl(scene: Scene) -> None:
    """A grant of WRITE_ACP allows PutObjectAcl, and no read."""
    bucket = scene.open_bucket()
    named = {"Bucket": bucket, "Key": scene.put(bucket, "b", GrantWriteACP=f'id="{scene.a.canonical_id}"')}
    a = scene.s3("a")
    got = [answer(a.get_object, **named), answer(a.put_object_acl, ACL="bucket-owner-full-control", **named)]
    same(got, [DENIED, "OK"])


@assumption(source=ACLS, used="tui/features/inspect/owner_rules.py")
def public_read_lets_everyone_read(scene: Scene) -> None:
    """public-read lets requests without a signature read the object."""
    key = scene.put(scene.shared(), ACL="public-read")
    same(answer(scene.anonymous().get_object, Bucket=scene.shared(), Key=key), "OK")


@assumption(source=ACLS, used="tui/stores/s3/headers.py")
def public_read_is_a_grant_to_a_group(scene: Scene) -> None:
    """public-read is a grant of READ to the group AllUsers, named by its URI."""
    key = scene.put(scene.shared(), ACL="public-read")
    acl = scene.s3("a").get_object_acl(Bucket=scene.shared(), Key=key)
    same(grants(scene, acl), ["a FULL_CONTROL", f"{ALL_USERS} READ"])


@assumption(source=ACLS, used="tui/features/inspect/owner_rules.py")
def authenticated_read_lets_other_accounts_read(scene: Scene) -> None:
    """authenticated-read lets any signed request read the object, and no unsigned one."""
    named = {"Bucket": scene.shared(), "Key": scene.put(scene.shared(), ACL="authenticated-read")}
    got = [answer(client.get_object, **named) for client in (scene.s3("b"), scene.anonymous())]
    same(got, ["OK", DENIED])


@assumption(source=ACLS, used="tui/policies/access.py")
def a_bucket_acl_of_write_lets_another_account_put(scene: Scene) -> None:
    """A grant of WRITE in a bucket's ACL lets another account upload without a policy, and not list."""
    bucket = scene.bucket()
    own, other = (f'id="{party.canonical_id}"' for party in (scene.a, scene.b))
    scene.s3("a").put_bucket_acl(Bucket=bucket, GrantFullControl=own, GrantWrite=other)
    scene.answers("OK", scene.s3("b").put_object, Bucket=bucket, Key="written", Body=b"1")
    same(answer(scene.s3("b").list_objects_v2, Bucket=bucket), DENIED)


@assumption(source=ACLS, used="tui/policies/access.py")
def a_bucket_acl_of_read_lists_and_does_not_read(scene: Scene) -> None:
    """A grant of READ in a bucket's ACL lets another account list, and read no object."""
    bucket = scene.bucket()
    key = scene.put(bucket)
    own, other = (f'id="{party.canonical_id}"' for party in (scene.a, scene.b))
    scene.s3("a").put_bucket_acl(Bucket=bucket, GrantFullControl=own, GrantRead=other)
    scene.answers("OK", scene.s3("b").list_objects_v2, Bucket=bucket)
    same(answer(scene.s3("b").get_object, Bucket=bucket, Key=key), DENIED)


@assumption(source=s3_api("PutObjectAcl"), used="tui/stores/s3/write_conditions.py")
def an_acl_is_written_as_it_was_read(scene: Scene) -> None:
    """PutObjectAcl takes owner and grants as GetObjectAcl returned them, with one more grant."""
    named = {"Bucket": scene.shared(), "Key": scene.put(scene.shared())}
    a = scene.s3("a")
    acl = {name: value for name, value in a.get_object_acl(**named).items() if name in ("Owner", "Grants")}
    acl["Grants"].append({"Grantee": {"Type": "CanonicalUser", "ID": scene.b.canonical_id}, "Permission": "READ"})
    a.put_object_acl(AccessControlPolicy=acl, **named)
    same(grants(scene, a.get_object_acl(**named)), ["a FULL_CONTROL", "b READ"])


@assumption(source=ACLS, used="tui/documents/acls.py")
def an_email_as_grantee_is_refused(scene: Scene) -> None:
    """A grant to an e-mail address is refused since October 2025."""
    grant = {"Grantee": {"Type": "AmazonCustomerByEmail", "EmailAddress": "nobody@example.com"}, "Permission": "READ"}
    acl = {"Owner": {"ID": scene.a.canonical_id}, "Grants": [grant]}
    named = {"Bucket": scene.shared(), "Key": scene.put(scene.shared())}
    got = answer(scene.s3("a").put_object_acl, AccessControlPolicy=acl, **named)
    one_of(got.partition(" ")[0], "400", "405")


@assumption(source=s3_api("PutObjectAcl"), used="tui/transfers/attributes.py")
def an_unknown_canonical_id_is_refused(scene: Scene) -> None:
    """A grant to a canonical ID that no account has is refused with InvalidArgument."""
    named = {"Bucket": scene.shared(), "Key": scene.put(scene.shared())}
    nobody = f'id="{"0" * 63}1"'
    same(answer(scene.s3("a").put_object_acl, GrantRead=nobody, **named), "400 InvalidArgument")


@assumption(source=s3_api("CopyObject"), used="tui/transfers/attributes.py")
def a_copy_does_not_take_the_acl_along(scene: Scene) -> None:
    """CopyObject does not copy the ACL: the copy is private."""
    key, copy = scene.put(scene.shared(), ACL="public-read"), scene.fresh()
    source = {"Bucket": scene.shared(), "Key": key}
    a = scene.s3("a")
    a.copy_object(Bucket=scene.shared(), Key=copy, CopySource=source)
    same(grants(scene, a.get_object_acl(Bucket=scene.shared(), Key=copy)), ["a FULL_CONTROL"])


@assumption(source=s3_api("PutObject"), used="tui/stores/s3/headers.py")
def a_canned_acl_and_grants_exclude_one_another(scene: Scene) -> None:
    """An upload with a canned ACL and grants in headers at once is refused with InvalidRequest."""
    asked = {"Bucket": scene.shared(), "Key": scene.fresh(), "Body": b"1", "ACL": "private"}
    got = answer(scene.s3("a").put_object, GrantRead=f'id="{scene.b.canonical_id}"', **asked)
    same(got, "400 InvalidRequest")


@assumption(source=s3_guide("access-control-block-public-access"), used="tui/policies/access.py")
def block_public_acls_refuses_a_public_acl(scene: Scene) -> None:
    """With BlockPublicAcls an upload with public-read is refused with AccessDenied."""
    bucket, a = scene.bucket(), scene.s3("a")
    a.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    scene.answers(DENIED, a.put_object, Bucket=bucket, Key="public", Body=b"1", ACL="public-read")


@assumption(source=s3_guide("access-control-block-public-access"), used="tui/policies/access.py")
def ignore_public_acls_takes_public_grants_away(scene: Scene) -> None:
    """With IgnorePublicAcls a public-read object can no longer be read without a signature."""
    bucket, a = scene.bucket(), scene.s3("a")
    key = scene.put(bucket, ACL="public-read")
    a.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"IgnorePublicAcls": True})
    scene.answers(DENIED, scene.anonymous().get_object, Bucket=bucket, Key=key)
