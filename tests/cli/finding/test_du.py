"""``du``, as it is typed, on the demo."""

from __future__ import annotations

from tests.cli.finding.test_find import Place, only_demo, place

__all__ = ["place"]


@only_demo
def test_sums_by_prefix_class_and_what_is_stored(place: Place) -> None:
    place.client.put_bucket_versioning(Bucket=place.bucket, VersioningConfiguration={"Status": "Enabled"})
    place.put("top", "a/one", "a/deep/two", "b/three")
    place.put("a/one", StorageClass="STANDARD_IA")  # the first one is a noncurrent version now
    place.client.delete_object(Bucket=place.bucket, Key="b/three")
    upload = place.client.create_multipart_upload(Bucket=place.bucket, Key="a/parts")["UploadId"]
    place.client.upload_part(Bucket=place.bucket, Key="a/parts", UploadId=upload, PartNumber=1, Body=b"y" * 1000)

    def sums(*words: str) -> dict[str, tuple[int, int]]:
        done = place.run("du", *words, "--json")
        assert done.code == 0, done
        kinds = ("prefix", "class", "stored", "age")
        return {
            line.get(line["type"], line["type"]).removeprefix(f"s3://{place.bucket}/"): (line["objects"], line["bytes"])
            for line in done.objects
            if line["type"] in (*kinds, "total")
        }

    assert sums() == {"a/": (2, 200), "total": (3, 300)}
    assert sums("--depth", "2") == {"a/": (2, 200), "a/deep/": (1, 100), "total": (3, 300)}
    assert sums("--by", "class") == {"STANDARD": (2, 200), "STANDARD_IA": (1, 100), "total": (3, 300)}
    everything = sums("--by", "stored", "--versions", "--uploads")
    # of b/three a version and its delete marker, of a/one the older version
    assert everything == {"uploads": (1, 1000), "current": (3, 300), "noncurrent": (3, 200), "total": (7, 1500)}
    assert sums("--versions")["b/"] == (2, 100)
    shown = place.run("du", "--by", "age")
    assert "< 30 days" in shown.out
    assert "AWS list prices of us-east-1" in shown.err
    nothing = place.run("du", uri="none/")
    assert nothing.code == 4
    assert "nothing found" in nothing.err


@only_demo
def test_the_rows_add_up_to_the_total(place: Place) -> None:
    place.put("top", "a/one", "a/deep/two", "b/three")
    lines = {line["type"]: line for line in place.run("du", "--json").objects if line["type"] != "prefix"}
    here = lines["here"]
    assert (here["uri"], here["objects"], here["bytes"]) == (f"s3://{place.bucket}/", 1, 100)
    rows = [line for line in place.run("du", "--json").objects if line["type"] in ("prefix", "here")]
    assert sum(line["bytes"] for line in rows) == lines["total"]["bytes"] == 400
    assert f"s3://{place.bucket}/ (objects here)" in place.run("du").out
    assert "objects here" not in place.run("du", "--depth", "0").out + place.run("du", uri="b/three").out
    assert place.run("du").err.startswith("Prices are US$ a month, AWS list prices of us-east-1")
