"""The steps of a run: what people do with two accounts, through `xs3-tui`, with what AWS must make of it."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from tests.aws_account.guard import Outgoing
from tests.aws_account.request_filter import RequestFilter
from tests.aws_account.stage import EXTERNAL_ID, Ended, Stage
from tests.servers.buckets import refused

KIB, MIB = 1 << 10, 1 << 20
SIZES: Final = {"1 KB": KIB, "1 MB": MIB, "16 MB": 16 * MIB, "100 MB": 100 * MIB}
ROUTES: Final = ("pull", "push", "relay")
DENIED: Final = 3
NOBODYS_NETWORK: Final = "203.0.113.0/24"
"""For documentation (RFC 5737): no request comes from there."""

Do = Callable[[Stage], None]


@dataclass(frozen=True, slots=True)
class Step:
    group: str
    says: str
    do: Do
    source: str = ""


def steps(*, batch: bool, only: Collection[str] = ()) -> list[Step]:
    """The steps in their order; `only` names groups."""
    made = [
        Step("three ways", "the keys of an IAM user of the other account list, write and read", _shared_keys),
        Step("three ways", "a bucket policy, granted and revoked by the product, lets another account in", _policy),
        Step("three ways", "a role can be assumed with its external ID, and not with another", _role),
        Step("traps", "a foreign object is denied to the bucket's account, explained, and taken over", _foreign_object),
        Step("traps", "a condition on the address denies, and the explanation says so", _source_ip),
        Step("traps", "a condition on the VPC endpoint denies, and the explanation says so", _source_vpce),
    ]
    for words, size in SIZES.items():
        made.append(Step("copies", f"an upload of {words}", _upload(size)))
        made += [Step("copies", f"a copy of {words} by {route}", _copy(size, route)) for route in ROUTES]
    made += [
        Step("sync", "sync copies what differs, deletes what is gone, and diff finds no difference", _sync),
        Step("verify", "verify proves equal copies and finds a changed one", _verify),
        Step("undo", "a deletion and a copy are undone", _undo),
        Step("grants", "a role is granted, tested, and undone", _granted_role),
        Step("links", "a link reads an object, and another one writes it", _links),
    ]
    if batch:
        made.append(Step("batch", "an S3 Batch Operations job copies, with a role of its own", _batch))
    return [each for each in made if not only or each.group in only]


def _shared_keys(stage: Stage) -> None:
    bucket = stage.bucket("a", "home")
    stage.user("a", "user")
    file = stage.file(KIB)
    stage.product("cp", "--to", "user", str(file), f"s3://{bucket}/keys/one").require()
    listed = stage.product("ls", "--json", "--profile", "user", f"s3://{bucket}/keys/").require()
    assert [line["key"] for line in listed.lines if "key" in line] == ["keys/one"], "another listing"
    target = stage.files / "read-back"
    stage.product("cp", "--from", "user", "-f", f"s3://{bucket}/keys/one", str(target)).require()
    assert target.read_bytes() == file.read_bytes(), "other content came back"


def _policy(stage: Stage) -> None:
    bucket = stage.bucket("a", "shared")
    stage.user("b", "guest")
    place = f"s3://{bucket}/in/"
    stage.product("cp", "--to", "a", str(stage.file(KIB)), f"{place}one").require()
    stage.product("ls", "--profile", "guest", place).require(DENIED)
    options = ("--way", "policy", "--allow", "read-write", "--profile", "a", "--other", "guest", "--applier", "b")
    granted = stage.product("access", "grant", *options, "--yes", "--json", place)
    if any(line.get("agrees") is False for line in granted.lines):
        raise stage.absent("it reads the policy in another way")
    granted.require()
    stage.product("ls", "--profile", "guest", place).require()
    stage.product("cp", "-f", "--to", "guest", str(stage.file(KIB)), f"{place}two").require()
    stage.product("access", "test", *options, place).require()
    stage.product("access", "revoke", *options, "--yes", place).require()
    stage.soon(lambda: stage.product("ls", "--profile", "guest", place).code == DENIED, "the guest is denied again")


def _role(stage: Stage) -> None:
    bucket = stage.bucket("a", "home")
    role = stage.role("a", "role", stage.callers["b"].number)
    asked = ("ls", "--profile", "b", f"s3://{bucket}", "--role-arn", role, "--external-id")
    stage.soon(lambda: stage.product(*asked, EXTERNAL_ID).code == 0, "the role can be assumed")
    stage.product(*asked, "another").require(DENIED)


def _foreign_object(stage: Stage) -> None:
    bucket = stage.bucket("a", "trap", "ObjectWriter")
    user, guest = stage.user("a", "user"), stage.user("b", "guest")
    stage.allow("a", bucket, user, guest)
    place, file = f"s3://{bucket}/theirs", str(stage.file(KIB))
    write = ("cp", "--to", "guest", "--acl", "none", "-f", file, place)
    stage.soon(lambda: stage.product(*write).code == 0, "the guest may write")
    listed = stage.clients.of("a").list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"]
    if listed[0].get("Owner", {}).get("ID") != stage.callers["b"].canonical_id:
        raise stage.absent("the uploader does not own what it uploads")
    stage.product("cat", "--profile", "user", place).require(DENIED)
    told = stage.product("explain", "--json", "--as", "user", "--other", "guest", place).require(DENIED)
    assert "own" in json.dumps(told.lines[0]["cause"]), "the explanation does not name the owner"
    stage.product("repair-ownership", "--profile", "a", "--other", "guest", "--yes", place).require()
    stage.soon(lambda: stage.product("cat", "--profile", "user", place).code == 0, "the object can be read")


def _source_ip(stage: Stage) -> None:
    _condition(stage, "address", "aws:SourceIp", IpAddress={"aws:SourceIp": NOBODYS_NETWORK})


def _source_vpce(stage: Stage) -> None:
    _condition(stage, "endpoint", "aws:SourceVpce", StringEquals={"aws:SourceVpce": "vpce-0123456789abcdef0"})


def _condition(stage: Stage, what: str, key: str, **condition: Any) -> None:
    bucket = stage.bucket("a", what)
    guest = stage.user("b", "guest")
    place = f"s3://{bucket}/one"
    stage.product("cp", "--to", "a", str(stage.file(KIB)), place).require()
    stage.allow("a", bucket, guest, **condition)
    told = stage.product("explain", "--json", "--as", "guest", "--other", "a", place)
    assert key in told.out, f"the explanation does not name {key}: {told.out[:300]}"
    answered = stage.product("cat", "--profile", "guest", place)
    if answered.code == 0:
        raise stage.absent(f"it does not apply {key}")
    answered.require(DENIED)
    assert told.code in (DENIED, 1), f"explained as allowed, and denied ({told.code})"


def _upload(size: int) -> Do:
    def step(stage: Stage) -> None:
        bucket = stage.bucket("a", "source")
        ended = stage.product("cp", "--json", "--to", "a", str(stage.file(size)), f"s3://{bucket}/{size}")
        _require_same(_excused(stage, ended))

    return step


def _copy(size: int, route: str) -> Do:
    def step(stage: Stage) -> None:
        source, target = stage.bucket("a", "source"), stage.bucket("b", "target")
        if refused(stage.clients.of("a").head_object, Bucket=source, Key=str(size)):
            raise stage.absent("its source was not uploaded")
        stage.allow("a", source, stage.callers["b"].number)
        stage.allow("b", target, stage.callers["a"].number)
        receipt = stage.files / f"receipt-{size}-{route}"
        asked = ("cp", "--json", "--from", "a", "--to", "b", "--route", route, "--receipt", str(receipt))
        ended = stage.product(*asked, f"s3://{source}/{size}", f"s3://{target}/{route}/{size}")
        _require_same(_excused(stage, ended))
        assert ended.results[0]["route"] == route, f"copied by {ended.results[0]['route']}"
        stage.product("verify", str(receipt), "--from", "a", "--to", "b", "--read", "never").require()

    return step


EXCUSES: Final = {
    "NoSuchBucket": "it copies nothing between accounts",
    "BadDigest": "it computes the checksum of an upload in parts in another way",
}
"""Why a server that stands in for AWS does not copy."""


def _excused(stage: Stage, ended: Ended) -> Ended:
    """The same, which must have ended well; raises what `Stage.absent` does for what such a server cannot do."""
    for code, reason in EXCUSES.items():
        if ended.code and f'"code":"{code}"' in ended.out:
            raise stage.absent(reason)
    return ended.require()


def _require_same(ended: Ended) -> None:
    [result] = ended.results
    found = f"{result['outcome']}, {result['verification']}"
    assert found == "copied, same", found


def _sync(stage: Stage) -> None:
    source, target = f"s3://{stage.bucket('a', 'source')}/sync/", f"s3://{stage.bucket('b', 'target')}/sync/"
    both = ("--from", "a", "--to", "b")
    files = stage.files / "sync"
    files.mkdir()
    for number in range(5):
        (files / f"{number}").write_bytes(b"%d" % number * 100)
    stage.product("cp", "-r", "--to", "a", f"{files}/", source).require()
    stage.product("sync", *both, "--checksum", source, target).require()
    stage.product("diff", *both, source, target).require()
    stage.product("rm", "--profile", "a", "--yes", f"{source}0").require()
    (files / "1").write_bytes(b"changed")
    stage.product("cp", "-f", "--to", "a", str(files / "1"), f"{source}1").require()
    stage.product("diff", *both, source, target).require(1)
    stage.product("sync", *both, "--delete", "--yes", source, target).require()
    stage.product("diff", *both, source, target).require()


def _verify(stage: Stage) -> None:
    source, target = f"s3://{stage.bucket('a', 'source')}/verify/", f"s3://{stage.bucket('b', 'target')}/verify/"
    for place, login in ((source, "a"), (target, "b")):
        stage.product("cp", "--to", login, str(stage.file(KIB)), f"{place}same").require()
        stage.product("cp", "--to", login, str(stage.file(KIB)), f"{place}other").require()
    verify = ("verify", "--from", "a", "--to", "b", "--read", "needed", source, target)
    stage.product(*verify).require()
    stage.product("cp", "-f", "--to", "b", str(stage.file(KIB + 1)), f"{target}other").require()
    stage.product(*verify).require(1)


def _undo(stage: Stage) -> None:
    bucket = stage.bucket("a", "home")
    place = f"s3://{bucket}/undo/one"
    copied = stage.product("cp", "--json", "--to", "a", str(stage.file(KIB)), place).require().total["id"]
    removed = stage.product("rm", "--json", "--profile", "a", "--yes", place).require().total["id"]
    stage.product("cat", "--profile", "a", place).require(4)
    stage.product("undo", "--yes", removed).require()
    stage.product("cat", "--profile", "a", place).require()
    stage.product("undo", "--yes", copied).require()
    stage.product("cat", "--profile", "a", place).require(4)


def _granted_role(stage: Stage) -> None:
    bucket = stage.bucket("a", "shared")
    stage.user("b", "guest")
    place = f"s3://{bucket}/role/"
    stage.product("cp", "--to", "a", str(stage.file(KIB)), f"{place}one").require()
    options = ("--way", "role", "--allow", "read", "--role-name", stage.name("granted"), "--profile", "a")
    stage.product("access", "grant", *options, "--other", "guest", "--applier", "b", "--yes", place).require()
    role = stage.arn("a", "role", "granted")
    read = ("cat", "--profile", "guest", "--role-arn", role, f"{place}one")
    stage.soon(lambda: stage.product(*read).code == 0, "the guest reads with the role")
    stage.product("access", "undo", "--yes").require()
    iam = stage.clients.of("a", "iam")
    code = refused(iam.get_role, RoleName=stage.name("granted"))
    assert code.startswith("NoSuchEntity"), code or "the role is still there"


def _links(stage: Stage) -> None:
    requests = stage.clients.requests
    bucket = stage.bucket("a", "home")
    place, content = f"s3://{bucket}/link", stage.file(KIB).read_bytes()
    asked = ("presign", "--json", "--profile", "a", "--expires", "10m", place)
    put = stage.product(*asked, "--put").require().lines[0]
    assert _fetched(requests, "PUT", put["url"], content, put["headers"])[0] == 200, "the upload was refused"
    get = stage.product(*asked).require().lines[0]
    assert _fetched(requests, "GET", get["url"]) == (200, content), "other content came back"
    forged = get["url"].replace("/link?", "/home?")
    assert _fetched(requests, "GET", forged)[0] == 403, "a changed link was not refused"


def _fetched(
    requests: RequestFilter, method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    requests.check(Outgoing(method, url, {name.lower(): value for name, value in (headers or {}).items()}, body))
    request = urllib.request.Request(url, body, headers or {}, method=method)  # the guard has seen it
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # the same
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, b""


def _batch(stage: Stage) -> None:
    bucket = stage.bucket("a", "home")
    source, target, reports = (f"s3://{bucket}/{each}/" for each in ("batch", "done/batch", "jobs"))
    for number in range(2):
        stage.product("cp", "--to", "a", str(stage.file(KIB)), f"{source}{number}").require()
    role = stage.name("batch")
    grant = ("access", "batch", "grant", "--profile", "a", "--job-role", role, "--reports", reports, "--no-annotations")
    stage.product(*grant, "--yes", source, target).require()
    copy = ("cp", "-r", "--json", "--profile", "a", "--engine", "batch", "--on-conflict", "overwrite")
    options = (
        "--no-annotations",
        "--batch-role",
        stage.arn("a", "role", "batch"),
        "--batch-reports",
        reports,
        "--batch-manifest",
        "list",
    )
    ended = stage.product(*copy, *options, source, target)
    if "ListJobs" in ended.out and not stage.on_aws:
        raise stage.absent("it has no S3 Batch Operations")
    ended.require()
    assert ended.total["objects_done"] == 2, f"{ended.total['objects_done']} copies"


FAILURES: Final = (AssertionError, ClientError, BotoCoreError, KeyError, IndexError, ValueError, OSError)
"""What a step may raise where something is not as on AWS."""
