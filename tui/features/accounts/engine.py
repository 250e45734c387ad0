"""Answers about identities: profiles, connections, credentials, names."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tui.answering.handlers import Handlers
from tui.answering.rooms import NOT_STARTED, Rooms
from tui.aws import sso
from tui.aws.ids import connection_id
from tui.aws.profiles import environment_profile
from tui.aws.profiles import list_profiles as profiles_of_files
from tui.aws.renewal import watch_identity as watch_renewals
from tui.core.identity import AddressBook, Identity
from tui.core.problem import ProblemError
from tui.link.request import Done
from tui.messages import identity_requests

HANDLERS = Handlers()


@HANDLERS.request(identity_requests.ListProfiles)
async def list_profiles(_rooms: Rooms, _request: identity_requests.ListProfiles) -> identity_requests.Profiles:
    profiles, files = profiles_of_files()
    return identity_requests.Profiles(profiles, files, environment_profile())


@HANDLERS.feed(identity_requests.Connect)
def connect(rooms: Rooms, feed: identity_requests.Connect) -> AsyncGenerator[Identity, None]:
    """Also checks transfers that wait for this identity."""
    rooms.retries.health.check_now(connection_id(feed.spec))
    return rooms.connections.identify(feed.spec)


@HANDLERS.feed(identity_requests.WatchIdentity)
def watch_identity(rooms: Rooms, feed: identity_requests.WatchIdentity) -> AsyncGenerator[Identity, None]:
    return watch_renewals(rooms.connections, feed.connection)


@HANDLERS.request(identity_requests.GiveKeys)
async def give_keys(rooms: Rooms, request: identity_requests.GiveKeys) -> Done:
    """Transfers that wait for the keys resume."""
    rooms.connections.give_keys(
        request.access_key, request.secret.text, request.session_token.text, endpoint=request.endpoint
    )
    rooms.retries.health.check_now()
    return Done()


@HANDLERS.request(identity_requests.GiveCode)
async def give_code(rooms: Rooms, request: identity_requests.GiveCode) -> Done:
    """Transfers that wait for the code resume."""
    await rooms.connections.give_code(request.connection, request.code.text)
    rooms.retries.health.check_now()
    return Done()


@HANDLERS.feed(identity_requests.SignIn)
async def sign_in(rooms: Rooms, feed: identity_requests.SignIn) -> AsyncGenerator[identity_requests.SignInStep, None]:
    """The code to enter, then `done`. All transfers that wait for a sign-in retry."""
    async with aclosing(sso.sign_in(await rooms.connections.settings(feed.connection))) as codes:
        async for code in codes:
            yield identity_requests.SignInStep(code.url, code.complete_url, code.code, code.expires)
    rooms.connections.watchers.wake()
    rooms.retries.health.check_now()
    yield identity_requests.SignInStep(done=True)


@HANDLERS.request(identity_requests.NameAccount)
async def name_account(rooms: Rooms, request: identity_requests.NameAccount) -> Done:
    if rooms.address_file is None:
        raise ProblemError(NOT_STARTED)
    await rooms.address_file.enter(request.address)
    rooms.connections.watchers.wake()  # a read-only pattern may match the new name
    return Done()


@HANDLERS.feed(identity_requests.WatchAddresses)
def watch_addresses(rooms: Rooms, _feed: identity_requests.WatchAddresses) -> AsyncGenerator[AddressBook, None]:
    return rooms.addresses.watch()
