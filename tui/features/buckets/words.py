"""What the removal of a bucket deletes, in words."""

from __future__ import annotations

from tui.messages.listing_requests import RemovalPlan
from tui.text.format import counted, number, size


def removal_words(plan: RemovalPlan) -> str:
    """``12 objects, 3 noncurrent versions, 1 delete marker (4.00 MiB), 2 incomplete uploads``; or that it is empty."""
    if plan.empty:
        return "the bucket is empty" if plan.complete else "counting…"
    parts = [counted(plan.objects, "object")]
    parts += [counted(plan.noncurrent, "noncurrent version")] if plan.noncurrent else []
    parts += [counted(plan.markers, "delete marker")] if plan.markers else []
    words = f"{', '.join(parts)} ({size(plan.bytes)})"
    words += f", {counted(plan.uploads, 'incomplete upload')}" if plan.uploads else ""
    return words if plan.complete else f"{words} so far"


def removal_steps(plan: RemovalPlan) -> str:
    steps = [f"aborts {counted(plan.uploads, 'upload')}"] if plan.uploads else []
    if plan.deletions:
        both = "version or delete marker" if plan.deletions == 1 else "versions and delete markers"
        steps.append(f"deletes {number(plan.deletions)} {both} for good")
    return ", then ".join([*steps, "deletes the bucket"])
