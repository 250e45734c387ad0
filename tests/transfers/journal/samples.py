"""Records as a queue would hand them to the journal."""

from tui.core.identity import Owner
from tui.core.location import Location
from tui.core.orders import ConflictPolicy, CopyOptions, CopyOrder, CopyRoute, Destination, Selection
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import ObjectResult, Outcome, TransferState, VerificationOutcome
from tui.transfers.journal import Journal, PendingDelete, TransferRecord, UploadRecord

ORDER = CopyOrder(
    Selection("left", Location("from", "p/"), prefixes=["p/"]),
    Destination("right", Location("to", "q/")),
    CopyOptions(conflict=ConflictPolicy.NEWER),
)

PROBLEM = Problem(kind=ProblemKind.DENIED, title="may not be read", cause="a policy", request_id="R1", status=403)


def transfer(name: str = "t", position: float = 1.0, ended: float | None = None) -> TransferRecord:
    """A transfer; one with an end is done."""
    state = TransferState.QUEUED if ended is None else TransferState.DONE
    return TransferRecord(id=name, order=ORDER, state=state, position=position, submitted=1.5, ended=ended)


def result(
    key: str, outcome: Outcome = Outcome.COPIED, size: int = 10, name: str = "t", problem: Problem | None = None
) -> ObjectResult:
    """An object's end, with nothing left out."""
    return ObjectResult(
        transfer=name,
        source=f"s3://from/{key}",
        target=f"s3://to/{key}",
        outcome=outcome,
        size=size,
        route=CopyRoute.RELAY,
        verification=VerificationOutcome.SAME,
        evidence="CRC64NVME",
        owner=Owner("id-of-b", "bob"),
        notes=["without tags"],
        problem=problem,
        version="v1",
        etag='"etag"',
        checksum="CRC64NVME:AAAA",
        annotations="2 of 3",
        owner_note="owned by bob",
        owner_inferred=True,
        retries=2,
        began=3.5,
        ended=4.5,
        made="v2",
        marker="v3",
        part_size=8 << 20,
    )


def upload(key: str = "k", name: str = "t") -> UploadRecord:
    return UploadRecord(
        transfer=name,
        section=1,
        source_key=f"p/{key}",
        bucket="to",
        key=f"q/{key}",
        connection="right",
        route=CopyRoute.RELAY,
        etag='"pinned"',
        version="v7",
        size=100,
        part_size=10,
        began=2.5,
    )


def pending_delete(key: str = "a", name: str = "t") -> PendingDelete:
    return PendingDelete(
        section=1, key=key, target=f"q/{key}", etag='"pinned"', modified=1.5, result=result(key, name=name)
    )


def silent(problem: Problem) -> None:
    """For tests in which there is nothing to report."""
    raise AssertionError(f"reported: {problem.sentence()}")


async def results(
    journal: Journal, name: str = "t", *, failed: bool = False, latest: int | None = None
) -> list[ObjectResult]:
    return [each async for each in journal.results.of(name, failed=failed, latest=latest)]
