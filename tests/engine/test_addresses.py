"""The address book as an engine keeps it for its user."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path

import platformdirs
import pytest

from tests.servers.server import S3Server
from tui.model.identity import Address, AddressBook, IdentitySpec, Safety
from tui.model.problem import ProblemError, ProblemKind
from tui.protocol.messages.identities import Connect, NameAccount, WatchAddresses, WatchIdentity
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession

A, B = "111111111111", "222222222222"


async def book_of(session: EngineSession) -> AddressBook:
    async with aclosing(session.follow(WatchAddresses())) as books:
        return await anext(books)


async def run_engine(environment: Mapping[str, str], *requests: NameAccount, home: Path | None = None) -> AddressBook:
    """Begin an engine, connect as both accounts if it is to learn them, ask, and end it; returns its last book."""
    process = EngineProcess(dict(environment), home=home)
    session = EngineSession(process)
    try:
        for request in requests:
            await session.ask(request)
        return await book_of(session)
    finally:
        await session.close()
        process.stop()


async def test_names_outlive_the_engine(session: EngineSession, demo_server: S3Server) -> None:
    async for _ in session.follow(Connect(IdentitySpec("analytics"))):
        pass
    await session.ask(NameAccount(Address(demo_server.a.canonical_id, label="Production")))
    assert (await book_of(session)).name(demo_server.a.canonical_id) == "Production"
    await session.close()
    book = await run_engine(demo_server.environment, NameAccount(Address("", B, "Reports")))
    assert book.entries[demo_server.b.canonical_id] == Address(demo_server.b.canonical_id, B, "Reports")
    assert book.name(demo_server.a.canonical_id) == "Production"
    assert book.account_label(B) == "Reports"
    assert (platformdirs.user_data_path("xs3-tui") / "addresses.json").stat().st_mode & 0o777 == 0o600


async def test_a_name_may_be_what_a_pattern_means(session: EngineSession) -> None:
    """Whoever watches the identity hears of it."""
    spec = IdentitySpec("analytics", safety=Safety(patterns=("*prod*",)))
    *_, identity = [each async for each in session.follow(Connect(spec))]
    assert identity.read_only == ""
    async with aclosing(session.follow(WatchIdentity(identity.connection))) as watching:
        assert (await anext(watching)).read_only == ""
        await session.ask(NameAccount(Address("", B, "Production")))
        assert "Production" in (await anext(watching)).read_only


async def test_a_line_without_an_account_is_refused(session: EngineSession) -> None:
    with pytest.raises(ProblemError) as caught:
        await session.ask(NameAccount(Address("", label="Production")))
    assert caught.value.problem.kind is ProblemKind.INVALID


async def test_a_demo_keeps_its_names_in_its_home(demo_server: S3Server, surroundings: Path, tmp_path: Path) -> None:
    home = surroundings / "demo"
    home.mkdir()
    book = await run_engine(demo_server.environment, NameAccount(Address("", A, "Demo")), home=home)
    assert book.account_label(A) == "Demo"
    assert (home / "addresses.json").exists()
    assert not platformdirs.user_data_path("xs3-tui").exists()
