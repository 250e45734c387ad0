"""Who owns an object, and what that means."""

from typing import Final

from tests.assumptions.registry import assumption, s3_api, s3_guide
from tests.assumptions.scene import Need, Scene, answer, same

OWNERSHIP: Final = s3_guide("about-object-ownership")
AUTHORIZES: Final = s3_guide("how-s3-evaluates-access-control")
FULL_CONTROL: Final = "bucket-owner-full-control"
DENIED: Final = "403 AccessDenied"


@assumption(source=s3_api("ListBuckets"), used="tui/stores/s3/buckets.py")
def list_buckets_names_the_callers_canonical_id(scene: Scene) -> None:
    """ListBuckets answers with the canonical ID of the caller's account, which no other account has."""
    owners = [scene.s3(party).list_buckets()["Owner"]["ID"] for party in ("a", "b")]
    same([scene.who(owner) for owner in owners], ["a", "b"])


@assumption(
    source="https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html",
    used="tui/documents/acls.py",
)
def a_canonical_id_has_64_hexadecimal_digits(scene: Scene) -> None:
    """A canonical ID has 64 lower-case hexadecimal digits."""
    owner = str(scene.s3("a").list_buckets()["Owner"]["ID"])
    same((len(owner), set(owner) <= set("0123456789abcdef")), (64, True))


@assumption(source=s3_api("Owner"), used="tui/core/identity.py")
def owners_have_no_display_name(scene: Scene) -> None:
    """Owners have no DisplayName any more: a canonical ID is all that names an account."""
    same(scene.s3("a").list_buckets()["Owner"].get("DisplayName", ""), "")


@assumption(source=OWNERSHIP, used="tui/transfers/bucket_owner.py")
def with_object_writer_the_uploader_owns(scene: Scene) -> None:
    """In a bucket with ObjectWriter the account that uploads an object owns it."""
    bucket = scene.open_bucket()
    same(scene.owner(bucket, scene.put(bucket, "b")), "b")


@assumption(source=OWNERSHIP, used="tui/transfers/bucket_owner.py")
def with_object_writer_full_control_leaves_the_owner(scene: Scene) -> None:
    """In a bucket with ObjectWriter bucket-owner-full-control grants, and the uploader stays the owner."""
    bucket = scene.open_bucket()
    same(scene.owner(bucket, scene.put(bucket, "b", ACL=FULL_CONTROL)), "b")


@assumption(source=OWNERSHIP, used="tui/transfers/bucket_owner.py", needs={Need.OWNERSHIP})
def with_bucket_owner_preferred_the_canned_acl_decides(scene: Scene) -> None:
    """With BucketOwnerPreferred an upload with bucket-owner-full-control belongs to the owner of the bucket."""
    bucket = scene.open_bucket("BucketOwnerPreferred")
    same(scene.owner(bucket, scene.put(bucket, "b", ACL=FULL_CONTROL)), "a")


@assumption(source=OWNERSHIP, used="tui/transfers/bucket_owner.py", needs={Need.OWNERSHIP})
def with_bucket_owner_preferred_the_uploader_owns_without_it(scene: Scene) -> None:
    """With BucketOwnerPreferred an upload without that ACL belongs to the uploader."""
    bucket = scene.open_bucket("BucketOwnerPreferred")
    same(scene.owner(bucket, scene.put(bucket, "b")), "b")


@assumption(source=OWNERSHIP, used="tui/transfers/bucket_owner.py", needs={Need.OWNERSHIP})
def with_bucket_owner_enforced_the_bucket_owner_owns(scene: Scene) -> None:
    """With BucketOwnerEnforced the owner of the bucket owns what another account uploads."""
    bucket = scene.open_bucket("BucketOwnerEnforced")
    same(scene.owner(bucket, scene.put(bucket, "b")), "a")


@assumption(source=OWNERSHIP, used="tui/transfers/bucket_owner.py", needs={Need.OWNERSHIP})
def with_bucket_owner_enforced_full_control_is_taken(scene: Scene) -> None:
    """With BucketOwnerEnforced an upload with bucket-owner-full-control is accepted."""
    bucket = scene.open_bucket("BucketOwnerEnforced")
    same(answer(scene.s3("b").put_object, Bucket=bucket, Key="kept", Body=b"1", ACL=FULL_CONTROL), "OK")


@assumption(source=OWNERSHIP, used="tui/stores/s3/calls.py", needs={Need.OWNERSHIP})
def with_bucket_owner_enforced_other_acls_are_refused(scene: Scene) -> None:
    """With BucketOwnerEnforced an upload with another ACL is refused with AccessControlListNotSupported."""
    bucket = scene.shared("a", "BucketOwnerEnforced")
    wanted = "400 AccessControlListNotSupported"
    same(answer(scene.s3("a").put_object, Bucket=bucket, Key="refused", Body=b"1", ACL="public-read"), wanted)


@assumption(source=OWNERSHIP, used="tui/stores/s3/calls.py", needs={Need.OWNERSHIP})
def with_bucket_owner_enforced_put_object_acl_is_refused(scene: Scene) -> None:
    """With BucketOwnerEnforced PutObjectAcl is refused with AccessControlListNotSupported."""
    bucket = scene.shared("a", "BucketOwnerEnforced")
    key = scene.put(bucket)
    wanted = "400 AccessControlListNotSupported"
    same(answer(scene.s3("a").put_object_acl, Bucket=bucket, Key=key, ACL="public-read"), wanted)


@assumption(source=OWNERSHIP, used="tui/features/repair/plan_repair.py", needs={Need.OWNERSHIP})
def bucket_owner_enforced_takes_over_what_is_there(scene: Scene) -> None:
    """A change to BucketOwnerEnforced makes the bucket's owner the owner of the objects that are there."""
    bucket = scene.bucket()
    scene.policy(bucket, scene.allow(bucket, scene.b, "s3:PutObject"))
    scene.answers("OK", scene.s3("b").put_object, Bucket=bucket, Key="foreign", Body=b"1")
    controls = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    scene.s3("a").put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=controls)
    same(scene.soon(lambda: scene.owner(bucket, "foreign"), "a"), "a")


@assumption(
    source=s3_api("PutBucketOwnershipControls"), used="tui/documents/bucket_documents.py", needs={Need.OWNERSHIP}
)
def bucket_owner_enforced_needs_a_private_bucket_acl(scene: Scene) -> None:
    """BucketOwnerEnforced is refused as long as the bucket's ACL grants others access."""
    bucket, a = scene.bucket(), scene.s3("a")
    a.put_bucket_acl(
        Bucket=bucket, GrantFullControl=f"id={scene.a.canonical_id}", GrantRead=f"id={scene.b.canonical_id}"
    )
    controls = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    wanted = "400 InvalidBucketAclWithObjectOwnership"
    scene.answers(wanted, a.put_bucket_ownership_controls, Bucket=bucket, OwnershipControls=controls)


@assumption(source=s3_api("GetBucketOwnershipControls"), used="tui/stores/s3/bucket_facts.py", needs={Need.OWNERSHIP})
def ownership_is_read_as_it_was_set(scene: Scene) -> None:
    """GetBucketOwnershipControls returns the one rule that was set."""
    got = scene.s3("a").get_bucket_ownership_controls(Bucket=scene.shared())["OwnershipControls"]["Rules"]
    same(got, [{"ObjectOwnership": "ObjectWriter"}])


@assumption(source=s3_api("GetBucketOwnershipControls"), used="tui/stores/s3/bucket_facts.py", needs={Need.OWNERSHIP})
def removed_ownership_controls_have_a_code(scene: Scene) -> None:
    """Without ownership controls GetBucketOwnershipControls is refused with OwnershipControlsNotFoundError."""
    bucket, a = scene.bucket(), scene.s3("a")
    a.delete_bucket_ownership_controls(Bucket=bucket)
    scene.answers("404 OwnershipControlsNotFoundError", a.get_bucket_ownership_controls, Bucket=bucket)


@assumption(source=s3_api("DeleteBucketOwnershipControls"), used="tui/stores/s3/buckets.py", needs={Need.OWNERSHIP})
def removing_ownership_controls_keeps_the_bucket(scene: Scene) -> None:
    """DeleteBucketOwnershipControls leaves the bucket, though it is empty."""
    bucket, a = scene.bucket(), scene.s3("a")
    a.delete_bucket_ownership_controls(Bucket=bucket)
    same(answer(a.head_bucket, Bucket=bucket), "OK")


@assumption(source=OWNERSHIP, used="tui/features/inspect/owner_rules.py")
def the_bucket_owner_cannot_read_a_foreign_object(scene: Scene) -> None:
    """GetObject by the owner of the bucket is refused for an object that another account owns."""
    bucket = scene.open_bucket()
    same(answer(scene.s3("a").get_object, Bucket=bucket, Key=scene.put(bucket, "b")), DENIED)


@assumption(source=OWNERSHIP, used="tui/features/inspect/owner_rules.py")
def the_bucket_owner_cannot_head_a_foreign_object(scene: Scene) -> None:
    """HeadObject by the owner of the bucket is refused for an object that another account owns."""
    bucket = scene.open_bucket()
    same(answer(scene.s3("a").head_object, Bucket=bucket, Key=scene.put(bucket, "b")), "403")


@assumption(source=OWNERSHIP, used="tui/features/repair/plan_repair.py")
def the_bucket_owner_cannot_read_a_foreign_acl(scene: Scene) -> None:
    """GetObjectAcl by the owner of the bucket is refused for an object that another account owns."""
    bucket = scene.open_bucket()
    same(answer(scene.s3("a").get_object_acl, Bucket=bucket, Key=scene.put(bucket, "b")), DENIED)


@assumption(source=OWNERSHIP, used="tui/features/repair/plan_repair.py")
def the_bucket_owner_cannot_set_a_foreign_acl(scene: Scene) -> None:
    """PutObjectAcl by the owner of the bucket is refused for an object that another account owns."""
    bucket = scene.open_bucket()
    same(answer(scene.s3("a").put_object_acl, Bucket=bucket, Key=scene.put(bucket, "b"), ACL="private"), DENIED)


@assumption(source=OWNERSHIP, used="tui/features/repair/repairer.py")
def the_bucket_owner_cannot_copy_a_foreign_object(scene: Scene) -> None:
    """CopyObject by the owner of the bucket is refused for a source that another account owns."""
    bucket = scene.open_bucket()
    source = {"Bucket": bucket, "Key": scene.put(bucket, "b")}
    same(answer(scene.s3("a").copy_object, Bucket=scene.shared(), Key=scene.fresh(), CopySource=source), DENIED)


@assumption(source=AUTHORIZES, used="tui/stores/s3/deletes.py")
def the_bucket_owner_can_delete_a_foreign_object(scene: Scene) -> None:
    """DeleteObject by the owner of the bucket removes an object that another account owns."""
    bucket = scene.open_bucket()
    key = scene.put(bucket, "b")
    same(answer(scene.s3("a").delete_object, Bucket=bucket, Key=key), "OK")
    same(answer(scene.s3("b").head_object, Bucket=bucket, Key=key), "404")


@assumption(source=AUTHORIZES, used="tui/policies/bucket_policy.py")
def a_bucket_policy_allows_nothing_on_foreign_objects(scene: Scene) -> None:
    """An Allow of the bucket's policy does not reach an object that another account owns."""
    bucket = scene.bucket()
    scene.policy(bucket, scene.allow(bucket, scene.b, "s3:PutObject"), scene.allow(bucket, "*", "s3:GetObject"))
    own = scene.put(bucket)
    scene.answers("OK", scene.anonymous().get_object, Bucket=bucket, Key=own)
    scene.answers(DENIED, scene.anonymous().get_object, Bucket=bucket, Key=scene.put(bucket, "b"))


@assumption(source=AUTHORIZES, used="tui/policies/bucket_policy.py")
def a_bucket_policy_denies_on_foreign_objects(scene: Scene) -> None:
    """A Deny of the bucket's policy does reach an object that another account owns."""
    bucket = scene.bucket()
    scene.policy(bucket, scene.allow(bucket, scene.b, "s3:PutObject"))
    scene.answers("OK", scene.s3("b").put_object, Bucket=bucket, Key="foreign", Body=b"1")
    same(answer(scene.s3("b").get_object, Bucket=bucket, Key="foreign"), "OK")
    scene.policy(bucket, scene.allow(bucket, scene.b, "s3:GetObject", effect="Deny"))
    scene.answers(DENIED, scene.s3("b").get_object, Bucket=bucket, Key="foreign")


@assumption(source=OWNERSHIP, used="tui/features/repair/repairer.py")
def a_copy_onto_itself_makes_the_copier_the_owner(scene: Scene) -> None:
    """CopyObject onto itself, by the owner of the bucket that may read it, makes that account the owner."""
    bucket = scene.open_bucket()
    key = scene.put(bucket, "b", ACL=FULL_CONTROL)
    asked = {"Bucket": bucket, "Key": key, "CopySource": {"Bucket": bucket, "Key": key}}
    same(answer(scene.s3("a").copy_object, MetadataDirective="REPLACE", **asked), "OK")
    same(scene.owner(bucket, key), "a")


@assumption(source=s3_api("CopyObject"), used="tui/features/repair/repair_forecast.py")
def a_class_makes_a_copy_onto_itself_a_change(scene: Scene) -> None:
    """CopyObject onto itself that names a storage class, even the present one, is accepted."""
    bucket = scene.shared()
    key = scene.put(bucket)
    asked = {"Bucket": bucket, "Key": key, "CopySource": {"Bucket": bucket, "Key": key}, "StorageClass": "STANDARD"}
    same(answer(scene.s3("a").copy_object, **asked), "OK")


@assumption(source=s3_api("CopyObject"), used="tui/features/repair/repair_forecast.py")
def a_copy_onto_itself_without_a_change_is_refused(scene: Scene) -> None:
    """CopyObject onto itself that changes nothing is refused with InvalidRequest."""
    bucket = scene.shared()
    key = scene.put(bucket)
    source = {"Bucket": bucket, "Key": key}
    same(answer(scene.s3("a").copy_object, Bucket=bucket, Key=key, CopySource=source), "400 InvalidRequest")


@assumption(source=OWNERSHIP, used="tui/transfers/copy/delivery.py")
def a_copy_belongs_to_who_copies(scene: Scene) -> None:
    """CopyObject into a bucket with ObjectWriter makes the copying account the owner of the copy."""
    bucket = scene.open_bucket()
    key, copy = scene.put(bucket), scene.fresh()
    scene.s3("b").copy_object(Bucket=bucket, Key=copy, CopySource={"Bucket": bucket, "Key": key})
    same(scene.owner(bucket, copy), "b")


@assumption(source=s3_api("ListObjectsV2"), used="tui/stores/s3/lister.py")
def a_listing_has_owners_if_asked(scene: Scene) -> None:
    """ListObjectsV2 has the owner of each object with FetchOwner, and none without."""
    bucket = scene.shared()
    key = scene.put(bucket)
    [plain] = scene.s3("a").list_objects_v2(Bucket=bucket, Prefix=key)["Contents"]
    same(("Owner" in plain, scene.owner(bucket, key)), (False, "a"))


@assumption(source=s3_api("ListMultipartUploads"), used="tui/stores/s3/multipart.py")
def an_upload_names_its_initiator(scene: Scene) -> None:
    """ListMultipartUploads by the owner of the bucket names who began an upload."""
    bucket = scene.open_bucket()
    key = scene.fresh()
    begun = scene.s3("b").create_multipart_upload(Bucket=bucket, Key=key)
    [listed] = scene.s3("a").list_multipart_uploads(Bucket=bucket, Prefix=key)["Uploads"]
    scene.s3("b").abort_multipart_upload(Bucket=bucket, Key=key, UploadId=begun["UploadId"])
    who = listed["Initiator"]["ID"]
    same("b" if f":{scene.b.account}:" in who else scene.who(who), "b")
