"""The endpoint of requests and their path as lines of text. Pure."""

from __future__ import annotations

from tui.core.network import Certainty, EffectiveEndpoint, NetworkPath
from tui.text.spans import Line, Tone, outside

CERTAINTY_TONES = {
    Certainty.CERTAIN: Tone.GOOD,
    Certainty.INFERRED: Tone.WARNING,
    Certainty.UNKNOWN: Tone.WARNING,
}


def endpoint_lines(endpoint: EffectiveEndpoint) -> list[Line]:
    """URL and address; then why, and how requests go there."""
    address = f" → {endpoint.address}" if endpoint.address else " → not connected yet"
    words = " · ".join([endpoint.reach.value, *_details(endpoint)])
    return [[outside(endpoint.url), outside(address, Tone.STRONG)], [outside(words, Tone.MUTED)]]


def _details(endpoint: EffectiveEndpoint) -> list[str]:
    signed = f"signed for {endpoint.signing_region}"
    if endpoint.signing_name not in ("", "s3"):
        signed += f" as {endpoint.signing_name}"
    source = f"from {endpoint.source.value}"
    found = [signed, source, endpoint.addressing.value if endpoint.addressing else "", *endpoint.options]
    if endpoint.proxy:
        found.append(f"by the proxy {endpoint.proxy}")
    if endpoint.tls:
        found.append(f"{endpoint.tls}, certificate {endpoint.certificate or 'not verified'}")
    return [each for each in found if each]


def path_lines(path: NetworkPath) -> list[Line]:
    """What requests pass and how sure that is; then why."""
    first: Line = [(path.kind.value, Tone.PLAIN)]
    if path.endpoint:
        first.append(outside(f" {path.endpoint}", Tone.STRONG))
    if path.certainty.value != path.kind.value:
        first.append((f" · {path.certainty.value}", CERTAINTY_TONES[path.certainty]))
    return [first, [outside(path.why, Tone.MUTED)]]


def path_words(path: NetworkPath) -> str:
    """What requests pass, in a few words."""
    words = f"{path.kind.value} {path.endpoint}".strip()
    return words if path.certainty is Certainty.CERTAIN else f"{words} ({path.certainty.value})"
