"""Versions and delete markers."""

from typing import Any, Final

from tests.assumptions.registry import assumption, s3_api, s3_guide
from tests.assumptions.scene import Scene, answer, same
from tests.servers.buckets import refusal_of

LIST: Final = s3_api("ListObjectVersions")
MARKERS: Final = s3_guide("DeleteMarker")
SUSPENDED: Final = s3_guide("AddingObjectstoVersionSuspendedBuckets")
DELETE: Final = "tui/stores/s3/deletes.py"
DELETION: Final = "tui/transfers/deletion.py"
LISTER: Final = "tui/stores/s3/lister.py"


def versioned(scene: Scene) -> str:
    """A bucket of a that keeps versions and lets b do everything; shared, as `Scene.shared` is."""
    key = ("versioned", "")
    if key not in scene._shared:
        bucket = scene.bucket()
        scene.s3("a").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        scene.policy(bucket, scene.allow(bucket, scene.b, "s3:*"))
        scene.answers("OK", scene.s3("b").list_objects_v2, Bucket=bucket)
        scene._shared[key] = bucket
    return scene._shared[key]


def twice(scene: Scene) -> tuple[dict[str, str], list[str]]:
    """An object that was written twice: its name, and the IDs of its versions, the older one first."""
    place = {"Bucket": versioned(scene), "Key": scene.fresh()}
    return place, [scene.s3("a").put_object(Body=body, **place)["VersionId"] for body in (b"1", b"2")]


def listed(scene: Scene, place: dict[str, str]) -> Any:
    return scene.s3("a").list_object_versions(Bucket=place["Bucket"], Prefix=place["Key"])


@assumption(source=LIST, used=LISTER)
def versions_are_listed_the_newest_first(scene: Scene) -> None:
    """ListObjectVersions has the versions of a key the newest first, which alone is the latest."""
    place, ids = twice(scene)
    got = [(each["VersionId"], each["IsLatest"]) for each in listed(scene, place)["Versions"]]
    same(got == [(ids[1], True), (ids[0], False)], True)


@assumption(source=s3_guide("versioning-workflows"), used=LISTER)
def what_was_there_before_is_the_version_null(scene: Scene) -> None:
    """An object that was there before the bucket kept versions has the version ID null."""
    bucket = scene.bucket()
    key = scene.put(bucket)
    scene.s3("a").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    got = scene.s3("a").list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
    same([each["VersionId"] for each in got], ["null"])


@assumption(source=s3_api("PutObject"), used="tui/stores/s3/headers.py")
def a_write_without_versions_has_no_version_id(scene: Scene) -> None:
    """The answer to PutObject has no version ID where the bucket keeps no versions."""
    got = scene.s3("a").put_object(Bucket=scene.shared(), Key=scene.fresh(), Body=b"1")
    same(got.get("VersionId"), None)


@assumption(source=s3_api("GetObject"), used="tui/stores/s3/objects.py")
def a_version_is_read_by_its_id(scene: Scene) -> None:
    """GetObject with a version ID reads that version."""
    place, ids = twice(scene)
    same([scene.s3("a").get_object(VersionId=each, **place)["Body"].read() for each in ids], [b"1", b"2"])


@assumption(source=MARKERS, used=DELETE)
def a_deletion_makes_a_marker(scene: Scene) -> None:
    """DeleteObject without a version ID answers with a delete marker and its ID, and keeps the versions."""
    place, _ = twice(scene)
    got = scene.s3("a").delete_object(**place)
    found = listed(scene, place)
    [marker] = found["DeleteMarkers"]
    same((got["DeleteMarker"], got["VersionId"] == marker["VersionId"], len(found["Versions"])), (True, True, 2))


@assumption(source=MARKERS, used=DELETION)
def behind_a_marker_there_is_no_object(scene: Scene) -> None:
    """GetObject of a key whose latest version is a delete marker is NoSuchKey with x-amz-delete-marker."""
    place, _ = twice(scene)
    scene.s3("a").delete_object(**place)
    refusal = refusal_of(scene.s3("a").get_object, **place)
    same((refusal.code, refusal.headers.get("x-amz-delete-marker")), ("NoSuchKey", "true"))


@assumption(source=s3_api("HeadObject"), used=DELETION)
def a_marker_itself_cannot_be_read(scene: Scene) -> None:
    """HeadObject with the ID of a delete marker answers 405."""
    place, _ = twice(scene)
    marker = scene.s3("a").delete_object(**place)["VersionId"]
    same(answer(scene.s3("a").head_object, VersionId=marker, **place), "405")


@assumption(source=s3_guide("RemDelMarker"), used="tui/features/versions/undelete.py")
def without_its_marker_an_object_is_back(scene: Scene) -> None:
    """A delete marker that is deleted by its ID brings the latest version back."""
    place, ids = twice(scene)
    marker = scene.s3("a").delete_object(**place)["VersionId"]
    scene.s3("a").delete_object(VersionId=marker, **place)
    same(scene.s3("a").head_object(**place)["VersionId"] == ids[1], True)


@assumption(source=s3_guide("DeletingObjectVersions"), used=DELETE)
def a_version_is_deleted_for_good(scene: Scene) -> None:
    """DeleteObject with a version ID removes that version and makes no marker."""
    place, ids = twice(scene)
    scene.s3("a").delete_object(VersionId=ids[1], **place)
    found = listed(scene, place)
    got = ([each["VersionId"] for each in found["Versions"]] == [ids[0]], found.get("DeleteMarkers", []))
    same(got, (True, []))


@assumption(source=s3_api("DeleteObjects"), used=DELETE)
def delete_objects_names_the_markers(scene: Scene) -> None:
    """DeleteObjects that is not quiet answers with the ID of each delete marker."""
    place, _ = twice(scene)
    asked = {"Objects": [{"Key": place["Key"]}]}
    [got] = scene.s3("a").delete_objects(Bucket=place["Bucket"], Delete=asked)["Deleted"]
    [marker] = listed(scene, place)["DeleteMarkers"]
    same((got.get("DeleteMarker"), got.get("DeleteMarkerVersionId") == marker["VersionId"]), (True, True))


@assumption(source=SUSPENDED, used="tui/features/delete/screen.py")
def a_suspended_bucket_replaces_the_version_null(scene: Scene) -> None:
    """Where versions are suspended a write replaces the version null, and keeps the others."""
    bucket, a = scene.bucket(), scene.s3("a")
    a.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    key = scene.put(bucket)
    a.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    for body in (b"2", b"3"):
        scene.put(bucket, body=body, Key=key)
    got = [each["VersionId"] == "null" for each in a.list_object_versions(Bucket=bucket)["Versions"]]
    same(got, [True, False])


@assumption(source=s3_guide("RestoringPreviousVersions"), used="tui/features/versions/revert.py")
def an_older_version_is_copied_to_the_top(scene: Scene) -> None:
    """CopyObject of an older version onto its own key makes a new version with that content, and names the source."""
    place, ids = twice(scene)
    got = scene.s3("a").copy_object(CopySource={**place, "VersionId": ids[0]}, **place)
    body = scene.s3("a").get_object(**place)["Body"].read()
    same((got.get("CopySourceVersionId") == ids[0], body, len(listed(scene, place)["Versions"])), (True, b"1", 3))


@assumption(source=s3_api("GetObject"), used="tui/stores/s3/objects.py")
def an_id_that_is_none_is_an_invalid_argument(scene: Scene) -> None:
    """GetObject with a version ID that no version can have is refused with InvalidArgument."""
    place, _ = twice(scene)
    same(answer(scene.s3("a").get_object, VersionId="no-such-version", **place), "400 InvalidArgument")


@assumption(source=LIST, used="tui/features/versions/history.py")
def each_version_has_an_owner(scene: Scene) -> None:
    """ListObjectVersions has the owner of each version, which may be another account."""
    place = {"Bucket": versioned(scene), "Key": scene.fresh()}
    for party in ("a", "b"):
        scene.s3(party).put_object(Body=b"1", **place)
    same([scene.who(each["Owner"]["ID"]) for each in listed(scene, place)["Versions"]], ["b", "a"])


@assumption(source=s3_guide("about-object-ownership"), used="tui/policies/bucket_policy.py")
def a_foreign_version_is_denied(scene: Scene) -> None:
    """GetObject by the owner of the bucket is refused for a version that another account owns."""
    place = {"Bucket": versioned(scene), "Key": scene.fresh()}
    version = scene.s3("b").put_object(Body=b"1", **place)["VersionId"]
    scene.s3("a").put_object(Body=b"2", **place)
    same(answer(scene.s3("a").get_object, VersionId=version, **place), "403 AccessDenied")


@assumption(source=s3_guide("DeletingObjectVersions"), used=DELETE)
def deleting_a_version_is_a_permission_of_its_own(scene: Scene) -> None:
    """Who has s3:DeleteObject alone makes delete markers, and deletes no version."""
    bucket, a = scene.bucket(), scene.s3("a")
    a.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    scene.policy(bucket, scene.allow(bucket, scene.b, "s3:DeleteObject"))
    version = a.put_object(Bucket=bucket, Key="x", Body=b"1")["VersionId"]
    scene.answers("OK", scene.s3("b").delete_object, Bucket=bucket, Key="x")
    same(answer(scene.s3("b").delete_object, Bucket=bucket, Key="x", VersionId=version), "403 AccessDenied")


@assumption(source=s3_guide("object-tagging"), used="tui/stores/s3/objects.py")
def tags_belong_to_a_version(scene: Scene) -> None:
    """PutObjectTagging with a version ID changes the tags of that version alone."""
    place, ids = twice(scene)
    tags = [{"Key": "a", "Value": "1"}]
    scene.s3("a").put_object_tagging(VersionId=ids[0], Tagging={"TagSet": tags}, **place)
    same([scene.s3("a").get_object_tagging(VersionId=each, **place)["TagSet"] for each in ids], [tags, []])


@assumption(source=LIST, used=LISTER)
def versions_go_on_behind_two_markers(scene: Scene) -> None:
    """A page of versions ends with NextKeyMarker and NextVersionIdMarker, behind which the next one goes on."""
    place, ids = twice(scene)
    asked = {"Bucket": place["Bucket"], "Prefix": place["Key"]}
    first = scene.s3("a").list_object_versions(MaxKeys=1, **asked)
    markers = {"KeyMarker": first["NextKeyMarker"], "VersionIdMarker": first["NextVersionIdMarker"]}
    more = scene.s3("a").list_object_versions(**markers, **asked)["Versions"]
    same([each["VersionId"] for each in more] == [ids[0]], True)
