"""What stands in the editor: nothing that a terminal would act on, and drafts that are documents."""

from __future__ import annotations

import json

import pytest

from tui.changes.checks import stops
from tui.inspection.callers import Caller
from tui.model.change import DocumentKind, DocumentRef
from tui.model.location import Location
from tui.text.changes.templates import HINTS, draft

HOSTILE = {"a\x1b[2J": "b\u202ec\u0007", "emoji": "👩\u200d💻", "byte": "\udcff"}

EDITED = [kind for kind in DocumentKind if kind in HINTS]


def ref(kind: DocumentKind) -> DocumentRef:
    return DocumentRef(kind, Location("media", "a.txt"))


def test_what_a_terminal_would_act_on_is_escaped_and_means_the_same() -> None:
    text = draft(ref(DocumentKind.HEADERS), json.dumps(HOSTILE, ensure_ascii=False))
    assert "\\u001b" in text
    assert not {"\x1b", "\u202e", "\x07", "\u200d", "\udcff"}.intersection(text)
    assert json.loads(text) == HOSTILE


@pytest.mark.parametrize("kind", EDITED, ids=lambda kind: kind.value)
def test_a_hint_fits_into_a_narrow_screen(kind: DocumentKind) -> None:
    assert len(HINTS[kind]) <= 76 * 2  # of two lines


def test_drafts_are_documents() -> None:
    caller = Caller("111111111111", "arn:aws:iam::111111111111:user/alice", "a" * 64)
    for kind in (DocumentKind.VERSIONING, DocumentKind.PUBLIC_ACCESS_BLOCK, DocumentKind.BUCKET_POLICY):
        assert stops(ref(kind), None, draft(ref(kind), None), caller) == []
