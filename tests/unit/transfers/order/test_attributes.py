"""What is left out after a refusal: as little as possible, and nothing that has not to do with it."""

import pytest
from msgspec.structs import replace

from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.values import ObjectAttributes
from tui.transfers.order.attributes import Learned, left_out, weaker, write_degrading
from tui.transfers.order.ownership import BUCKET_OWNER_FULL_CONTROL

ALL = ObjectAttributes(tags=[("a", "b")], storage_class="STANDARD_IA", acl=BUCKET_OWNER_FULL_CONTROL)


def refusal(kind: ProblemKind = ProblemKind.DENIED, code: str = "AccessDenied", status: int = 403) -> Problem:
    return Problem(kind=kind, title="refused", code=code, status=status)


class Target:
    """Takes a write only without some attributes."""

    def __init__(self, *, tags: bool = True, acl: bool | None = True, storage_class: bool = True) -> None:
        self._tags, self._acl, self._class = tags, acl, storage_class
        self.asked: list[ObjectAttributes] = []

    async def write(self, wanted: ObjectAttributes) -> str:
        self.asked.append(wanted)
        if wanted.storage_class and not self._class:
            raise ProblemError(refusal(ProblemKind.UNSUPPORTED, "InvalidStorageClass", 400))
        if wanted.acl and self._acl is None:
            raise ProblemError(refusal(ProblemKind.INVALID, "AccessControlListNotSupported", 400))
        if (wanted.tags and not self._tags) or (wanted.acl and not self._acl):
            raise ProblemError(refusal())
        return "etag"


@pytest.mark.parametrize(
    ("target", "notes"),
    [
        (Target(), []),
        (Target(tags=False), ["without tags"]),
        (Target(acl=False), ["without ACL"]),
        (Target(acl=None), ["without ACL"]),
        (Target(storage_class=False), ["in the default storage class"]),
        (Target(tags=False, acl=False), ["without tags", "without ACL"]),
        (Target(acl=None, storage_class=False), ["without ACL", "in the default storage class"]),
    ],
)
async def test_only_what_is_refused_is_left_out(target: Target, notes: list[str]) -> None:
    etag, sent = await write_degrading(ALL, target.write, Learned(), foreign=True)
    assert etag == "etag"
    assert [note.split(":")[0] for note in left_out(ALL, sent)] == notes


async def test_what_was_learned_is_not_tried_again_but_tags_are() -> None:
    learned = Learned()
    await write_degrading(ALL, Target(acl=None).write, learned, foreign=True)
    again = Target(acl=None)
    _, sent = await write_degrading(ALL, again.write, learned, foreign=True)
    assert len(again.asked) == 1
    assert (sent.acl, sent.tags) == ("", ALL.tags)
    await write_degrading(ALL, Target(tags=False).write, learned, foreign=True)
    _, sent = await write_degrading(ALL, Target().write, learned, foreign=True)
    assert sent.tags == ALL.tags


async def test_the_first_refusal_is_raised_when_nothing_helps() -> None:
    async def never(_: ObjectAttributes) -> str:
        raise ProblemError(refusal())

    with pytest.raises(ProblemError) as caught:
        await write_degrading(ALL, never, Learned(), foreign=True)
    assert caught.value.problem.kind is ProblemKind.DENIED


async def test_an_acl_that_is_demanded_is_sent_to_foreign_buckets_only() -> None:
    async def demands(wanted: ObjectAttributes) -> str:
        if wanted.acl != BUCKET_OWNER_FULL_CONTROL:
            raise ProblemError(refusal())
        return "etag"

    plain = ObjectAttributes()
    learned = Learned()
    _, sent = await write_degrading(plain, demands, learned, foreign=True)
    assert left_out(plain, sent)[0].startswith("with ACL")
    assert learned.accepted(plain).acl == BUCKET_OWNER_FULL_CONTROL
    with pytest.raises(ProblemError) as caught:
        await write_degrading(plain, demands, Learned(), foreign=False)
    assert caught.value.problem == refusal()


@pytest.mark.parametrize(
    "other",
    [
        refusal(ProblemKind.SERVER, "InternalError", 500),
        refusal(ProblemKind.EXPIRED, "ExpiredToken", 400),
        refusal(ProblemKind.CHANGED, "PreconditionFailed", 412),
        refusal(ProblemKind.NO_SUCH_BUCKET, "NoSuchBucket", 404),
    ],
)
def test_other_refusals_are_not_about_attributes(other: Problem) -> None:
    assert weaker(ALL, other, foreign=True) == []


def test_a_permission_that_is_named_is_left_out_first() -> None:
    named = Problem(kind=ProblemKind.DENIED, title="", permission="s3:PutObjectAcl")
    first, *_ = weaker(ALL, named, foreign=True)
    assert (first.acl, first.tags) == ("", ALL.tags)
    assert weaker(ObjectAttributes(), refusal(), foreign=False) == []


NAMED = Problem(kind=ProblemKind.DENIED, title="refused", permission="s3:GetObjectAnnotation", status=403)


def test_annotations_are_left_out_first_where_the_denial_names_them_or_may_be_about_them() -> None:
    none = replace(ALL, annotations=False)
    assert weaker(ALL, NAMED, foreign=False)[0] == none
    assert weaker(ALL, refusal(), foreign=False, annotated=True)[0] == none
    assert none not in weaker(ALL, refusal(), foreign=False)
    assert weaker(none, NAMED, foreign=False)[0] != none


def test_a_denial_that_names_nothing_costs_two_more_requests_for_annotations() -> None:
    for foreign in (False, True):
        plain = weaker(ALL, refusal(), foreign=foreign)
        assert len(weaker(ALL, refusal(), foreign=foreign, annotated=True)) == len(plain) + 2


def test_a_directory_bucket_refuses_annotations_with_501() -> None:
    unsupported = refusal(ProblemKind.UNSUPPORTED, "NotImplemented", 501)
    wanted = ObjectAttributes()
    assert weaker(wanted, unsupported, foreign=False, annotated=True) == [replace(wanted, annotations=False)]
