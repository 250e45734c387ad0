"""The document of a bucket's Object Ownership: as it is written, and what is none."""

from __future__ import annotations

import pytest

from tui.changes.checks import stops
from tui.changes.documents import DOCUMENTS
from tui.changes.documents.ownership import ownership_document
from tui.inspection.callers import Caller
from tui.model.change import DocumentKind, DocumentRef
from tui.model.facts import ObjectOwnership
from tui.model.identity import AddressBook
from tui.model.location import Location

KIND = DocumentKind.OBJECT_OWNERSHIP
REF = DocumentRef(KIND, Location("media"))


@pytest.mark.parametrize("setting", list(ObjectOwnership))
def test_every_setting_is_a_document_whatever_its_blanks(setting: ObjectOwnership) -> None:
    document = ownership_document(setting)
    spread = document.replace(":", " :\n ")
    assert DOCUMENTS[KIND].settled(spread, None, AddressBook()) == document
    assert stops(REF, None, document, Caller()) == []


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"Rules": []}', '{"Rules": [{"ObjectOwnership": "Anyone"}]}', '{"Rules": [{}]}', "{" * 100],
)
def test_any_other_text_is_stopped_with_the_settings_there_are(text: str) -> None:
    [stop] = stops(REF, None, text, Caller())
    assert all(setting in stop for setting in ObjectOwnership)
    assert DOCUMENTS[KIND].settled(text, None, AddressBook()) == text
