"""What there is, and how it is reached: ``ls``, ``inspect``, ``endpoint``, ``explain``, ``find`` and ``du``."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import AS_A, ASSETS, Bench, Ended, Run, only_demo
from tests.features.batch.world import Inventory, Row
from tests.servers.buckets import fresh_bucket
from tests.servers.policies import grant_write
from tests.servers.proxy.forward import forwarding_to
from tests.servers.server import S3Server
from tests.servers.sign_in.imds import metadata_service
from tests.servers.surroundings import use
from tests.servers.vpc.ec2 import Vpc, running_ec2
from tui.demo.demo_profiles import MEDIA_PROD
from tui.demo.world_build import ODD_KEYS

HEADINGS = ("Object", "Access", "Protection", "Bucket", "Endpoint")
OFFICE = "s3://media-prod-office/"
BOTH = ("--as", "analytics", "--other", "media-prod")


def test_ls_names_the_identitys_own_buckets_only(run: Run, demo_environment: S3Server) -> None:
    ended = run("ls", "--profile", "analytics", "--json").succeeded()
    assert {line["name"] for line in ended.objects} >= {"analytics-landing", "analytics-dropbox"}
    assert not any(line["name"].startswith("media-prod") for line in ended.objects)


def test_ls_lists_a_bucket_of_another_account_by_name(run: Run, demo_environment: S3Server) -> None:
    ended = run("ls", "--profile", "analytics", "s3://media-prod-assets", "--json").succeeded()
    found = {line["key"]: line for line in ended.objects}
    head = demo_environment.client(demo_environment.a).head_object(Bucket="media-prod-assets", Key="video.mp4")
    assert found["video.mp4"]["size"] == head["ContentLength"] > 10_000_000
    assert found["video.mp4"]["owner"]["id"] == demo_environment.a.canonical_id
    assert found["video/"]["type"] == "prefix"


@pytest.mark.usefixtures("lasting_engine")
def test_ls_prints_whole_names_for_half_a_name(run: Run, demo_environment: S3Server) -> None:
    ended = run("ls", *AS_A, "s3://media-prod-assets/video")
    assert [line.split()[-1] for line in ended.out.splitlines()] == ["video/", "video.mp4"]
    deep = run("ls", "-r", *AS_A, "s3://media-prod-assets/video")
    keys = run("ls", "-r", *AS_A, "s3://media-prod-assets/video", "--json").objects
    assert all(line.endswith(found["key"]) for line, found in zip(deep.out.splitlines(), keys, strict=True))
    below = run("ls", *AS_A, "s3://media-prod-assets/video/")
    assert not any("video/" in line for line in below.out.splitlines()), below


def test_ls_long_shows_class_and_owner(run: Run, demo_environment: S3Server) -> None:
    def words(*arguments: str) -> list[str]:
        return run("ls", "--long", *AS_A, *arguments).out.split()

    listed = words("s3://media-prod-archive/reels/2015/")
    assert listed[listed.index("reel-1.mov") - 2 :][:2] == ["DEEP", "media-prod"]
    size = listed[listed.index("reel-1.mov") - 3]
    as_usual = run("ls", "-lh", *AS_A, "s3://media-prod-archive/reels/2015/").succeeded().out.split()
    assert (size.isdigit(), size in as_usual, "KiB" in as_usual) == (True, False, True), "-h is no call for help"
    buckets = words()
    assert buckets[buckets.index("media-prod-archive") - 1] == "ap-northeast-1"


def test_ls_gives_odd_keys_exactly_as_json_and_harmlessly_as_text(run: Run, demo_environment: S3Server) -> None:
    where = (*AS_A, "s3://media-prod-assets/", "--recursive")
    assert set(ODD_KEYS) <= {line["key"] for line in run("ls", *where, "--json").objects}
    assert "\x1b" not in run("ls", *where).out


def test_inspect_as_text_has_each_step_on_a_line_and_no_keys_of_the_screen(
    run: Run, demo_environment: S3Server
) -> None:
    where = (*AS_A, "--other", "analytics", "s3://media-prod-assets/incoming/heatmap.png")
    ended = run("inspect", *where)
    lines = [line.strip() for line in ended.out.splitlines()]
    assert lines[1] == "owner  ⚠ analytics (222222222222) ≠ bucket owner media-prod (111111111111)"
    assert lines[2] == "grants  analytics  FULL_CONTROL"
    assert lines[3].startswith("endpoint  http://127.0.0.1:")
    assert lines[4].startswith("error  media-prod is not allowed to read this object (s3:GetObject): analytics owns")
    assert [line for line in lines if line in HEADINGS] == list(HEADINGS)
    assert "policy status  not public  (GetBucketPolicyStatus as media-prod)" in lines
    assert any(line.startswith("→ 1. As analytics") for line in lines)
    assert any(line.startswith("2. As media-prod") for line in lines)
    policy = "policy  3 statements, none applies to media-prod  (GetBucketPolicy"
    assert any(line.startswith(policy) for line in lines), ended.out
    (report,) = run("inspect", *where, "--json").objects
    assert "analytics owns the object" in report["findings"][0]["sentence"]
    facts = {fact["name"]: fact["state"].get("value") for fact in report["facts"]}
    assert facts["owner"]["owner"]["name"] == "analytics"
    assert [one["grantee"]["name"] for one in facts["grants"]["grants"]] == ["analytics"]


def test_inspect_of_one_section_asks_and_prints_that_one_only(run: Run, demo_environment: S3Server) -> None:
    whose = (*AS_A, "s3://media-prod-assets/video.mp4")
    ended = run("inspect", "--section", "bucket", "--section", "object", *whose)
    assert [line for line in ended.out.splitlines() if line in HEADINGS] == ["Bucket", "Object"]
    (report,) = run("inspect", "--section", "bucket", "--json", *whose).objects
    assert [fact["name"] for fact in report["facts"]] == ["bucket tags", "logging", "website", "CORS", "payer"]


def test_the_way_to_a_server_on_this_machine(run: Run, demo_environment: S3Server) -> None:
    ended = run("endpoint", "--profile", "analytics", "s3://media-prod-assets/some/key").succeeded()
    lines = [line.strip() for line in ended.out.splitlines()]
    endpoint = demo_environment.endpoint
    assert lines[0] == "s3://media-prod-assets/some/key"
    assert f"endpoint  {endpoint}/media-prod-assets  (certain, endpoint_url of the profile)" in lines
    assert f"bucket region  {MEDIA_PROD.region}  (certain, HeadBucket)" in lines
    assert f"connected to  {endpoint.removeprefix('http://')}: this machine  (certain, HeadBucket)" in lines
    assert "path  this machine: the server runs on this machine  (certain, from the above)" in lines
    assert "aws:SourceIp  127.0.0.1  (certain, from the above)" in lines
    assert all(line.endswith(")") for line in lines[1:])


def test_the_way_as_json(run: Run, demo_environment: S3Server) -> None:
    (found,) = run("endpoint", "--profile", "analytics", "s3://media-prod-assets", "--json").objects
    assert found["uri"] == "s3://media-prod-assets/"
    assert found["endpoint"]["signing_name"] == "s3"
    assert (found["path"]["kind"], found["path"]["certainty"]) == ("this machine", "certain")
    assert found["condition"]["condition"] == {"IpAddress": {"aws:SourceIp": "127.0.0.1/32"}}


def by_the_name_of(endpoint: str, server: S3Server, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have profile `media-prod` reach the server by a name of an interface endpoint."""
    account = server.a
    config = directory / "config"
    config.write_text(
        f"[profile media-prod]\nregion = {account.region}\naws_access_key_id = {account.access_key}\n"
        f"aws_secret_access_key = {account.secret_key}\ns3 =\n  addressing_style = path\nservices = here\n"
        f"[services here]\ns3 =\n  endpoint_url = http://bucket.{endpoint}-1b2c.s3.{account.region}.vpce.amazonaws.com\n"
        f"sts =\n  endpoint_url = {server.endpoint}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(directory / "none"))


@pytest.mark.thorough
async def test_the_way_through_an_interface_endpoint(
    run: Run, demo_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name is looked up by a proxy, which leads to the demo; EC2 and instance metadata are real servers, too."""
    async with running_ec2() as ec2, metadata_service() as metadata, forwarding_to(demo_server.endpoint) as proxy:
        vpc = await asyncio.to_thread(Vpc.made, ec2, MEDIA_PROD.region)
        endpoint, _ = await asyncio.to_thread(vpc.interface_endpoint)
        vpc.client.close()
        metadata.described = vpc.described(MEDIA_PROD.number)
        by_the_name_of(endpoint, demo_server, tmp_path, monkeypatch)
        proxied = {"HTTP_PROXY": proxy.endpoint, "NO_PROXY": "127.0.0.1"}
        use(monkeypatch, {**ec2.environment, **metadata.environment, **proxied})
        ended: Ended = await asyncio.to_thread(run, "endpoint", *AS_A, "s3://media-prod-assets")
        assert ended.code == 0, ended.err
        lines = [line.strip() for line in ended.out.splitlines()]
        host = f"bucket.{endpoint}-1b2c.s3.{MEDIA_PROD.region}.vpce.amazonaws.com"
        assert set(proxy.hosts) == {host}
        assert f"endpoint  http://{host}/media-prod-assets  (certain, services section of the profile)" in lines
        assert f"proxy  {proxy.endpoint}  (certain, HeadBucket)" in lines
        assert f"path  interface endpoint {endpoint}: the URL names {endpoint}  (certain, from the above)" in lines
        assert "PUT /latest/api/token" in metadata.asked
        assert f"aws:SourceVpce  {endpoint}  (certain, from the above)" in lines
        assert f"aws:SourceVpc  {vpc.id}  (certain, from the above)" in lines
        assert "aws:SourceIp  none  (certain, from the above)" in lines
        assert any(
            line.startswith(f"VPC endpoint  {endpoint}, interface endpoint of {vpc.id} for S3 in {MEDIA_PROD.region}")
            for line in lines
        )
        assert any(line.startswith('its policy  {"Version"') for line in lines)
        assert any(
            line.startswith(f'condition  {{"StringEquals": {{"aws:SourceVpce": "{endpoint}"}}}}') for line in lines
        )


def explained(run: Run, *arguments: str) -> dict[str, Any]:
    ended = run("explain", *arguments, "--json")
    found: dict[str, Any] = ended.objects[0] | {"code": ended.code}
    return found


def test_the_statement_that_nearly_allows_it_is_the_cause_and_the_remedy(run: Run, demo_environment: S3Server) -> None:
    found = explained(run, OFFICE, *BOTH)
    assert (found["code"], found["verdict"], found["live"]) == (3, "denied", True)
    assert found["cause"]["sid"] == "PartnerFromTheOffice"
    assert "needs aws:SourceIp 203.0.113.0/24; here it is 127.0.0.1" in found["cause"]["sentence"]
    edit = found["remedies"][0]["edit"]
    assert (edit["kind"], edit["resource"], edit["account"]) == ("bucket policy", "media-prod-office", "111111111111")
    assert edit["replaces_sid"] == "PartnerFromTheOffice"
    addresses = json.loads(edit["statement_json"])["Condition"]["IpAddress"]["aws:SourceIp"]
    assert addresses == ["203.0.113.0/24", "127.0.0.1"]


def test_a_write_is_explained_without_writing(run: Run, demo_environment: S3Server) -> None:
    key = "not-there.txt"
    found = explained(run, f"s3://media-prod-assets/{key}", "--action", "s3:PutObject", *BOTH)
    assert (found["code"], found["verdict"], found["live"]) == (3, "denied", False)
    assert found["cause"]["sid"] == "PartnerMayDeliver"
    edit = json.loads(found["remedies"][0]["edit"]["statement_json"])
    assert f"arn:aws:s3:::media-prod-assets/{key}" in edit["Resource"]
    client = demo_environment.client(demo_environment.a)
    assert client.list_objects_v2(Bucket="media-prod-assets", Prefix=key)["KeyCount"] == 0


def test_what_nobody_here_can_know_ends_with_1(run: Run, demo_environment: S3Server) -> None:
    found = explained(run, "s3://analytics-landing/new", "--action", "s3:PutObject", "--as", "media-prod")
    assert (found["code"], found["verdict"], found["cause"]["certain"]) == (1, "not known", False)
    unread = [layer for layer in found["layers"] if layer["verdict"] == "not seen" and layer["kind"] == "bucket policy"]
    assert [layer["why"] for layer in unread] == ["s3:GetBucketPolicy is not allowed"]


def test_an_object_that_is_not_there_is_denied_by_the_missing_permission_to_list(
    run: Run, demo_environment: S3Server
) -> None:
    found = explained(run, "s3://media-prod-office/not-there", "--as", "analytics")
    assert found["code"] == 3
    assert "the object does not exist" in found["notes"][0]


@pytest.mark.thorough
@pytest.mark.usefixtures("lasting_engine")
def test_what_does_not_exist_has_no_policy_as_its_cause(run: Run, demo_environment: S3Server) -> None:
    missing = "s3://no-such-bucket-anywhere"
    for uri, identities, what in (
        (f"{missing}/x", ("--as", "media-prod"), f"bucket {missing}"),
        (missing, ("--as", "media-prod", "--action", "s3:PutObject"), f"bucket {missing}"),
        (f"{ASSETS}no-such-key", ("--as", "media-prod"), f"object {ASSETS}no-such-key"),
        (f"{OFFICE}not-there", BOTH, f"object {OFFICE}not-there"),
    ):
        found = explained(run, uri, *identities)
        assert (found["code"], found["missing"], found["layers"], found["remedies"]) == (4, what.split()[0], [], [])
        assert f"The {what} does not exist" in found["cause"]["sentence"]
        run("explain", uri, *identities).ended(4, out=": not found, as the server has just answered")


def test_the_table_is_text(run: Run, demo_environment: S3Server) -> None:
    lines = run("explain", OFFICE, *BOTH).out.splitlines()
    assert lines[1].endswith("denied, as the server has just answered")
    for name in ("identity policies", "permissions boundary", "bucket policy", "Object Ownership", "ACL"):
        assert any(line.startswith(name) for line in lines), name
    assert any(line.startswith("cause   analytics is not allowed to list this bucket") for line in lines)
    remedies = [line for line in lines if line.startswith("remedy")]
    assert "As media-prod (user/deploy): add 127.0.0.1 to aws:SourceIp in statement PartnerFromTheOffice" in remedies[0]


def test_a_policy_that_cannot_be_read_is_not_said_to_be_missing(run: Run, demo_environment: S3Server) -> None:
    sentence = explained(run, "s3://media-prod-office", "--as", "analytics")["cause"]["sentence"]
    assert "of the bucket policy, which cannot be read here (s3:GetBucketPolicy is not allowed)" in sentence
    assert "has no policy" not in sentence


def put(bench: Bench, *keys: str, **attributes: Any) -> None:
    bench.put(*keys, body=b"x" * 100, **attributes)


def run(bench: Bench, command: str, *words: str, uri: str = "") -> Ended:
    return bench.as_a(command, f"s3://{bench.a}/{uri}", *words)


def find(bench: Bench, *words: str) -> Ended:
    return run(bench, "find", *words)


def keys(bench: Bench, *words: str) -> list[str]:
    return [each["key"] for each in find(bench, "--json", *words).succeeded().objects]


@pytest.mark.thorough
@only_demo
def test_names_classes_and_what_is_printed(bench: Bench) -> None:
    put(bench, "a.csv", "deep/down/b.csv", "deep/\x1b[31mred\n.txt")
    put(bench, "deep/cold.csv", StorageClass="GLACIER")
    assert keys(bench, "--name", "*.csv") == ["a.csv", "deep/cold.csv", "deep/down/b.csv"]
    assert keys(bench, "--name", "*.CSV", "--exclude", "deep/d*", "--class", "standard") == ["a.csv"]
    assert keys(bench, "--contains", "RED") == ["deep/\x1b[31mred\n.txt"]
    assert f"s3://{bench.a}/deep/cold.csv" in find(bench, "--class", "GLACIER", "--long").out
    assert find(bench, "--contains", "red", "--print0").out == f"s3://{bench.a}/deep/\x1b[31mred\n.txt\0"
    shown = find(bench, "--contains", "red").out
    assert "\x1b" not in shown
    assert shown.count("\n") == 1
    find(bench, "--name", "*.parquet").ended(4, err="none of 4 keys matches")
    run(bench, "find", uri="none/").printed(4, "", f"nothing found at s3://{bench.a}/none/\n")
    assert find(bench, "--json", "--print0").code == 2


@only_demo
def test_foreign_owned_objects_and_owners(bench: Bench) -> None:
    put(bench, "mine.csv")
    server = bench.server
    bench.buckets.set_policy_of_a(*grant_write(bench.a, server.b.principal))
    server.client(server.b).put_object(Bucket=bench.a, Key="theirs.csv", Body=b"x")
    assert keys(bench, "--foreign") == ["theirs.csv"]
    assert keys(bench, "--owner", server.a.canonical_id) == ["mine.csv"]


@only_demo
def test_tags_are_asked_for_last_and_counted_beforehand(bench: Bench) -> None:
    put(bench, "a.csv", "b.csv", Tagging="team=video")
    put(bench, "c.csv", Tagging="team=audio")
    put(bench, "d.txt", Tagging="team=video")
    done = find(bench, "--name", "*.csv", "--tag", "team=video", "--json")
    assert [each["key"] for each in done.objects] == ["a.csv", "b.csv"]
    assert "3 GetObjectTagging requests follow" in done.err
    assert keys(bench, "--tag", "team", "--min-size", "100") == ["a.csv", "b.csv", "c.csv", "d.txt"]
    refused = find(bench, "--tag", "team=video", "--tag-requests", "3").ended(
        2, err="4 objects would need a GetObjectTagging request"
    )
    assert "you allow 3 of these requests" in refused.err


@only_demo
def test_by_regular_expression(bench: Bench) -> None:
    put(bench, "in/a1.csv", "in/b22.csv", "in/b22.CSV")
    assert keys(bench, "--regex", r"^in/[ab]\d+\.csv$") == ["in/a1.csv", "in/b22.csv"]
    find(bench, "--regex", "(a").ended(2, err="missing )")


@pytest.mark.thorough
@only_demo
def test_sums_by_prefix_class_and_what_is_stored(bench: Bench) -> None:
    bench.keep_versions()
    put(bench, "top", "a/one", "a/deep/two", "b/three")
    put(bench, "a/one", StorageClass="STANDARD_IA")  # the first one is a noncurrent version now
    bench.mine.delete_object(Bucket=bench.a, Key="b/three")
    upload = bench.mine.create_multipart_upload(Bucket=bench.a, Key="a/parts")["UploadId"]
    bench.mine.upload_part(Bucket=bench.a, Key="a/parts", UploadId=upload, PartNumber=1, Body=b"y" * 1000)

    def sums(*words: str) -> dict[str, tuple[int, int]]:
        return {
            line.get(line["type"], line["type"]).removeprefix(f"s3://{bench.a}/"): (line["objects"], line["bytes"])
            for line in run(bench, "du", *words, "--json").succeeded().objects
            if line["type"] in ("prefix", "here", "class", "stored", "age", "total")
        }

    assert sums() == {"a/": (2, 200), "here": (1, 100), "total": (3, 300)}
    assert sums("--depth", "2") == {"a/": (2, 200), "a/deep/": (1, 100), "here": (1, 100), "total": (3, 300)}
    assert f"s3://{bench.a}/ (objects here)" in run(bench, "du").out
    assert "objects here" not in run(bench, "du", "--depth", "0").out + run(bench, "du", uri="a/one").out
    assert sums("--by", "class") == {"STANDARD": (2, 200), "STANDARD_IA": (1, 100), "total": (3, 300)}
    everything = sums("--by", "stored", "--versions", "--uploads")
    # of b/three a version and its delete marker, of a/one the older version
    assert everything == {"uploads": (1, 1000), "current": (3, 300), "noncurrent": (3, 200), "total": (7, 1500)}
    assert sums("--versions")["b/"] == (2, 100)
    shown = run(bench, "du", "--by", "age")
    assert "< 30 days" in shown.out
    assert "AWS list prices of us-east-1" in shown.err
    run(bench, "du", uri="none/").ended(4, err="nothing found")


ROWS = [
    Row("in/a b+ü.csv", 100),
    Row("in/cold.csv", 5000),
    Row("in/old.csv", 7, latest=False),
    Row("in/gone.csv", marker=True),
    Row("out/b.csv"),
]


@pytest.fixture
def reports(bench: Bench) -> Iterator[Inventory]:
    """Reports of the bench's first bucket, of all versions, in a bucket of their own."""
    with fresh_bucket(bench.server, bench.server.a) as target:
        yield Inventory(bench.mine, bench.a, target, versions=True)


@pytest.mark.thorough
@only_demo
@pytest.mark.parametrize("file_format", ["CSV", "Parquet", "ORC"])
def test_the_newest_report_takes_the_place_of_a_listing(bench: Bench, reports: Inventory, file_format: str) -> None:
    manifest, reports.file_format = reports.write(ROWS, day=19), file_format
    newest = reports.write(ROWS, day=20)
    reports.configure()
    done = find(bench, "--inventory", "auto", "--name", "in/*", "--json").succeeded()
    assert [(each["key"], each["size"]) for each in done.objects] == [("in/a b+ü.csv", 100), ("in/cold.csv", 5000)]
    assert f"({file_format}) on the whole bucket: s3://{reports.target}/{newest}" in done.err
    assert done.objects[0]["modified"] == "2026-11-20T12:00:00Z"
    named = f"s3://{reports.target}/{manifest}"
    assert find(bench, "--inventory", named, "--min-size", "1K").out == f"s3://{bench.a}/in/cold.csv\n"
    sums = run(bench, "du", "--inventory", "auto", "--json").objects
    assert [(each["prefix"].rpartition(bench.a)[2], each["bytes"]) for each in sums[:-2]] == [
        ("/in/", 5100),
        ("/out/", 1),
    ]


@only_demo
def test_why_there_is_no_report_is_said(bench: Bench, reports: Inventory) -> None:
    assert "has no inventory configuration" in find(bench, "--inventory", "auto").err
    reports.configure("other/")
    assert "no enabled inventory" in find(bench, "--inventory", "auto").err
    reports.configure()
    assert "no report has been written yet" in find(bench, "--inventory", "auto").err
    manifest = f"s3://{reports.target}/{reports.write(ROWS)}"
    assert "it has no ObjectOwner" in find(bench, "--inventory", manifest, "--owner", "x").err
    assert find(bench, "--inventory", "nothing:").code == 2
