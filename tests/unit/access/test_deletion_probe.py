"""The test of a grant to delete: the request that it sends takes the permission to delete and no other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

from tui.access.proof import prove
from tui.model.access.grants import Allow, GrantOrder, ProbeAnswer, Way
from tui.model.location import Location
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.values import ObjectHead


class Deleter:
    """S3 to an identity that may list and delete: an ETag to match is looked at by those alone who may read."""

    honors_delete_condition = True

    @property
    def settings(self) -> Deleter:
        return self

    async def pages(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        for page in cast("tuple[Any, ...]", ()):
            yield page

    async def delete(self, _bucket: str, _key: str, *, matching: ObjectHead) -> str:
        if matching.etag != "*":
            raise _denied()
        raise ProblemError(Problem(ProblemKind.NO_SUCH_KEY, "there is no such key"))

    async def refuse(self, *_: Any, **__: Any) -> Any:
        raise _denied()

    head = create_upload = policy = bucket_acl = refuse


def _denied() -> ProblemError:
    return ProblemError(Problem(ProblemKind.DENIED, "denied"))


async def test_a_deletion_is_tried_on_a_condition_that_takes_no_permission_to_read() -> None:
    order, store = GrantOrder(Way.POLICY, Allow.DELETE, Location("media", "old/"), "a", "b"), cast(Store, Deleter())
    results = [each async for each in prove(order, store, store, 0)]
    (deleted,) = [each for each in results if each.operation == "DeleteObject" and each.location.key.startswith("old/")]
    assert (deleted.answer, deleted.agrees) == (ProbeAnswer.ALLOWED, True)
