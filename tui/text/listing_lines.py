"""Searches, owners, versions and identities that were asked for, in words."""

from __future__ import annotations

from tui.core.identity import AddressBook, AuthMethod, IdentitySpec, Owner, RoleSpec
from tui.core.searching import GLOB_CHARACTERS, Criteria, FindProgress, InventoryReport, RegexError, compile_regex
from tui.core.versions import ObjectVersion
from tui.text.format import counted, number, time_exact, visible
from tui.text.typed import TypedError


def label_of(spec: IdentitySpec) -> str:
    """A short name: ``media-prod``, ``deploy of media-prod``, ``AKIA…``."""
    if spec.name:
        return spec.name
    base = base_label(spec)
    return f"{role_name(spec.roles[-1])} of {base}" if spec.roles else base


def base_label(spec: IdentitySpec) -> str:
    if spec.anonymous:
        return AuthMethod.ANONYMOUS.value
    return spec.kind.label or spec.access_key or spec.profile or "default chain"


def method_of(spec: IdentitySpec) -> str:
    """How its credentials are obtained, if that is known; empty for a profile."""
    if spec.kind.method:
        return spec.kind.method
    if spec.roles:
        return AuthMethod.ROLE.value
    if spec.anonymous:
        return AuthMethod.ANONYMOUS.value
    if spec.access_key:
        return "typed keys"
    return "profile" if spec.profile else "default credential chain"


def hangs_on(spec: IdentitySpec) -> str:
    """What the method uses: the roles and their source, the access key, the profile."""
    steps = [f"{role.arn}{' with MFA' if role.mfa_serial else ''}" for role in reversed(spec.roles)]
    base = base_label(spec) if steps or (spec.name and spec.kind.has_accounts and not spec.anonymous) else ""
    return " from ".join([*steps, base] if base else steps)


def role_name(role: RoleSpec) -> str:
    return role.arn.rsplit("/", 1)[-1]


def in_words(spec: IdentitySpec) -> str:
    """An identity in full: ``admin · role/deploy in 111111111111 · eu-west-1``. It may contain control characters."""
    parts = (label_of(spec), method_of(spec), hangs_on(spec), spec.region, spec.endpoint)
    return " · ".join(dict.fromkeys(part for part in parts if part))


def named(text: str) -> Criteria:
    """The criteria of a typed name: a glob, or part of the name."""
    typed = text.strip()
    if not typed:
        return Criteria()
    return Criteria(contains=typed) if GLOB_CHARACTERS.isdisjoint(typed) else Criteria(names=[typed])


def regular(text: str) -> str:
    """`text`, if it is a regular expression; raise `TypedError`."""
    if text:
        try:
            compile_regex(text)
        except RegexError as error:
            raise TypedError(str(error)) from None
    return text


def tag(text: str) -> tuple[str, str]:
    """Key and value of ``key=value``; a key alone means any value; raise `TypedError`."""
    key, equals, value = text.strip().partition("=")
    if not key:
        raise TypedError(f"{text!r} is not a tag: write key=value, or key for any value")
    return key, value if equals else "*"


def words(text: str) -> list[str]:
    """The words between commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def progress_line(progress: FindProgress) -> str:
    """The progress of a search: ``3 found · 200,000 keys, 41,000/s``."""
    parts = [f"{number(progress.found)} found", counted(progress.looked_at, "key")]
    if progress.seconds >= 1 and progress.looked_at:
        parts[-1] += f", {number(int(progress.rate))}/s"
    if progress.tag_requests:
        parts.append(f"{number(progress.tags_read)} of {number(progress.tag_requests)} GetObjectTagging requests")
    if progress.unreadable:
        parts.append(f"tags of {counted(progress.unreadable, 'object')} not readable")
    return " · ".join(parts)


def report_line(report: InventoryReport) -> str:
    """The inventory report that is read: its date and scope."""
    made = f"of {time_exact(report.created)}" if report.created else "of unknown date"
    return f"inventory report {made} ({report.file_format}) on {report.scope or 'the whole bucket'}: {report.manifest}"


def short_name(owner: Owner, book: AddressBook) -> str:
    """The label of an account, else another name."""
    entry = book.entries.get(owner.id)
    return visible(entry.label) if entry and entry.label else owner_name(owner, book)


def owner_name(owner: Owner, book: AddressBook) -> str:
    """The account's label with its number, else the server's name, else the id, cut if it is long."""
    entry = book.entries.get(owner.id)
    if entry and entry.label:
        return visible(f"{entry.label} ({entry.account})" if entry.account else entry.label)
    if entry and entry.account:
        return visible(entry.account)
    return visible(owner.name or book.name(owner.id))


SHORT_ID = 8


def version_name(version: ObjectVersion) -> str:
    """A version in a row: ``WjB9ro9V noncurrent``."""
    return f"{version.version[:SHORT_ID]} {state_word(version)}"


def state_word(version: ObjectVersion) -> str:
    if version.marker:
        return "deleted" if version.latest else "delete marker"
    return "current" if version.latest else "noncurrent"
