"""Why a report cannot be used."""

from __future__ import annotations

from tui.core.location import Location
from tui.core.problem import Problem, ProblemError, ProblemKind


def unusable(location: Location, cause: str, remedy: str = "") -> ProblemError:
    """A report that does not say what is needed."""
    return ProblemError(
        Problem(
            kind=ProblemKind.INVALID,
            title=f"the inventory report {location.uri} cannot be used",
            cause=cause,
            remedy=remedy or "use another report, or a listing",
            resource=location.uri,
        )
    )


def damaged(report: Location, key: str, cause: str) -> ProblemError:
    """A file of a report that is not what the manifest says."""
    return ProblemError(
        Problem(
            kind=ProblemKind.MISMATCH,
            title=f"a file of the inventory report {report.uri} is damaged",
            cause=f"{key}: {cause}",
            remedy="use another report",
            resource=report.uri,
        )
    )
