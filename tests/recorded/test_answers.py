"""What servers answered to the assumptions, played to the parsers and rules of the product.

Each file of `answers` is one run of somebody: of the demo, MiniStack and Ceph, and of AWS as soon as there is one.
"""

import re
from collections import Counter
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import botocore.session
import pytest
from botocore.awsrequest import HeadersDict
from botocore.exceptions import ClientError
from botocore.parsers import create_parser

from tests.recorded.recorder import ANSWERS, RecordedAnswer, read
from tui.aws.problems import refusal_problem
from tui.aws.refusals import Attempt, read_denial, read_refusal
from tui.core.facts import Grant
from tui.core.identity import Owner
from tui.core.listing import UNKNOWN_INDEX, Page
from tui.core.problem import Problem, ProblemKind
from tui.stores.http.replies import read_answer
from tui.stores.http.templates import operation_of
from tui.stores.s3.bucket_facts import require_absent
from tui.stores.s3.calls import s3_problem
from tui.stores.s3.headers import quoted, read_head, read_stored
from tui.stores.s3.list_pages import read_fast, read_page, read_usual_page
from tui.stores.s3.lister import read_versions
from tui.stores.s3.write_conditions import read_acl

FILES = sorted(ANSWERS.glob("*.json"))
_SESSION = botocore.session.get_session()
S3 = _SESSION.get_service_model("s3")


@pytest.fixture(params=[pytest.param(path, id=path.stem) for path in FILES])
def answers(request: pytest.FixtureRequest) -> list[RecordedAnswer]:
    path: Path = request.param
    return read(path)


def as_botocore(answer: RecordedAnswer) -> Any:
    """What botocore makes of it. The content of objects was not kept."""
    model = _SESSION.get_service_model(answer.service)
    shape: Any = model.operation_model(
        answer.operation
    ).output_shape  # its stub wants one that some operations have not
    response = {"status_code": answer.status, "headers": HeadersDict(answer.headers), "body": answer.body.encode()}
    return create_parser(model.protocol).parse(response, shape)


def refusal(answer: RecordedAnswer) -> ClientError:
    said = as_botocore(answer)
    if not answer.body:
        said["Error"] = {"Code": str(answer.status), "Message": HTTPStatus(answer.status).phrase}
    return ClientError(said, answer.operation)


def problem_of(answer: RecordedAnswer) -> Problem:
    read_as, attempt = read_refusal(refusal(answer)), Attempt("a", answer.operation, "s3://bucket/key")
    return s3_problem(read_as, attempt) if answer.service == "s3" else refusal_problem(read_as, attempt)


def of(answers: list[RecordedAnswer], *operations: str) -> list[RecordedAnswer]:
    """The successes of these operations."""
    return [each for each in answers if each.status < 300 and each.operation in operations]


def refused(answers: list[RecordedAnswer]) -> list[RecordedAnswer]:
    return [each for each in answers if each.status >= 400]


KINDS = {
    403: {ProblemKind.DENIED, ProblemKind.BAD_CREDENTIALS, ProblemKind.ARCHIVED, ProblemKind.INVALID},
    404: {ProblemKind.NO_SUCH_BUCKET, ProblemKind.NO_SUCH_KEY, ProblemKind.INVALID},
    405: {ProblemKind.UNSUPPORTED},
    409: {ProblemKind.EXISTS, ProblemKind.INVALID},
    412: {ProblemKind.CHANGED},
    501: {ProblemKind.UNSUPPORTED},
}
"""The kinds of problem that a status may become; what may become any is not here."""


def test_each_refusal_becomes_a_problem_of_a_fitting_kind(answers: list[RecordedAnswer]) -> None:
    found = [(each, problem_of(each)) for each in refused(answers)]
    assert len(found) > 20
    assert [each for each, problem in found if problem.kind not in KINDS.get(each.status, {problem.kind})] == []
    assert [each for each, problem in found if not problem.title or "{" in problem.title] == []


def test_a_denial_is_one(answers: list[RecordedAnswer]) -> None:
    denied = [each for each in refused(answers) if "<Code>AccessDenied</Code>" in each.body]
    assert denied
    assert {problem_of(each).kind for each in denied} == {ProblemKind.DENIED}


def test_a_message_that_names_who_and_what_is_read(answers: list[RecordedAnswer]) -> None:
    for each in refused(answers):
        message = read_refusal(refusal(each)).message
        if re.search(r"(User|Principal): \S+ is not authorized to perform", message):
            denial = read_denial(message)
            assert denial, message
            assert denial.principal.startswith("arn:") or denial.principal == "anonymous", message
            assert re.fullmatch(r"[\w-]+:\w+", denial.action), message


SETTINGS = re.compile(
    r"Get(?:Bucket(?:Policy|PolicyStatus|Website|Tagging|LifecycleConfiguration|Cors|Replication)"
    r"|PublicAccessBlock|BucketOwnershipControls|BucketEncryption|ObjectLockConfiguration)"
)


def test_a_setting_that_is_not_there_is_absent_and_no_problem(answers: list[RecordedAnswer]) -> None:
    missing = [
        each
        for each in answers
        if each.service == "s3"
        and each.status == 404
        and SETTINGS.fullmatch(each.operation)
        and "NoSuchBucket<" not in each.body
    ]
    assert len({each.operation for each in missing}) > 3
    for each in missing:
        require_absent(refusal(each))


def rows(page: Page) -> list[tuple[str, int, str, str]]:
    owners = [page.owners[at].id if at != UNKNOWN_INDEX else "" for at in memoryview(page.owner_index).cast("H")]
    classes = [page.classes[at] if at != UNKNOWN_INDEX else "" for at in memoryview(page.class_index).cast("H")]
    return list(zip(page.names, memoryview(page.sizes).cast("q"), classes, owners, strict=True))


def test_pages_of_objects_are_read_as_botocore_reads_them(answers: list[RecordedAnswer]) -> None:
    pages = of(answers, "ListObjectsV2")
    assert len(pages) > 3
    for each in pages:
        body, said = each.body.encode(), as_botocore(each)
        prefix = said.get("Prefix", "")
        read_as = read_page(body, prefix)
        assert read_as.token == said.get("NextContinuationToken", "")
        assert [prefix + name for name in read_as.page.prefixes] == [
            one["Prefix"] for one in said.get("CommonPrefixes", [])
        ]
        if said.get("EncodingType") != "url":
            wanted = [
                (
                    one["Key"].removeprefix(prefix),
                    one["Size"],
                    one.get("StorageClass", ""),
                    one.get("Owner", {}).get("ID", ""),
                )
                for one in said.get("Contents", [])
            ]
            assert rows(read_as.page) == wanted
            assert read_as.page.etags == [quoted(one["ETag"]) for one in said.get("Contents", [])]


def test_both_readings_of_a_page_agree(answers: list[RecordedAnswer]) -> None:
    found = [(read_usual_page(each.body.encode(), ""), each) for each in of(answers, "ListObjectsV2")]
    assert any(usual for usual, _ in found)
    slowly = "<!-- -->"  # which the plain form does not have
    for usual, each in found:
        if usual:
            body = each.body.replace("</ListBucketResult>", f"{slowly}</ListBucketResult>").encode()
            assert read_fast(body) is None
            assert read_page(body, "") == usual


def test_pages_of_versions_are_read_as_botocore_reads_them(answers: list[RecordedAnswer]) -> None:
    pages = of(answers, "ListObjectVersions")
    assert pages
    for each in pages:
        said, read_as = as_botocore(each), read_versions(each.body.encode(), "")
        wanted = [*said.get("Versions", []), *said.get("DeleteMarkers", [])]
        got = {(one.key, one.version, one.latest, one.marker) for one in read_as.versions}
        markers = {id(one) for one in said.get("DeleteMarkers", [])}
        assert got == {(one["Key"], one["VersionId"], one["IsLatest"], id(one) in markers) for one in wanted}


def test_heads_are_read_as_botocore_reads_them(answers: list[RecordedAnswer]) -> None:
    heads = of(answers, "HeadObject", "GetObject")
    assert len(heads) > 5
    for each in heads:
        said, read_as = as_botocore(each), read_answer(operation_of(each.operation, S3), each.status, each.headers, b"")
        assert read_as is not None
        for known in (said, read_as):
            known.pop("ResponseMetadata"), known.pop("Body", None)
        assert read_as == said


def test_a_head_has_what_its_headers_say(answers: list[RecordedAnswer]) -> None:
    for each in of(answers, "HeadObject"):
        head, headers = read_head(as_botocore(each)), each.headers
        assert (head.size, head.etag) == (int(headers["content-length"]), headers["etag"])
        assert head.tag_count == (int(headers["x-amz-tagging-count"]) if "x-amz-tagging-count" in headers else None)
        assert head.version == headers.get("x-amz-version-id", "")
        assert head.storage_class == headers.get("x-amz-storage-class", "STANDARD")
        restored = 'ongoing-request="false"' in headers.get("x-amz-restore", "")
        assert bool(head.archived) == (head.storage_class in ("GLACIER", "DEEP_ARCHIVE") and not restored)
        sent = {name.removeprefix("x-amz-meta-"): value for name, value in headers.items() if "-meta-" in name}
        assert head.metadata == sent
        assert {one.algorithm.lower() for one in head.checksums} == {
            name.removeprefix("x-amz-checksum-") for name in headers if re.match(r"x-amz-checksum-(?!type)", name)
        }


WRITES = ("PutObject", "CopyObject", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload")


def test_answers_to_writes_are_read_as_botocore_reads_them(answers: list[RecordedAnswer]) -> None:
    """Where they are plain: what is not is left to botocore."""
    read_ourselves = Counter[str]()
    for each in of(answers, *WRITES):
        said = as_botocore(each)
        read_as = read_answer(operation_of(each.operation, S3), each.status, each.headers, each.body.encode())
        if read_as is not None:
            read_ourselves[each.operation] += 1
            del read_as["ResponseMetadata"], said["ResponseMetadata"]
            assert read_as == said
    assert {"PutObject", "UploadPart"} <= read_ourselves.keys()


def test_a_write_has_the_etag_that_was_answered(answers: list[RecordedAnswer]) -> None:
    for each in of(answers, "PutObject", "CopyObject", "CompleteMultipartUpload"):
        said = as_botocore(each)
        stored = read_stored(said, said.get("CopyObjectResult"))
        written = re.search(r"<ETag>(?:&quot;|&#34;|\")?([^<&\"]+)", each.body)
        assert stored.etag.strip('"') == (written[1] if written else each.headers.get("etag", "").strip('"'))
        assert stored.version == each.headers.get("x-amz-version-id", "")


def test_grants_are_read_as_they_stand_there(answers: list[RecordedAnswer]) -> None:
    acls = of(answers, "GetObjectAcl")
    assert acls
    seen: list[Owner] = []
    calls: Any = SimpleNamespace(connection=SimpleNamespace(addresses=SimpleNamespace(see=seen.extend)))
    for each in acls:
        acl = read_acl(calls, as_botocore(each))
        plain = ElementTree.fromstring(re.sub(r'\sxmlns(:\w+)?="[^"]*"|xsi:', "", each.body))
        assert acl.owner.id == plain.findtext("Owner/ID")
        wanted = [
            Grant(Owner((uri or "").rpartition("/")[2]), one.findtext("Permission") or "", is_group=True)
            if (uri := one.findtext("Grantee/URI"))
            else Grant(
                Owner(one.findtext("Grantee/ID") or "", one.findtext("Grantee/DisplayName") or ""),
                one.findtext("Permission") or "",
            )
            for one in plain.findall("AccessControlList/Grant")
        ]
        assert acl.grants == wanted
    assert {owner.id for owner in seen} >= {f"{1:064x}"} or any(len(owner.id) < 64 for owner in seen)
