"""Presigned links."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from unittest.mock import patch

from tests.assumptions.registry import assumption
from tests.assumptions.scene import Need, Scene, same

LINKS: Final = "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html"
PRESIGNING: Final = "tui/features/links/presigning.py"
DENIED: Final = "403 AccessDenied"


def link(scene: Scene, operation: str = "get_object", seconds: int = 300, **parameters: Any) -> str:
    asked = {"Bucket": scene.shared(), "Key": scene.put(scene.shared()), **parameters}
    signs = scene.s3("a", signature_version="s3v4")
    return str(signs.generate_presigned_url(operation, Params=asked, ExpiresIn=seconds))


@assumption(source=LINKS, used=PRESIGNING)
def a_link_reads_without_credentials(scene: Scene) -> None:
    """A presigned link of GetObject works without a signature of its own."""
    same(scene.fetch("GET", link(scene)), "OK")


@assumption(source=LINKS, used=PRESIGNING)
def a_link_writes_without_credentials(scene: Scene) -> None:
    """A presigned link of PutObject takes a body."""
    same(scene.fetch("PUT", link(scene, "put_object"), b"new"), "OK")


@assumption(source=LINKS, used=PRESIGNING)
def a_link_for_one_type_takes_no_other(scene: Scene) -> None:
    """A presigned link of PutObject with a content type refuses another one with SignatureDoesNotMatch."""
    url = link(scene, "put_object", ContentType="text/css")
    got = [scene.fetch("PUT", url, b"x", Content_Type=each) for each in ("text/css", "text/html")]
    same(got, ["OK", "403 SignatureDoesNotMatch"])


@assumption(source=LINKS, used=PRESIGNING)
def a_link_ends(scene: Scene) -> None:
    """A presigned link that has expired is refused with AccessDenied."""
    before = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=10)
    with patch("botocore.auth.get_current_datetime", lambda **_: before):
        url = link(scene, seconds=60)
    same(scene.fetch("GET", url), DENIED)


@assumption(source=LINKS, used="tui/features/links/values.py")
def a_link_lasts_at_most_a_week(scene: Scene) -> None:
    """A presigned link for more than 604,800 seconds is refused with AuthorizationQueryParametersError."""
    got = [scene.fetch("GET", link(scene, seconds=seconds)) for seconds in (604_800, 604_801)]
    same(got, ["OK", "400 AuthorizationQueryParametersError"])


@assumption(source=LINKS, used=PRESIGNING)
def a_link_is_for_one_object(scene: Scene) -> None:
    """A presigned link whose key was changed is refused with SignatureDoesNotMatch."""
    url = link(scene)
    same(scene.fetch("GET", url.replace("?", "x?", 1)), "403 SignatureDoesNotMatch")


@assumption(source=LINKS, used=PRESIGNING)
def a_link_answers_with_the_headers_that_it_names(scene: Scene) -> None:
    """A presigned link with response-content-disposition works, and not without that part of it."""
    url = link(scene, ResponseContentDisposition="attachment")
    without = url.replace("response-content-disposition=attachment&", "")
    same([scene.fetch("GET", each) for each in (url, without)], ["OK", "403 SignatureDoesNotMatch"])


@assumption(source=LINKS, used="tui/features/links/words.py", needs={Need.IAM, Need.STS})
def a_link_has_the_rights_of_who_signed_it(scene: Scene) -> None:
    """A presigned link signed by who may not read the object is refused with AccessDenied."""
    asked = {"Bucket": scene.shared(), "Key": scene.put(scene.shared())}
    session = scene.assume("b", scene.role("a", scene.b.principal))
    url = scene.s3(session, signature_version="s3v4").generate_presigned_url("get_object", Params=asked)
    same(scene.fetch("GET", url), DENIED)
