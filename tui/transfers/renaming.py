"""Finding a name that is free at the target."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tui.model.location import MAX_KEY_BYTES
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.transfers.existing import Existing
from tui.transfers.names import renamed

MAX_NUMBER = 1000
"""So many names are tried: ``name (1)`` to ``name (1000)``."""


async def free_name(
    key: str, look: Callable[[str], Awaitable[Existing]], taken: set[str], most: int = MAX_KEY_BYTES
) -> str:
    """The first of ``name (1)``, ``name (2)``, … that is neither at the target nor in `taken`; it is added to them.

    `most` is how many bytes a key may have. Raises `ProblemError` if it cannot be seen what is at the target, or no
    name is free.
    """
    for number in range(1, MAX_NUMBER + 1):
        candidate = renamed(key, number, most)
        if candidate in taken:
            continue
        taken.add(candidate)  # before looking: another object of the transfer may look for a name at the same time
        try:
            found = await look(candidate)
        except BaseException:
            taken.discard(candidate)
            raise
        if found.unseen:
            taken.discard(candidate)
            raise ProblemError(cannot_see(found.unseen))
        if found.head is None:
            return candidate
        taken.discard(candidate)
    raise ProblemError(
        Problem(
            kind=ProblemKind.INVALID,
            title="no free name was found",
            cause=f"{MAX_NUMBER:,} copies of that name exist",
            remedy="copy to another prefix",
            resource=key,
        )
    )


def cannot_see(unseen: Problem) -> Problem:
    """The problem of an object that is not copied because it might replace one that nobody here can see."""
    return Problem(
        kind=ProblemKind.DENIED,
        title="cannot see whether it exists at the target",
        cause=unseen.sentence(),
        remedy="grant s3:ListBucket and s3:GetObject on the target, or choose overwrite",
        operation=unseen.operation,
        resource=unseen.resource,
        identity=unseen.identity,
        permission=unseen.permission or "s3:ListBucket",
        request_id=unseen.request_id,
        status=unseen.status,
        code=unseen.code,
    )
