"""What heads say, and what writes send: what no server of the tests has."""

from tui.stores.s3.headers import attribute_parameters, read_head
from tui.stores.values import ObjectAttributes


def test_a_bucket_key_is_read_and_sent_again() -> None:
    head = read_head({"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "arn:key", "BucketKeyEnabled": True})
    assert (head.encryption, head.kms_key, head.bucket_key) == ("aws:kms", "arn:key", True)
    sent = ObjectAttributes(encryption=head.encryption, kms_key=head.kms_key, bucket_key=head.bucket_key)
    assert attribute_parameters(sent) == {
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": "arn:key",
        "BucketKeyEnabled": True,
    }
    assert "BucketKeyEnabled" not in attribute_parameters(ObjectAttributes(encryption="aws:kms"))
