"""Regions."""

from typing import Final

from tests.assumptions.registry import assumption, s3_api, s3_guide
from tests.assumptions.scene import Need, Scene, same

REDIRECTS: Final = s3_guide("VirtualHosting")


@assumption(source=REDIRECTS, used="tui/stores/http/replies.py", needs={Need.SECOND_REGION})
def a_request_to_another_region_is_redirected(scene: Scene) -> None:
    """A request to the endpoint of another region than the bucket's is answered 301, 307 or 400, with the region."""
    other = scene.elsewhere("a")
    bucket, seen = scene.bucket(other), []
    a = scene.s3("a")
    a.meta.events.register("response-received.s3.HeadBucket", lambda response_dict, **_: seen.append(response_dict))
    a.head_bucket(Bucket=bucket)
    same(
        (seen[0]["status_code"] in (301, 307, 400), seen[0]["headers"].get("x-amz-bucket-region")), (True, other.region)
    )


@assumption(source=s3_api("HeadBucket"), used="tui/features/links/presigning.py", needs={Need.SECOND_REGION})
def the_region_of_a_bucket_is_found_from_another(scene: Scene) -> None:
    """HeadBucket from another region arrives, after a redirect, and names the bucket's region."""
    other = scene.elsewhere("a")
    got = scene.s3("a").head_bucket(Bucket=scene.bucket(other))["ResponseMetadata"]["HTTPHeaders"]
    same(got.get("x-amz-bucket-region"), other.region)
