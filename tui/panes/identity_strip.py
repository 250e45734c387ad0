"""A pane's identity in one line: label, account, principal, method, how long it lasts, endpoint."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from msgspec import structs
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

from tui.core.identity import IN_CLEAR, EndpointSource, Identity
from tui.kit.commands import key_of
from tui.kit.lines import BAD, MUTED, STRONG, WARNING, outside
from tui.kit.need_dialogs import need_words
from tui.kit.timers import once
from tui.panes.news import Lifetime
from tui.settings import AccountSettings
from tui.text import format as fmt

MINUTE = 60.0


class IdentityStrip(Widget):
    """One line. It says what is not known; the tooltip has everything."""

    ALLOW_SELECT = False
    identity: reactive[Identity | None] = reactive(None)
    """None until one was chosen."""
    waiting: reactive[bool] = reactive(False)
    names: reactive[dict[str, str]] = reactive(dict)
    """The user's names of accounts, by account number."""
    locked: reactive[bool] = reactive(False)

    @dataclass
    class LifetimeChanged(Message):
        """The credentials will end soon, have ended, or were renewed after that."""

        lifetime: Lifetime

    class Opened(Message):
        """The strip was clicked, to see everything."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self.accounts: dict[str, AccountSettings] = {}
        self._clock = clock
        self._lifetime = Lifetime.LASTING
        self._timer: Timer | None = None

    @property
    def account(self) -> AccountSettings:
        """The settings of the identity's account; without a label, the user's own name for it."""
        number = self.identity.account if self.identity else ""
        found = self.accounts.get(number, AccountSettings())
        return found if found.label else structs.replace(found, label=self.names.get(number, ""))

    def render(self) -> Content:
        if self.identity is None:
            return Content("connecting…" if self.waiting else f"no identity   {key_of('accounts')}: choose one")
        width = self.content_size.width
        lines = identity_lines(self.identity, self._clock(), self.account.label, locked=self.locked)
        return next((line for line in lines if line.cell_length <= width), lines[-1])

    def on_click(self) -> None:
        self.post_message(self.Opened())

    def _count_down(self) -> None:
        """Show the time left, now and whenever its text changes."""
        if self._timer:
            self._timer.stop()
        expires = self.identity.expires if self.identity else None
        left = None if expires is None else expires - self._clock()
        lifetime = lifetime_of(left)
        if lifetime is not self._lifetime:
            self._lifetime = lifetime
            self.post_message(self.LifetimeChanged(lifetime))
        self.refresh()
        self.tooltip = self._in_full()
        if left is not None and left > 0 and self.is_attached:
            self._timer = once(self, 1.0 if left <= MINUTE else left % MINUTE + 0.5, self._count_down)

    watch_identity = watch_names = watch_locked = _count_down

    def _in_full(self) -> Content | None:
        if self.identity is None:
            return None
        facts = identity_facts(self.identity, self._clock(), self.account.label, locked=self.locked)
        return Content("\n").join(fact_line(name, value) for name, value in facts)


def lifetime_of(left: float | None) -> Lifetime:
    """The state of credentials with so many seconds left; None: they do not expire."""
    if left is None or left > EXPIRES_SOON:
        return Lifetime.LASTING
    return Lifetime.ENDING if left > 0 else Lifetime.ENDED


EXPIRES_SOON = 600.0
"""Seconds before expiry at which the warning begins."""

CUT_HOST = 17
"""Cells of a shortened endpoint: the port, or the end of its domain, stays visible."""

LABELS = 11

READ_ONLY = f"{WARNING} reverse"
DOT = Content.styled(" · ", MUTED)


def identity_lines(identity: Identity, now: float, account: str = "", *, locked: bool = False) -> list[Content]:
    """Ever shorter forms of the line. `account` is the account's label in the settings; `locked`: read-only here."""
    mark = locked or bool(identity.read_only)
    if not identity.spec.kind.has_accounts:
        label = outside(identity.label, STRONG)
        return [
            DOT.join(_present(_read_only("read-only" if mark else ""), label, outside(identity.endpoint, MUTED))),
            Content(" ").join(_present(_read_only("ro" if mark else ""), label)),
        ]
    region = outside(identity.region, MUTED)
    host = _host(identity)
    source = outside(f" from {identity.endpoint_source.value}" if host else "", MUTED)
    tone = WARNING if identity.in_clear else MUTED
    endpoint, cut = outside(host, tone), outside(fmt.cut_middle(fmt.visible(host), CUT_HOST), tone)
    wide, narrow = _read_only(" read-only " if mark else ""), _read_only("ro" if mark else "")
    detailed = _wide_line(identity, now, account, f" ({identity.detail})" if identity.detail else "")
    plain = _wide_line(identity, now, account, "")
    renew = f"{key_of('explain')}: renew"
    numbered = " ".join(part for part in (identity.account, account) if part)
    return [
        DOT.join(_present(wide, *detailed, region, endpoint + source)),
        DOT.join(_present(wide, *plain, region, endpoint + source)),
        DOT.join(_present(wide, *plain, region, endpoint)),
        DOT.join(_present(wide, *plain, region, cut)),
        DOT.join(_present(wide, *plain, region)),
        *(
            Content(" ").join(_present(narrow, *_narrow_line(identity, now, name, renew), *places))
            for name, *places in (
                (numbered, region, endpoint),
                (numbered, region, cut),
                (numbered, region),
                (account, region, endpoint),
                (account, region, cut),
                (account, region),
                (account,),
                ("", region),
                ("",),
            )
        ),
        Content(" ").join(_present(narrow, *_narrow_line(identity, now, "", key_of("explain")))),
    ]


def _present(*parts: Content) -> list[Content]:
    return [part for part in parts if part]


def _read_only(words: str) -> Content:
    return Content.styled(words, READ_ONLY) if words else Content("")


def _wide_line(identity: Identity, now: float, account: str, detail: str) -> list[Content]:
    """``media-prod 111111111111 Production ▸ role/deploy via sso (corp)``, ``41 min``."""
    names = (outside(identity.label, STRONG), outside(identity.account), outside(account, STRONG))
    label = Content(" ").join(part for part in names if part)
    via = outside(f" via {identity.method}{detail}", MUTED)
    who = Content.assemble(outside(identity.principal or "identity unknown"), via)
    problem = outside(f"✗ {identity.problem.title}", BAD) if identity.problem else Content("")
    return [
        problem,
        Content.assemble(label, (" ▸ ", MUTED), who),
        _remaining(identity, now, f"{key_of('explain')}: renew"),
    ]


def _narrow_line(identity: Identity, now: float, account: str, hint: str) -> list[Content]:
    """``media-prod Production ▸deploy``, ``41 min``. `account` is its number, what it is called, both or neither."""
    principal = identity.principal.rsplit("/", 1)[-1] or "?"
    return [
        Content.styled("✗", BAD) if identity.problem else Content(""),
        outside(identity.label, STRONG),
        outside(account),
        Content.assemble(("▸", MUTED), outside(principal)),
        _remaining(identity, now, hint),
    ]


def _remaining(identity: Identity, now: float, hint: str) -> Content:
    """The time left; `hint` names the key once the credentials have expired."""
    if identity.expires is None:
        return Content("")
    left = identity.expires - now
    if left <= 0:
        return Content.styled(f"expired  {hint}", BAD)
    return Content.styled(fmt.duration(left), WARNING if left <= EXPIRES_SOON else "")


def _host(identity: Identity) -> str:
    """Host and port of a configured endpoint; empty for the default one."""
    if identity.endpoint_source is EndpointSource.RULES or not identity.endpoint:
        return ""
    host = urlsplit(identity.endpoint).netloc or identity.endpoint
    return f"http://{host}" if identity.in_clear else host


def identity_facts(
    identity: Identity, now: float, account: str = "", *, locked: bool = False
) -> list[tuple[str, Content]]:
    """All that is known of it, with labels; see `identity_lines`."""
    endpoint = identity.endpoint
    if endpoint and identity.spec.kind.has_accounts:
        endpoint = f"{endpoint}, from {identity.endpoint_source.value}"
    facts = (
        ("identity", identity.label),
        ("account", " ".join(part for part in (identity.account, account) if part) or _unknown(identity)),
        ("ARN", identity.arn or _unknown(identity)),
        ("id", identity.canonical_id),
        ("obtained", " · ".join(part for part in (identity.method.value, identity.detail) if part)),
        ("time left", _time_left(identity, now)),
        ("region", identity.region),
        ("endpoint", endpoint),
        ("", IN_CLEAR if identity.in_clear else ""),
        ("read-only", f"set with {key_of('read_only')} for this pane" if locked else identity.read_only),
    )
    shown = [(name, outside(text)) for name, text in facts if text]
    if problem := identity.problem:
        shown.append(("problem", outside(problem.title, BAD)))
        shown += [("", outside(text)) for text in (problem.cause, problem.remedy) if text]
    return shown


def fact_line(name: str, value: Content) -> Content:
    return Content.assemble((f"{name:<{LABELS}}", MUTED), value)


def _unknown(identity: Identity) -> str:
    return "unknown" if identity.spec.kind.has_accounts and not identity.spec.anonymous else ""


def _time_left(identity: Identity, now: float) -> str:
    if identity.expires is None:
        return "no known expiry" if identity.spec.kind.has_accounts and not identity.spec.anonymous else ""
    left = identity.expires - now
    return fmt.duration(left) if left > 0 else "expired"


def can_renew(identity: Identity) -> bool:
    """Whether its credentials expire, or need something of the user."""
    return identity.expires is not None or bool(identity.problem and need_words(identity.problem))


def renew_words(identity: Identity) -> str:
    """The label of the renewal: ``Sign in``, ``Enter the code``, else ``Renew``."""
    return (need_words(identity.problem).capitalize() if identity.problem else "") or "Renew"


def renewal(identity: Identity) -> str:
    """How the user renews expiring credentials, in a sentence."""
    if identity.problem and not need_words(identity.problem) and identity.problem.remedy:
        return identity.problem.remedy
    return f"{key_of('explain')}, then enter: {renew_words(identity).lower()}"
