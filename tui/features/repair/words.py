"""The plan of a repair in words, for screen and commands."""

from __future__ import annotations

import secrets
import time

from tui.core.facts import Half, ObjectOwnership, OwnerCount, OwnersSeen, RepairPlan, RepairStep
from tui.core.identity import AddressBook, Owner
from tui.link.engine_paths import state_directory
from tui.text.format import counted, number, size
from tui.text.listing_lines import owner_name, short_name

NO_OWNER = "no owner listed"


def title(plan: RepairPlan, book: AddressBook) -> str:
    """What would be done, to how many objects: ``Make media-prod the owner of 1,204 objects (213 GiB)``."""
    amount = f"{counted(plan.objects, 'object')} ({size(plan.bytes)}){'' if plan.complete else '…'}"
    owner = bucket_owner_name(plan.seen, book)
    copies = any(step.ours and step.half is Half.COPY for step in plan.steps)
    return f"Make {owner} the owner of {amount}" if copies else f"Grant {owner} full control of {amount}"


def bucket_owner_name(seen: OwnersSeen, book: AddressBook) -> str:
    return short_name(seen.bucket_owner, book) if seen.bucket_owner else "the bucket owner"


def step_columns(plan: RepairPlan) -> list[tuple[str, str, str]]:
    """Each half: who, what, how many; a half that is not done here says so."""
    who = [f"as {step.who}" if step.ours else f"{step.who}, not from here" for step in plan.steps]
    return [(each, step.what, _amount(step, plan)) for each, step in zip(who, plan.steps, strict=True)]


def _amount(step: RepairStep, plan: RepairPlan) -> str:
    if step.half is Half.GRANT:
        return counted(step.requests, "request")
    parts = f", {number(plan.large)} in parts" if plan.large else ""
    return f"{counted(step.requests, 'copy')}{parts}"


def other_lines(plan: RepairPlan, book: AddressBook) -> list[str]:
    """Versions, skipped objects, owners, Object Ownership, notes."""
    lines = []
    if plan.versioned and plan.objects:
        stays = f"the old versions stay ({size(plan.bytes)}) until a lifecycle rule deletes them"
        lines.append(f"versioned bucket: {stays}")
    if skipped := [f"{number(each.objects)} {each.why}" for each in plan.left_out]:
        lines.append(f"skipped: {', '.join(skipped)}")
    if plan.seen.owners:
        lines.append(f"owners: {', '.join(owner_words(each, plan.seen, book) for each in plan.seen.owners)}")
    if plan.ownership_known:
        setting = plan.ownership.value if plan.ownership else "not set"
        lines.append(f"Object Ownership: {setting}{_later(plan.ownership)}")
    return lines + plan.notes


def _later(ownership: ObjectOwnership | None) -> str:
    match ownership:
        case ObjectOwnership.BUCKET_OWNER_ENFORCED:
            return ""
        case ObjectOwnership.BUCKET_OWNER_PREFERRED:
            return "; the uploader will own later uploads without bucket-owner-full-control"
        case ObjectOwnership.OBJECT_WRITER | None:
            return "; the uploader will own later uploads"


def owner_words(each: OwnerCount, seen: OwnersSeen, book: AddressBook) -> str:
    """``analytics (222222222222) 12 objects (3 KiB)``."""
    mark = ", the bucket owner" if is_bucket_owner(each.owner, seen) else ""
    return f"{name_of(each.owner, book)}{mark}: {counted(each.objects, 'object')} ({size(each.bytes)})"


def name_of(owner: Owner, book: AddressBook) -> str:
    return owner_name(owner, book) if owner.id else NO_OWNER


def is_bucket_owner(owner: Owner, seen: OwnersSeen) -> bool:
    return seen.bucket_owner is not None and owner.id == seen.bucket_owner.id


def commands_elsewhere(plan: RepairPlan) -> list[str]:
    """The shell commands of the halves that this repair does not do."""
    return [line for step in plan.steps if not step.ours for line in commands_of(plan, step.half)]


def commands_of(plan: RepairPlan, half: Half) -> list[str]:
    """The commands of one half, under a comment that says who runs it."""
    step = next((step for step in plan.steps if step.half is half and step.commands), None)
    return [f"# run as {step.who}: {step.what}", *step.commands] if step else []


def rollback_file(receipt: str = "") -> str:
    """An absolute path: beside the receipt if there is one, else a new file in the state directory.

    Raises `ProblemError` where there is no such directory.
    """
    if receipt:
        return f"{receipt}.rollback"
    name = f"rollback-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}.jsonl"
    return str(state_directory() / name)
