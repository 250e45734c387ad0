"""No refused request goes out, by whatever way; and no request goes out that the guard was not shown."""

import asyncio
import fcntl
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.credentials import Credentials

from tests.aws_account import plan
from tests.aws_account.accounts import CONFIG, Clients, Login, keys_on_request, process_keys, write_config
from tests.aws_account.guard import PREFIX, Guard, Outgoing, RefusedError
from tests.aws_account.request_examples import (
    FOREIGN,
    OWN,
    RUN,
    SETTINGS_OF_BUCKETS,
    A,
    B,
    Call,
    calls_about,
    identity_calls_about,
)
from tests.aws_account.request_filter import ALIVE, RequestFilter, of_wire
from tests.aws_account.stage import Product, product_environment
from tests.servers.proxy.proxy import fault_proxy
from tests.servers.server import Account, S3Server
from tests.servers.surroundings import scratch_surroundings
from tui.stores.http.responses import HttpOrigin, WireRequest

GUARD = Guard(frozenset({RUN}), frozenset({A, B}))
MIB = 1 << 20


@pytest.fixture
def directory() -> Iterator[Path]:
    """A short path: sockets are in it."""
    with scratch_surroundings() as directory, (directory / ALIVE).open("w") as lock:
        below = directory / "r"
        below.mkdir(0o700)
        (below / ALIVE).symlink_to(directory / ALIVE)
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield below


async def test_no_byte_of_a_refused_request_leaves(demo_server: S3Server, directory: Path) -> None:
    async with fault_proxy(demo_server.endpoint) as proxy:
        filter_ = RequestFilter(replace(GUARD, endpoint=proxy.endpoint), directory, plan.MOST)
        write_config(directory, ["a"], "us-east-1", proxy.endpoint)
        clients = Clients(filter_, {"a": login_of(demo_server.a)}, "us-east-1", proxy.endpoint)
        calls = [call for name in FOREIGN for call in (*calls_about(name), *identity_calls_about(name))]
        refused = [await asyncio.to_thread(is_refused, clients, call) for call in (*calls, *SETTINGS_OF_BUCKETS)]
        assert (all(refused), proxy.seen, sum(filter_.counted().values())) == (True, [], 0)
        assert len(filter_.refused()) == len(refused)
        await asyncio.to_thread(clients.of("a").list_buckets)
        assert (len(proxy.seen), filter_.counted()["write"]) == (1, 1)
        clients.close()


def is_refused(clients: Clients, call: Call) -> bool:
    try:
        getattr(clients.of("a", call.service), call.operation)(**call.parameters)
    except RefusedError:
        return True
    return False


def login_of(account: Account) -> Login:
    return Login(account.profile, Credentials(account.access_key, account.secret_key))


@pytest.fixture
def run_name() -> str:
    return f"{PREFIX}-{secrets.token_hex(4)}"


@pytest.mark.thorough
async def test_the_guard_is_shown_all_that_the_product_sends(
    demo_server: S3Server, directory: Path, run_name: str
) -> None:
    """By each of the four ways in which the engine sends."""
    source, target = (f"s3://{run_name}-{each}" for each in ("a", "b"))
    file = directory / "file"
    file.write_bytes(bytes(20 * MIB))
    async with fault_proxy(demo_server.endpoint) as proxy:
        guard = Guard(frozenset({run_name}), frozenset({A, B}), proxy.endpoint)
        filter_ = RequestFilter(guard, directory, plan.MOST)
        filter_.save()
        write_config(directory, ["a", "b"], "us-east-1", proxy.endpoint)
        logins = {"a": login_of(demo_server.a), "b": login_of(demo_server.b)}
        product = Product(product_environment(directory, CONFIG))
        with keys_on_request(directory, lambda name: process_keys(logins[name].keys)):
            for command in (
                ("mb", "--profile", "a", source),
                ("mb", "--profile", "b", target),
                ("cp", "--to", "a", str(file), f"{source}/large"),
                ("cp", "--from", "a", "--to", "b", "--route", "relay", f"{source}/large", f"{target}/large"),
                ("cp", "--profile", "a", f"{source}/large", f"{source}/copied"),
                ("ls", "-l", "--profile", "b", target),
                ("inspect", "--profile", "a", "--other", "b", f"{source}/large"),
                ("explain", "--as", "a", "--other", "b", f"{source}/large"),
                ("rm", "-r", "--yes", "--profile", "a", source),
                ("rm", "-r", "--yes", "--profile", "b", target),
                ("rb", "--yes", "--profile", "a", source),
                ("rb", "--yes", "--profile", "b", target),
            ):
                (await asyncio.to_thread(product, *command)).require()
            seen = len(proxy.seen)
            assert (sum(filter_.counted().values()), filter_.refused()) == (seen, [])
            for command in (
                ("ls", "--profile", "a", "s3://media-prod-assets"),
                ("cp", "--to", "a", str(file), "s3://media-prod-assets/large"),
                ("mb", "--profile", "a", f"s3://{run_name}x-a"),
            ):
                assert (await asyncio.to_thread(product, *command)).code != 0
            assert len(filter_.refused()) >= 3
            assert not [each for each in proxy.seen[seen:] if each.operation not in ("ListBuckets", "STS")]
            await asyncio.to_thread(product, "engine", "stop")


async def test_an_engine_sends_nothing_once_the_run_is_dead(demo_server: S3Server, directory: Path) -> None:
    write_config(directory, ["a"], "us-east-1", demo_server.endpoint)
    filter_ = RequestFilter(Guard(frozenset(), frozenset(), demo_server.endpoint), directory, plan.MOST)
    filter_.save()
    product = Product(product_environment(directory, CONFIG))
    login = login_of(demo_server.a)
    with keys_on_request(directory, lambda _: process_keys(login.keys)):
        (await asyncio.to_thread(product, "ls", "--profile", "a")).require()
        counted = filter_.counted()
        (directory / ALIVE).unlink()
        (directory / ALIVE).touch()  # nobody holds its lock
        assert (await asyncio.to_thread(product, "ls", "--profile", "a")).code != 0
        assert filter_.counted() == counted
        assert {each.partition(":")[0] for each in filter_.refused()} <= {"the run has ended"}, "if it came that far"
        with pytest.raises(RefusedError, match="the run has ended"):
            replace(filter_, is_of_the_run=False).check(Outgoing("GET", demo_server.endpoint, {}, b""))
        await asyncio.to_thread(product, "engine", "stop")


def test_no_more_requests_than_announced(directory: Path) -> None:
    filter_ = RequestFilter(GUARD, directory, {"write": 2, "read": 1, "free": 0})
    write = Outgoing("PUT", f"https://{OWN}.s3.us-east-1.amazonaws.com/a")
    filter_.check(write)
    filter_.check(write)
    for request in (write, replace(write, method="DELETE")):
        with pytest.raises(RefusedError, match="more than"):
            filter_.check(request)
    filter_.check(replace(write, method="GET"))


def test_a_connection_that_leads_elsewhere_than_its_request_is_refused() -> None:
    head = f"GET /a HTTP/1.1\r\nHost: {OWN}.s3.us-east-1.amazonaws.com\r\n\r\n".encode()
    request = WireRequest("GET", HttpOrigin("https", "example.org", 443), "", head, b"", waits=False)
    with pytest.raises(RefusedError, match="another host"):
        of_wire(request)
