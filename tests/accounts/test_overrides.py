"""The private parts of botocore, aiobotocore and aiohttp that we rely on are there, and nobody else relies on any."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiobotocore.credentials import (
    AioAssumeRoleProvider,
    AioDeferredRefreshableCredentials,
    AioProfileProviderBuilder,
    AioRefreshableCredentials,
)
from aiobotocore.httpsession import AIOHTTPSession
from aiobotocore.session import AioSession
from aiobotocore.utils import AioContainerMetadataFetcher, AioIMDSFetcher
from botocore import handlers
from botocore.httpsession import ProxyConfiguration
from botocore.tokens import SSOTokenProvider

import tui
from tui.accounts import overrides

ROOMS = ("accounts", "stores", "engine", "protocol", "transfers", "inspection")
LIBRARIES = ("botocore", "aiobotocore", "aiohttp")


@pytest.mark.parametrize(
    ("owner", "name", "parameters"),
    [
        (AIOHTTPSession, "_get_session", "self, proxy_url"),
        (AIOHTTPSession, "_create_connector", "self, proxy_url"),
        (AIOHTTPSession, "_get_request_timeout", "self, request"),
        (AIOHTTPSession, "_build_ssl_contexts", "self, proxy_url"),
        (AIOHTTPSession, "_build_verify_context", "self"),
        (AIOHTTPSession, "__aexit__", "self, exc_type, exc_val, exc_tb"),
        (ProxyConfiguration, "proxy_url_for", "self, url"),
        (aiohttp.TCPConnector, "connect", "self, req, traces, timeout"),
        (aiohttp.ClientResponse, "read", "self"),
        (AioAssumeRoleProvider, "_load_creds_via_assume_role", "self, profile_name"),
        (AioAssumeRoleProvider, "_get_role_config", "self, profile_name"),
        (AioAssumeRoleProvider, "_resolve_source_credentials", "self, role_config, profile_name"),
        (
            AioAssumeRoleProvider,
            "__init__",
            "self, load_config, client_creator, cache, profile_name, prompter, credential_sourcer, "
            "profile_provider_builder",
        ),
        (
            AioProfileProviderBuilder,
            "__init__",
            "self, session, cache, region_name, sso_token_cache, login_token_cache",
        ),
        (AioProfileProviderBuilder, "_create_process_provider", "self, profile_name"),
        (AioProfileProviderBuilder, "_create_sso_provider", "self, profile_name"),
        (AioProfileProviderBuilder, "_create_login_provider", "self, profile_name"),
        (AioDeferredRefreshableCredentials, "__init__", "self, refresh_using, method, time_fetcher"),
        (AioRefreshableCredentials, "_publish_refresh", "self"),
        (AioRefreshableCredentials, "_seconds_remaining", "self"),
        (AioContainerMetadataFetcher, "retrieve_full_uri", "self, full_url, headers"),
        (handlers, "_handle_200_error", "operation_model, response_dict, kwargs"),
    ],
)
def test_what_we_override_or_call_takes_what_it_took(owner: object, name: str, parameters: str) -> None:
    assert ", ".join(inspect.signature(getattr(owner, name)).parameters) == parameters


def test_aiohttp_still_takes_the_redirects_argument() -> None:
    assert "allow_redirects" in inspect.signature(aiohttp.ClientSession._request).parameters


async def test_the_attributes_of_the_http_session() -> None:
    timeouts: Any = (3, 7)  # its stub knows a single number
    session: Any = AIOHTTPSession(timeout=timeouts)
    assert (session._timeout.sock_connect, session._timeout.sock_read) == (3, 7)
    assert (session._verify, session._cert_file) == (True, None)
    assert isinstance(session._proxy_config, ProxyConfiguration)
    assert isinstance(session._build_ssl_contexts(None)[0], ssl.SSLContext)
    async with session:
        client = await session._get_session(None)
        assert client._response_class is aiohttp.ClientResponse
        assert client._retry_connection is True
    assert aiohttp.ClientResponse._body is None


async def test_the_session_of_a_client() -> None:
    creating = AioSession().create_client("s3", region_name="us-east-1")
    async with creating as client:
        made: Any = client
        assert isinstance(made._endpoint.http_session, AIOHTTPSession)


def test_the_attributes_of_the_providers() -> None:
    resolver = AioSession().get_component("credential_provider")
    roles: Any = resolver.get_provider("assume-role")
    wanted = ("_load_config", "_client_creator", "cache", "_profile_name", "_credential_sourcer")
    assert [name for name in wanted if not hasattr(roles, name)] == []
    builder = roles._profile_provider_builder
    assert isinstance(builder, AioProfileProviderBuilder)
    assert [name for name in ("_cache", "_region_name", "_login_token_cache") if not hasattr(builder, name)] == []
    assert isinstance(resolver.get_provider("container-role")._fetcher, AioContainerMetadataFetcher)
    methods = {each.METHOD for each in resolver.providers}
    assert {"sso", "custom-process", "login", "assume-role", "container-role"} <= methods


def test_the_attributes_of_credentials() -> None:
    credentials: Any = AioDeferredRefreshableCredentials(_never, "assume-role")
    names = ("_expiry_time", "_frozen_credentials", "_advisory_refresh_timeout", "_mandatory_refresh_timeout")
    assert [name for name in names if not hasattr(credentials, name)] == []


def test_the_classes_that_metadata_is_asked_by_and_the_directory_of_sign_ins() -> None:
    fetchers: list[Any] = [AioIMDSFetcher, AioContainerMetadataFetcher]
    assert all(issubclass(fetcher._ref_counted_session_cls, AIOHTTPSession) for fetcher in fetchers)
    provider: Any = SSOTokenProvider
    assert Path(provider._SSO_TOKEN_CACHE_DIR).parts[-3:] == (".aws", "sso", "cache")


async def _never() -> dict[str, str]:
    raise AssertionError("nothing is fetched here")


def test_nobody_else_uses_a_private_part() -> None:
    assert sorted(_private_uses()) == []


def test_nobody_else_overrides_a_private_part() -> None:
    assert sorted(_private_overrides()) == []


def _modules() -> Iterator[Any]:
    for room in ROOMS:
        package = importlib.import_module(f"tui.{room}")
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.startswith(overrides.__name__) and not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def _private_uses() -> Iterator[str]:
    """Private names that are imported from others, and private attributes of what is not `self` and not ours."""
    ours = {"_exit", "_NamedFuncPointer"}  # the standard library's: of os, and of ctypes' types
    ours |= {name for path in Path(tui.__path__[0]).rglob("*.py") for name in _defined(ast.parse(path.read_text()))}
    for module in _modules():
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                ("botocore", "aiobotocore", "aiohttp")
            ):
                yield from (f"{module.__name__}: {each.name}" for each in node.names if _is_private(each.name))
            if isinstance(node, ast.Attribute) and _is_private(node.attr) and node.attr not in ours:
                yield f"{module.__name__}:{node.lineno}: {node.attr}"


def _defined(tree: ast.Module) -> Iterator[str]:
    """The names of functions, fields and attributes of `self`."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name, ctx=ast.Store()):
                yield name
            case _:
                pass


def _private_overrides() -> Iterator[str]:
    for module in _modules():
        for kind in vars(module).values():
            if not inspect.isclass(kind) or kind.__module__ != module.__name__:
                continue
            for base in kind.__mro__[1:]:
                if base.__module__.startswith(LIBRARIES):
                    shared = vars(kind).keys() & vars(base).keys()
                    yield from (f"{kind.__qualname__}.{name}" for name in shared if _is_private(name))


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")
