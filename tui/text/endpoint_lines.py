"""The endpoint of requests and their path as lines of text. Pure."""

from __future__ import annotations

from tui.model.facts import EffectiveEndpoint
from tui.model.network import Certainty, NetworkPath
from tui.text.spans import Line, Tone, outside

CERTAINTY_TONES = {
    Certainty.CERTAIN: Tone.GOOD,
    Certainty.INFERRED: Tone.WARNING,
    Certainty.UNKNOWN: Tone.WARNING,
}


def way_lines(value: EffectiveEndpoint | NetworkPath) -> list[Line]:
    """One of the two facts on the way of requests."""
    return endpoint_lines(value) if isinstance(value, EffectiveEndpoint) else path_lines(value)


def endpoint_lines(endpoint: EffectiveEndpoint) -> list[Line]:
    """URL, address and why; then how requests go there."""
    address = f" → {endpoint.address}" if endpoint.address else " → not connected yet"
    source = f" · from {endpoint.source.value}"
    words = " · ".join([endpoint.reach.value, *_details(endpoint)])
    return [
        [outside(endpoint.url), outside(address, Tone.STRONG), (source, Tone.MUTED)],
        [outside(words, Tone.MUTED)],
    ]


def _details(endpoint: EffectiveEndpoint) -> list[str]:
    signed = f"signed for {endpoint.signing_region}"
    if endpoint.signing_name not in ("", "s3"):
        signed += f" as {endpoint.signing_name}"
    found = [signed, endpoint.addressing.value if endpoint.addressing else "", *endpoint.options]
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
