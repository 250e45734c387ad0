"""Values of any type of ours, with a hostile text wherever a text is; and an engine that answers with them."""

import asyncio
import dataclasses
import json
import random
import types
import typing
from collections.abc import AsyncGenerator, Callable, Mapping, MutableMapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Literal, TypeVar, Union

import msgspec
from textual.content import Content
from textual.screen import Screen

from tui.core.changes import DocumentKind
from tui.core.identity import IdentitySpec
from tui.core.price_table import LIST_PRICES, PriceTable
from tui.kit.command_base import Command
from tui.kit.commands import COMMANDS
from tui.link.request import Feed, Request
from tui.link.session import EngineAccess
from tui.saved.bookmarks import Bookmark, Bookmarks

A = TypeVar("A")

NUMBER = 7

PLAIN = {
    "engine": "local",
    "address": "https://s3.example:9000",
    "endpoint": "https://s3.example:9000",
    "current": "textual-dark",
    "dask": "dask://127.0.0.1:8786",
    "url": "https://login.example/",
    "complete_url": "https://login.example/?code=ABCD",
    "code": "ABCD-EFGH",
    "yes": "Delete",
}
"""Fields that only we write, or that were read as what they are before they came to a screen."""


class Everything(dict[str, str]):
    """Has one text by every name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def get(self, _name: str, _without: Any = None) -> Any:
        return self._text


class Maker:
    """Makes values; which member of a union or an enum, and whether something is true, is drawn."""

    def __init__(self, text: str, seed: int, directory: Path) -> None:
        self._text, self._random, self._directory = text, random.Random(seed), directory
        self.engine = HostileEngine(self)

    def arguments(self, function: Callable[..., Any]) -> dict[str, Any]:
        known = typing.get_type_hints(function)
        return {name: self.make(kind, name) for name, kind in known.items() if name != "return"}

    def make(self, kind: Any, name: str = "") -> Any:
        if name == "takes":
            return self._built(IdentitySpec)
        origin, inside = typing.get_origin(kind), typing.get_args(kind)
        if origin in (Union, types.UnionType):
            return self._of_union(inside, name)
        if origin is Literal:
            return self._random.choice(inside)
        if origin is type:
            return inside[0]
        if origin is not None:
            return self._generic(origin, inside, name)
        return self._single(kind, name)

    def _of_ours(self, kind: Any) -> Callable[[], Any] | None:
        """What makes a value of a type that only we make, or that can be made in one way alone."""
        ours: dict[Any, Callable[[], Any]] = {
            Command: lambda: COMMANDS[0],
            Content: lambda: Content(""),
            Screen: lambda: None,
            PriceTable: lambda: LIST_PRICES,
            Bookmarks: self._bookmarks,
            DocumentKind: lambda: self._random.choice([DocumentKind.BUCKET_POLICY, DocumentKind.USER_POLICY]),
        }
        return ours.get(kind)

    def _bookmarks(self) -> Bookmarks:
        kept = Bookmarks(self._directory / "bookmarks.json")
        kept.add(self.make(Bookmark))
        return kept

    def _of_union(self, inside: tuple[Any, ...], name: str) -> Any:
        return self.make(self._random.choice([each for each in inside if each is not type(None)]), name)

    def _generic(self, origin: Any, inside: tuple[Any, ...], name: str) -> Any:
        if origin in (list, Sequence, frozenset, set) or (origin is tuple and inside[-1:] == (...,)):
            members = typing.get_args(inside[0]) if isinstance(inside[0], types.UnionType) else inside[:1]
            return (list if origin is Sequence else origin)(self.make(each, name) for each in members)
        if origin is tuple:
            return tuple(self.make(each, name) for each in inside)
        if name == "draft":
            return Everything(self._written(name))
        if origin in (dict, Mapping, MutableMapping):
            return {self.make(inside[0], name): self.make(inside[1], name)}
        if origin is Callable:
            return lambda *_: self.make(inside[-1], name)
        return self._single(origin, name)

    def _single(self, kind: Any, name: str) -> Any:
        simple = {
            str: lambda: self._written(name),
            int: lambda: NUMBER,
            float: lambda: float(NUMBER),
            bool: lambda: bool(self._random.getrandbits(1)) and name not in ("local", "anonymous"),
            bytes: self._text.encode,
            Path: lambda: self._directory,
            msgspec.Raw: lambda: msgspec.Raw(msgspec.msgpack.encode(self._text)),
            EngineAccess: lambda: self.engine,
            type(None): lambda: None,
            object: lambda: None,
        }
        if made := self._of_ours(kind):
            return made()
        if kind in simple:
            return typing.cast("Callable[[], Any]", simple[kind])()
        if isinstance(kind, type) and issubclass(kind, Enum):
            return self._random.choice(list(kind))
        if isinstance(kind, TypeVar) or kind is Any:
            return self._text
        return self._built(kind)

    def _built(self, kind: Any) -> Any:
        make: Any = kind
        known = typing.get_type_hints(kind)
        if issubclass(kind, tuple):
            return make(**{name: self.make(known[name], name) for name in known})
        if issubclass(kind, msgspec.Struct):
            return make(**{name: self.make(known[name], name) for name in kind.__struct_fields__})
        if dataclasses.is_dataclass(kind):
            fields = [each.name for each in dataclasses.fields(kind) if each.init]
            return make(**{name: self.make(known[name], name) for name in fields})
        return make(**self.arguments(kind.__init__))

    def _written(self, name: str) -> str:
        if name in PLAIN:
            return PLAIN[name]
        if name in ("before", "after", "document", "policy"):
            return json.dumps({"Version": "2012-10-17", self._text: [self._text]}, ensure_ascii=False)
        return f"s3://{self._text}/{self._text}"


class HostileEngine:
    """Answers whatever is asked, at once; a feed has one answer and goes on."""

    def __init__(self, maker: Maker) -> None:
        self._maker = maker

    async def ask(self, request: Request[A]) -> A:
        return typing.cast("A", self._maker.make(request.answer_type()))

    async def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        yield typing.cast("A", self._maker.make(feed.answer_type()))
        await asyncio.Event().wait()

    async def other_has_ended(self) -> None:
        await asyncio.Event().wait()
