"""How a request is evaluated, as lines of text: the cause, the remedy, then each layer with verdict, reason, source."""

from __future__ import annotations

from textual.content import Content

from tui.core.facts import Verdict
from tui.core.policy import Evaluation, Layer, LayerVerdict
from tui.ui.kit.lines import hanging
from tui.ui.kit.tones import ACCENT, BAD, GOOD, MUTED, STRONG, WARNING, outside

SIGNS = {
    LayerVerdict.ALLOWS: ("✓", GOOD),
    LayerVerdict.DENIES: ("✗", BAD),
    LayerVerdict.DOES_NOT_ALLOW: ("✗", WARNING),
    LayerVerdict.NOT_APPLICABLE: ("·", MUTED),
    LayerVerdict.NOT_SEEN: ("?", ACCENT),
    LayerVerdict.NOT_KNOWN: ("?", WARNING),
}
_TONES = {Verdict.ALLOWED: ("✓", GOOD), Verdict.DENIED: ("✗", BAD), Verdict.UNKNOWN: ("?", WARNING)}
_NAMES = 30
"""Cells of sign and name of a layer; the longest is the public access block of an account."""
_BESIDE = 68
"""From this width on a layer's verdict stands beside its name."""


def evaluation_lines(found: Evaluation, width: int) -> list[Content]:
    """All of it, in lines of at most `width` cells."""
    lines = _cause_lines(found, width)
    for layer in found.layers:
        lines += _layer_lines(layer, width)
    if found.notes:
        lines.append(Content(""))
    for note in found.notes:
        lines += hanging(Content.styled("·", ACCENT), [outside(note)], 2, width)
    return lines


def _cause_lines(found: Evaluation, width: int) -> list[Content]:
    sign, tone = _TONES[found.verdict]
    sentence = found.cause.words if found.cause else f"{found.identity} is allowed to do {found.action}."
    lines = hanging(Content.styled(sign, tone), [outside(sentence, STRONG)], 2, width)
    numbered = len(found.remedies) > 1
    for number, remedy in enumerate(found.remedies, 1):
        label = Content.assemble(("  ▸ ", tone), (f"{number}. " if numbered else "", MUTED))
        lines += hanging(label, [outside(remedy.sentence)], label.cell_length, width)
    return [*lines, Content("")]


def _layer_lines(layer: Layer, width: int) -> list[Content]:
    sign, tone = SIGNS[layer.verdict]
    name = Content.assemble((f"{sign} ", tone), layer.kind.value)
    source = " as ".join(filter(None, (layer.operation, layer.identity)))
    texts = [Content.assemble((layer.verdict.value, tone), ": ", outside(layer.why))]
    if source:
        texts.append(outside(source, MUTED))
    if width < _BESIDE:
        return hanging(name, [Content("")], width, width)[:1] + hanging(Content(""), texts, 2, width)
    return hanging(name, texts, _NAMES, width)
