"""Archives and restores."""

from typing import Final

from tests.assumptions.registry import assumption, s3_api, s3_guide
from tests.assumptions.scene import Scene, answer, one_of, same

ARCHIVES: Final = s3_guide("archived-objects")


def archived(scene: Scene) -> dict[str, str]:
    return {"Bucket": scene.shared(), "Key": scene.put(scene.shared(), StorageClass="GLACIER")}


@assumption(source=ARCHIVES, used="tui/aws/refusals.py")
def an_archived_object_cannot_be_read(scene: Scene) -> None:
    """GetObject of an object in GLACIER is refused with InvalidObjectState."""
    same(answer(scene.s3("a").get_object, **archived(scene)), "403 InvalidObjectState")


@assumption(source=ARCHIVES, used="tui/stores/s3/headers.py")
def an_archived_object_has_a_head(scene: Scene) -> None:
    """HeadObject of an object in GLACIER answers with the class, and without x-amz-restore."""
    got = scene.s3("a").head_object(**archived(scene))
    same((got.get("StorageClass"), got.get("Restore")), ("GLACIER", None))


@assumption(source=s3_api("CopyObject"), used="tui/aws/refusals.py")
def an_archived_object_cannot_be_copied(scene: Scene) -> None:
    """CopyObject of an object in GLACIER is refused with InvalidObjectState or ObjectNotInActiveTierError."""
    got = answer(scene.s3("a").copy_object, Bucket=scene.shared(), Key=scene.fresh(), CopySource=archived(scene))
    one_of(got, "403 InvalidObjectState", "403 ObjectNotInActiveTierError")


@assumption(source=s3_api("RestoreObject"), used="tui/transfers/restorer.py")
def a_restore_shows_in_the_head(scene: Scene) -> None:
    """After RestoreObject HeadObject has x-amz-restore with ongoing-request, and later an expiry date."""
    place = archived(scene)
    scene.s3("a").restore_object(RestoreRequest={"Days": 1, "GlacierJobParameters": {"Tier": "Standard"}}, **place)
    got = scene.s3("a").head_object(**place).get("Restore", "")
    same('ongoing-request="true"' in got or 'expiry-date="' in got, True)


@assumption(source=s3_api("RestoreObject"), used="tui/aws/refusals.py")
def a_second_restore_has_a_code(scene: Scene) -> None:
    """RestoreObject of an object that is being restored is refused with RestoreAlreadyInProgress."""
    place = archived(scene)
    request = {"Days": 1, "GlacierJobParameters": {"Tier": "Standard"}}
    scene.s3("a").restore_object(RestoreRequest=request, **place)
    same(answer(scene.s3("a").restore_object, RestoreRequest=request, **place), "409 RestoreAlreadyInProgress")


@assumption(source=s3_api("RestoreObject"), used="tui/transfers/restorer.py")
def only_archives_are_restored(scene: Scene) -> None:
    """RestoreObject of an object in STANDARD is refused with InvalidObjectState."""
    place = {"Bucket": scene.shared(), "Key": scene.put(scene.shared())}
    same(answer(scene.s3("a").restore_object, RestoreRequest={"Days": 1}, **place), "403 InvalidObjectState")


@assumption(source=s3_guide("glacier-instant-retrieval-storage-class"), used="tui/stores/store_values.py")
def glacier_ir_needs_no_restore(scene: Scene) -> None:
    """GetObject of an object in GLACIER_IR works without a restore."""
    key = scene.put(scene.shared(), StorageClass="GLACIER_IR")
    same(answer(scene.s3("a").get_object, Bucket=scene.shared(), Key=key), "OK")
