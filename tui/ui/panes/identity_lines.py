"""An identity as text: in one line for the strip, whatever its width, and in full. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from textual.content import Content

from tui.core.identity import IN_CLEAR, EndpointSource, Identity
from tui.kit.lines import BAD, MUTED, STRONG, WARNING, outside
from tui.kit.need_dialogs import need_words
from tui.text import format as fmt

EXPIRES_SOON = 600.0
"""Seconds left at which credentials are shown as running out."""

CUT_HOST = 17
"""Cells of an endpoint for which there is little room: the port, or the end of its domain, stays visible."""

LABELS = 11
"""Cells of the names at the left of the full form."""

READ_ONLY = f"{WARNING} reverse"
DOT = Content.styled(" · ", MUTED)


def identity_lines(identity: Identity, now: float, account: str = "", *, locked: bool = False) -> list[Content]:
    """The line in ever shorter forms. `account` is what the settings call its account; `locked`: read-only here."""
    mark = locked or bool(identity.read_only)
    if identity.spec.local:
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
    numbered = " ".join(part for part in (identity.account, account) if part)
    return [
        DOT.join(_present(wide, *detailed, region, endpoint + source)),
        DOT.join(_present(wide, *plain, region, endpoint + source)),
        DOT.join(_present(wide, *plain, region, endpoint)),
        DOT.join(_present(wide, *plain, region, cut)),
        DOT.join(_present(wide, *plain, region)),
        *(
            Content(" ").join(_present(narrow, *_narrow_line(identity, now, name, "e: renew"), *places))
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
        Content(" ").join(_present(narrow, *_narrow_line(identity, now, "", "e"))),
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
    return [problem, Content.assemble(label, (" ▸ ", MUTED), who), _remaining(identity, now, "e: renew")]


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
    """How long the credentials last; `hint` names the key to press when they have expired."""
    if identity.expires is None:
        return Content("")
    left = identity.expires - now
    if left <= 0:
        return Content.styled(f"expired  {hint}", BAD)
    return Content.styled(fmt.duration(left), WARNING if left <= EXPIRES_SOON else "")


def _host(identity: Identity) -> str:
    """Host and port of a configured endpoint; the default one adds nothing to the region."""
    if identity.endpoint_source is EndpointSource.RULES or not identity.endpoint:
        return ""
    host = urlsplit(identity.endpoint).netloc or identity.endpoint
    return f"http://{host}" if identity.in_clear else host


def identity_facts(
    identity: Identity, now: float, account: str = "", *, locked: bool = False
) -> list[tuple[str, Content]]:
    """All that is known of it, with its name; see `identity_lines`."""
    endpoint = identity.endpoint
    if endpoint and not identity.spec.local:
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
        ("read-only", "set with W for this pane" if locked else identity.read_only),
    )
    shown = [(name, outside(text)) for name, text in facts if text]
    if problem := identity.problem:
        shown.append(("problem", outside(problem.title, BAD)))
        shown += [("", outside(text)) for text in (problem.cause, problem.remedy) if text]
    return shown


def fact_line(name: str, value: Content) -> Content:
    """One of them in one line."""
    return Content.assemble((f"{name:<{LABELS}}", MUTED), value)


def _unknown(identity: Identity) -> str:
    return "" if identity.spec.local or identity.spec.anonymous else "unknown"


def _time_left(identity: Identity, now: float) -> str:
    if identity.expires is None:
        return "" if identity.spec.local or identity.spec.anonymous else "no known expiry"
    left = identity.expires - now
    if left <= 0:
        return "expired"
    return fmt.duration(left)


def can_renew(identity: Identity) -> bool:
    """Whether its credentials end, or need something of the user."""
    return identity.expires is not None or bool(identity.problem and need_words(identity.problem))


def renew_words(identity: Identity) -> str:
    """What renewing them means here: ``Sign in``, ``Enter the code``, else ``Renew``."""
    return (need_words(identity.problem).capitalize() if identity.problem else "") or "Renew"


def renewal(identity: Identity) -> str:
    """How credentials that end are renewed: what the user can do, in a sentence."""
    if identity.problem and not need_words(identity.problem) and identity.problem.remedy:
        return identity.problem.remedy
    return f"e, then r: {renew_words(identity).lower()}"
