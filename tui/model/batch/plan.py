"""How a job would be made."""

from __future__ import annotations

from msgspec import Struct

from tui.model.batch.operations import ManifestSource
from tui.model.problem import Problem


class JobPlan(Struct, frozen=True):
    """Where its list of objects is from, and where it is made; `region` empty: the identity's own."""

    source: ManifestSource
    account: str
    region: str
    folder: str
    """URI of the prefix below which manifest and report of a transfer are, each in a folder of its own."""
    missing: list[Problem] = []
    """What is surely missing in the role, or what the identity may not do, each with its remedy."""
    unknown: list[Problem] = []
    """What could not be read of that."""
    notes: list[str] = []
