"""Object Lock."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.assumptions.registry import assumption, s3_api, s3_guide
from tests.assumptions.scene import Need, Scene, answer, same

LOCK: Final = s3_guide("object-lock")
DENIED: Final = "403 AccessDenied"


def locked(scene: Scene, **options: Any) -> dict[str, str]:
    """An object that such a lock protects, in a bucket that has Object Lock."""
    key = ("locked", "")
    if key not in scene._shared:
        scene._shared[key] = scene.bucket(ObjectLockEnabledForBucket=True)
    place = {"Bucket": scene._shared[key], "Key": scene.fresh()}
    written = scene.s3("a").put_object(Body=b"1", ChecksumAlgorithm="CRC32", **place, **options)
    return {**place, "VersionId": written["VersionId"]}


@assumption(source=s3_api("CreateBucket"), used="tui/stores/s3/bucket_facts.py", needs={Need.OBJECT_LOCK})
def a_bucket_with_object_lock_keeps_versions(scene: Scene) -> None:
    """A bucket that was made with Object Lock says so, and keeps versions."""
    bucket, a = locked(scene)["Bucket"], scene.s3("a")
    lock = a.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]["ObjectLockEnabled"]
    same((lock, a.get_bucket_versioning(Bucket=bucket).get("Status")), ("Enabled", "Enabled"))


@assumption(source=LOCK, used="tui/stores/s3/deletes.py", needs={Need.OBJECT_LOCK})
def a_legal_hold_keeps_a_version(scene: Scene) -> None:
    """DeleteObject of a version with a legal hold is refused with AccessDenied, also to the owner."""
    place, a = locked(scene, ObjectLockLegalHoldStatus="ON"), scene.s3("a")
    got = answer(a.delete_object, **place)
    a.put_object_legal_hold(LegalHold={"Status": "OFF"}, ChecksumAlgorithm="CRC32", **place)
    same(got, DENIED)


@assumption(source=LOCK, used="tui/stores/s3/headers.py", needs={Need.OBJECT_LOCK})
def a_head_shows_the_legal_hold(scene: Scene) -> None:
    """HeadObject has the legal hold of an object."""
    place, a = locked(scene, ObjectLockLegalHoldStatus="ON"), scene.s3("a")
    got = a.head_object(**place).get("ObjectLockLegalHoldStatus")
    a.put_object_legal_hold(LegalHold={"Status": "OFF"}, ChecksumAlgorithm="CRC32", **place)
    same(got, "ON")


@assumption(source=LOCK, used="tui/stores/s3/deletes.py", needs={Need.OBJECT_LOCK})
def governance_keeps_a_version_unless_it_is_bypassed(scene: Scene) -> None:
    """A version under GOVERNANCE is deleted with the header for it, and not without."""
    until = datetime.now(UTC) + timedelta(days=1)
    place = locked(scene, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)
    call = scene.s3("a").delete_object
    same([answer(call, **place), answer(call, BypassGovernanceRetention=True, **place)], [DENIED, "OK"])


@assumption(source=LOCK, used="tui/features/delete/screen.py", needs={Need.OBJECT_LOCK})
def a_lock_does_not_prevent_a_marker(scene: Scene) -> None:
    """DeleteObject without a version ID makes a delete marker above a version with a legal hold."""
    place, a = locked(scene, ObjectLockLegalHoldStatus="ON"), scene.s3("a")
    got = a.delete_object(Bucket=place["Bucket"], Key=place["Key"]).get("DeleteMarker")
    a.put_object_legal_hold(LegalHold={"Status": "OFF"}, ChecksumAlgorithm="CRC32", **place)
    same(got, True)
