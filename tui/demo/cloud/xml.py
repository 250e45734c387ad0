"""XML as S3 writes and reads it: no parser's normalisation may change a key."""

import re
from collections.abc import Iterable
from typing import Final
from xml.etree import ElementTree

DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
S3_NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"

_SPECIAL: Final = re.compile(r"[&<>\"\x00-\x1f\x7f]")
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def escaped(text: str) -> str:
    """Text for element content. Control characters become references, as S3 sends them in keys."""
    return _SPECIAL.sub(lambda found: _ENTITIES.get(found[0]) or f"&#x{ord(found[0]):x};", text)


def leaf(name: str, value: str | int | bool) -> str:
    """`<name>value</name>`."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escaped(text)}</{name}>"


def node(name: str, *children: str) -> str:
    """`<name>` around children that are XML already."""
    return f"<{name}>{''.join(children)}</{name}>"


def document(name: str, children: Iterable[str]) -> bytes:
    """A whole answer of S3 with its declaration and namespace."""
    return f'{DECLARATION}<{name} xmlns="{S3_NAMESPACE}">{"".join(children)}</{name}>'.encode()


def parsed(body: bytes) -> "Element":
    """Read a request's body. Raises `ValueError` when it is no XML."""
    try:
        return Element(ElementTree.fromstring(body))  # noqa: S314  # on loopback, and expat bounds what entities expand to
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from error


class Element:
    """An element whose children are found by local name, whatever namespace the client wrote."""

    def __init__(self, element: ElementTree.Element) -> None:
        self._element = element

    @property
    def name(self) -> str:
        """Name without the namespace."""
        return self._element.tag.rpartition("}")[2]

    @property
    def text(self) -> str:
        """The text inside, exactly."""
        return self._element.text or ""

    def all(self, name: str) -> list["Element"]:
        """Children of that name."""
        return [child for child in map(Element, self._element) if child.name == name]

    def first(self, name: str) -> "Element | None":
        """The first child of that name."""
        return next(iter(self.all(name)), None)

    def value(self, name: str) -> str:
        """Text of the first child of that name, or the empty string."""
        child = self.first(name)
        return child.text if child is not None else ""
