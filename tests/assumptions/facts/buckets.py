"""Buckets: what a new one has, and the codes for what one has not."""

from typing import Final

from tests.assumptions.registry import assumption, s3_api, s3_guide
from tests.assumptions.scene import Need, Scene, answer, same

NEW: Final = s3_guide("create-bucket-faq")
FACTS: Final = "tui/stores/s3/bucket_facts.py"


@assumption(source=NEW, used="tui/features/buckets/engine.py", needs={Need.OWNERSHIP})
def a_new_bucket_has_acls_disabled(scene: Scene) -> None:
    """A new bucket has Object Ownership BucketOwnerEnforced."""
    bucket = scene.bucket("a", ownership="")
    got = scene.s3("a").get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    same(got, [{"ObjectOwnership": "BucketOwnerEnforced"}])


@assumption(source=NEW, used="tui/features/buckets/engine.py")
def a_new_bucket_blocks_public_access(scene: Scene) -> None:
    """A new bucket has all four settings of Block Public Access turned on."""
    bucket = scene.bucket("a", ownership="")
    got = scene.s3("a").get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    same(sorted(got.values()), [True] * 4)


@assumption(source=s3_guide("default-bucket-encryption"), used=FACTS)
def a_new_bucket_encrypts_with_s3_keys(scene: Scene) -> None:
    """GetBucketEncryption of a new bucket answers AES256, and no code."""
    got = scene.s3("a").get_bucket_encryption(Bucket=scene.shared())["ServerSideEncryptionConfiguration"]["Rules"]
    same([each["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] for each in got], ["AES256"])


@assumption(source=s3_api("ListBuckets"), used="tui/stores/s3/buckets.py")
def list_buckets_shows_ones_own(scene: Scene) -> None:
    """ListBuckets shows the buckets of the caller's account, and none of others, whatever policies allow."""
    bucket = scene.open_bucket()
    got = [bucket in [each["Name"] for each in scene.s3(who).list_buckets()["Buckets"]] for who in ("a", "b")]
    same(got, [True, False])


@assumption(source=s3_api("ListBuckets"), used="tui/stores/s3/buckets.py")
def list_buckets_pages(scene: Scene) -> None:
    """ListBuckets with MaxBuckets answers so many and a token for the rest."""
    scene.bucket(), scene.bucket()
    got = scene.s3("a").list_buckets(MaxBuckets=1)
    same((len(got["Buckets"]), bool(got.get("ContinuationToken"))), (1, True))


@assumption(source=s3_api("ListBuckets"), used="tui/stores/s3/buckets.py")
def paged_buckets_have_their_region(scene: Scene) -> None:
    """ListBuckets with MaxBuckets names the region of each bucket."""
    bucket = scene.shared()
    found = scene.s3("a").list_buckets(MaxBuckets=1000, Prefix=bucket)["Buckets"]
    same([each.get("BucketRegion") for each in found if each["Name"] == bucket], [scene.a.region])


@assumption(source=s3_api("ListBuckets"), used="tui/features/buckets/engine.py")
def list_buckets_filters_by_prefix(scene: Scene) -> None:
    """ListBuckets with a prefix answers the buckets alone whose name begins so."""
    bucket = scene.shared()
    found = scene.s3("a").list_buckets(Prefix=scene.name)["Buckets"]
    same(
        {each["Name"].startswith(scene.name) for each in found} == {True} and bucket in [e["Name"] for e in found], True
    )


@assumption(source=s3_api("CreateBucket"), used="tui/aws/refusals.py")
def a_name_of_another_account_is_taken(scene: Scene) -> None:
    """CreateBucket with the name of another account's bucket is refused with BucketAlreadyExists."""
    options = (
        {} if scene.b.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": scene.b.region}}
    )
    same(answer(scene.s3("b").create_bucket, Bucket=scene.shared(), **options), "409 BucketAlreadyExists")


@assumption(source=s3_api("CreateBucket"), used="tui/core/naming.py")
def a_bad_name_is_refused(scene: Scene) -> None:
    """CreateBucket with a name that has two dots side by side is refused with InvalidBucketName."""
    same(answer(scene.s3("a").create_bucket, Bucket=f"{scene.name}..x"), "400 InvalidBucketName")


@assumption(source=s3_api("ListObjectsV2"), used="tui/aws/refusals.py")
def a_missing_bucket_has_a_code(scene: Scene) -> None:
    """A request about a bucket that does not exist is refused with NoSuchBucket, HeadBucket with 404."""
    a, missing = scene.s3("a"), f"{scene.name}-missing"
    same(
        [answer(a.list_objects_v2, Bucket=missing), answer(a.head_bucket, Bucket=missing)], ["404 NoSuchBucket", "404"]
    )


@assumption(source=s3_api("DeleteBucket"), used="tui/features/buckets/engine.py")
def a_bucket_with_objects_is_not_deleted(scene: Scene) -> None:
    """DeleteBucket of a bucket with an object is refused with BucketNotEmpty."""
    bucket = scene.bucket()
    scene.put(bucket)
    same(answer(scene.s3("a").delete_bucket, Bucket=bucket), "409 BucketNotEmpty")


@assumption(source=s3_api("DeleteBucket"), used="tui/features/buckets/engine.py")
def a_bucket_with_old_versions_is_not_deleted(scene: Scene) -> None:
    """DeleteBucket of a bucket that has old versions alone is refused with BucketNotEmpty."""
    bucket, a = scene.bucket(), scene.s3("a")
    a.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    a.delete_object(Bucket=bucket, Key=scene.put(bucket))
    same(answer(a.delete_bucket, Bucket=bucket), "409 BucketNotEmpty")


@assumption(source=s3_api("DeleteBucket"), used="tui/features/buckets/engine.py")
def an_unfinished_upload_does_not_keep_a_bucket(scene: Scene) -> None:
    """DeleteBucket removes a bucket that has an incomplete multipart upload alone."""
    bucket, a = scene.bucket(), scene.s3("a")
    a.create_multipart_upload(Bucket=bucket, Key="begun")
    same(answer(a.delete_bucket, Bucket=bucket), "OK")


@assumption(source=s3_api("HeadBucket"), used=FACTS)
def head_bucket_names_the_region(scene: Scene) -> None:
    """HeadBucket has the bucket's region in x-amz-bucket-region."""
    got = scene.s3("a").head_bucket(Bucket=scene.shared())["ResponseMetadata"]["HTTPHeaders"]
    same(got.get("x-amz-bucket-region"), scene.a.region)


@assumption(source=s3_api("HeadBucket"), used=FACTS)
def a_denied_head_bucket_names_the_region(scene: Scene) -> None:
    """HeadBucket has x-amz-bucket-region, too, when it is refused with 403."""
    b = scene.s3("b")
    try:
        b.head_bucket(Bucket=scene.shared())
    except b.exceptions.ClientError as error:
        said = error.response["ResponseMetadata"]
        got = (said["HTTPStatusCode"], said["HTTPHeaders"].get("x-amz-bucket-region"))
    else:
        got = (200, "")
    same(got, (403, scene.a.region))


@assumption(source=s3_api("GetBucketLocation"), used="tui/stores/s3/buckets.py")
def the_location_of_us_east_1_is_empty(scene: Scene) -> None:
    """GetBucketLocation answers the region, and nothing for us-east-1."""
    got = scene.s3("a").get_bucket_location(Bucket=scene.shared()).get("LocationConstraint")
    same(got, None if scene.a.region == "us-east-1" else scene.a.region)


@assumption(source=s3_api("GetPublicAccessBlock"), used=FACTS)
def a_missing_block_has_a_code(scene: Scene) -> None:
    """GetPublicAccessBlock without a block is refused with NoSuchPublicAccessBlockConfiguration."""
    got = answer(scene.s3("a").get_public_access_block, Bucket=scene.shared())
    same(got, "404 NoSuchPublicAccessBlockConfiguration")


@assumption(source=s3_api("GetBucketWebsite"), used=FACTS)
def a_missing_website_has_a_code(scene: Scene) -> None:
    """GetBucketWebsite without a website is refused with NoSuchWebsiteConfiguration."""
    same(answer(scene.s3("a").get_bucket_website, Bucket=scene.shared()), "404 NoSuchWebsiteConfiguration")


@assumption(source=s3_api("GetBucketTagging"), used=FACTS)
def missing_tags_of_a_bucket_have_a_code(scene: Scene) -> None:
    """GetBucketTagging without tags is refused with NoSuchTagSet."""
    same(answer(scene.s3("a").get_bucket_tagging, Bucket=scene.shared()), "404 NoSuchTagSet")


@assumption(source=s3_api("GetBucketLifecycleConfiguration"), used=FACTS)
def missing_lifecycle_rules_have_a_code(scene: Scene) -> None:
    """GetBucketLifecycleConfiguration without rules is refused with NoSuchLifecycleConfiguration."""
    got = answer(scene.s3("a").get_bucket_lifecycle_configuration, Bucket=scene.shared())
    same(got, "404 NoSuchLifecycleConfiguration")


@assumption(source=s3_api("GetBucketCors"), used=FACTS)
def missing_cors_rules_have_a_code(scene: Scene) -> None:
    """GetBucketCors without rules is refused with NoSuchCORSConfiguration."""
    same(answer(scene.s3("a").get_bucket_cors, Bucket=scene.shared()), "404 NoSuchCORSConfiguration")


@assumption(source=s3_api("GetBucketReplication"), used=FACTS)
def missing_replication_has_a_code(scene: Scene) -> None:
    """GetBucketReplication without rules is refused with ReplicationConfigurationNotFoundError."""
    got = answer(scene.s3("a").get_bucket_replication, Bucket=scene.shared())
    same(got, "404 ReplicationConfigurationNotFoundError")


@assumption(source=s3_api("GetObjectLockConfiguration"), used=FACTS)
def a_missing_object_lock_has_a_code(scene: Scene) -> None:
    """GetObjectLockConfiguration without Object Lock is refused with ObjectLockConfigurationNotFoundError."""
    got = answer(scene.s3("a").get_object_lock_configuration, Bucket=scene.shared())
    same(got, "404 ObjectLockConfigurationNotFoundError")


@assumption(source=s3_api("GetObjectRetention"), used=FACTS)
def retention_without_object_lock_is_an_invalid_request(scene: Scene) -> None:
    """GetObjectRetention in a bucket without Object Lock is refused with InvalidRequest."""
    key = scene.put(scene.shared())
    same(answer(scene.s3("a").get_object_retention, Bucket=scene.shared(), Key=key), "400 InvalidRequest")


@assumption(source=s3_api("GetBucketVersioning"), used=FACTS)
def a_bucket_that_never_kept_versions_has_no_status(scene: Scene) -> None:
    """GetBucketVersioning of a bucket that never kept versions has no status."""
    same(scene.s3("a").get_bucket_versioning(Bucket=scene.shared()).get("Status"), None)


@assumption(source=s3_api("GetBucketLogging"), used=FACTS)
def a_bucket_without_logging_says_nothing(scene: Scene) -> None:
    """GetBucketLogging without logging answers 200 without LoggingEnabled."""
    same("LoggingEnabled" in scene.s3("a").get_bucket_logging(Bucket=scene.shared()), False)


@assumption(source=s3_api("GetBucketRequestPayment"), used=FACTS)
def the_bucket_owner_pays(scene: Scene) -> None:
    """GetBucketRequestPayment of a new bucket answers BucketOwner."""
    same(scene.s3("a").get_bucket_request_payment(Bucket=scene.shared())["Payer"], "BucketOwner")


@assumption(source=s3_api("ListBucketInventoryConfigurations"), used=FACTS)
def a_bucket_without_inventories_lists_none(scene: Scene) -> None:
    """ListBucketInventoryConfigurations without inventories answers an empty list, and no code."""
    got = scene.s3("a").list_bucket_inventory_configurations(Bucket=scene.shared())
    same((got.get("InventoryConfigurationList", []), got["IsTruncated"]), ([], False))


@assumption(source=s3_api("PutBucketTagging"), used="tui/stores/s3/buckets.py")
def tags_of_a_bucket_come_back(scene: Scene) -> None:
    """GetBucketTagging answers the tags that PutBucketTagging has set."""
    bucket, a = scene.bucket(), scene.s3("a")
    tags = [{"Key": "team", "Value": "media"}]
    a.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    same(scene.soon(lambda: a.get_bucket_tagging(Bucket=bucket)["TagSet"], tags), tags)


@assumption(source=s3_api("PutBucketLifecycleConfiguration"), used=FACTS)
def a_lifecycle_rule_comes_back(scene: Scene) -> None:
    """GetBucketLifecycleConfiguration answers prefix and days of a rule as they were set."""
    bucket, a = scene.bucket(), scene.s3("a")
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}}
    a.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    [got] = a.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    same({name: got.get(name) for name in rule}, rule)


@assumption(source=s3_api("GetBucketPolicy"), used="tui/documents/bucket_documents.py")
def another_account_never_reads_a_bucket_policy(scene: Scene) -> None:
    """GetBucketPolicy by another account is refused with MethodNotAllowed, though the policy allows it."""
    scene.answers("405 MethodNotAllowed", scene.s3("b").get_bucket_policy, Bucket=scene.open_bucket())


@assumption(source="https://docs.aws.amazon.com/AmazonS3/latest/API/UsingRESTError.html", used="tui/aws/refusals.py")
def refusals_have_a_request_id(scene: Scene) -> None:
    """A refusal has the ID of the request, and so has an answer."""
    a = scene.s3("a")
    good = a.head_bucket(Bucket=scene.shared())["ResponseMetadata"].get("RequestId")
    try:
        a.list_objects_v2(Bucket=f"{scene.name}-missing")
    except a.exceptions.ClientError as error:
        bad = error.response["ResponseMetadata"].get("RequestId")
    same((bool(good), bool(bad)), (True, True))
