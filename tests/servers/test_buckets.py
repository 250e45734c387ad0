"""A test's own buckets are gone afterwards, whatever the test left in them."""

import pytest
from botocore.exceptions import ClientError

from tests.servers.buckets import error_code, fresh_bucket
from tests.servers.policies import bucket_policy, deny_on_objects, grant_write
from tests.servers.server import S3Server


def test_a_bucket_goes_with_objects_of_both_uploads_versions_and_a_policy_that_denies(s3_server: S3Server) -> None:
    a, b = s3_server.client(s3_server.a), s3_server.client(s3_server.b)
    with fresh_bucket(s3_server, s3_server.a) as bucket:
        a.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        a.put_bucket_policy(
            Bucket=bucket,
            Policy=bucket_policy(
                *grant_write(bucket, s3_server.b.principal), deny_on_objects(bucket, "*", "s3:DeleteObject")
            ),
        )
        for body in (b"1", b"2"):
            b.put_object(Bucket=bucket, Key="foreign", Body=body)
        b.create_multipart_upload(Bucket=bucket, Key="unfinished")
    with pytest.raises(ClientError) as caught:
        a.head_bucket(Bucket=bucket)
    assert error_code(caught.value) == "404"


def test_a_bucket_that_the_test_removed_is_as_wanted(s3_server: S3Server) -> None:
    with fresh_bucket(s3_server, s3_server.a) as bucket:
        s3_server.client(s3_server.a).delete_bucket(Bucket=bucket)
