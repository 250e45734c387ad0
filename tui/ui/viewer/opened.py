"""An object as the viewer has opened it: by one request, whose answer says how it is shown at first."""

from __future__ import annotations

from dataclasses import dataclass

from tui.core.content import FIRST_BYTES, Compression, ContentFacts
from tui.messages.content_requests import BeginContent
from tui.text.content.encodings import Encoding, encoding_of
from tui.text.content.kinds import Kind, inner_name, kind_of
from tui.ui.viewer.readers import Place, RangeReader, Reader, StreamReader


@dataclass(frozen=True, slots=True)
class OpenedContent:
    """What is known of it. `raw` reads its bytes, `inside` those that are inside a compressed one."""

    place: Place
    facts: ContentFacts
    compression: Compression
    kind: Kind
    """Of what is inside."""
    encoding: Encoding
    raw: Reader
    inside: Reader

    @property
    def name(self) -> str:
        """The name that says the language of a text."""
        return inner_name(self.place.location.name)


async def open_content(place: Place) -> OpenedContent:
    """Ask for the first bytes. Raises `ProblemError`."""
    begun = await place.engine.ask(BeginContent(place.connection, place.location, FIRST_BYTES, place.version))
    facts = begun.facts
    raw = RangeReader(place, facts, begun.content)
    first = begun.inside if begun.compression else begun.content
    inside: Reader = StreamReader(place, facts, begun.inside, whole=begun.whole) if begun.compression and first else raw
    compression = begun.compression if inside is not raw else Compression.NONE
    kind = kind_of(place.location.name, facts.content_type, first if inside is not raw else begun.content)
    return OpenedContent(place, facts, compression, kind, encoding_of(first), raw, inside)
