from tests.servers.buckets import fresh_bucket, refused
from tests.servers.policies import bucket_policy, deny_on_objects, grant_write
from tests.servers.server import S3Server


def test_a_bucket_goes_with_objects_of_both_uploads_versions_and_a_policy_that_denies(s3_server: S3Server) -> None:
    a, b = s3_server.client(s3_server.a), s3_server.client(s3_server.b)
    with fresh_bucket(s3_server, s3_server.a) as bucket:
        a.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        denying = deny_on_objects(bucket, "*", "s3:DeleteObject")
        a.put_bucket_policy(Bucket=bucket, Policy=bucket_policy(*grant_write(bucket, s3_server.b.principal), denying))
        for content in (b"1", b"2"):
            b.put_object(Bucket=bucket, Key="foreign", Body=content)
        b.create_multipart_upload(Bucket=bucket, Key="unfinished")
    assert refused(a.head_bucket, Bucket=bucket) == "404"
    with fresh_bucket(s3_server, s3_server.a) as bucket:
        a.delete_bucket(Bucket=bucket)  # a bucket that the test removed is as wanted
