"""What we rely on of botocore, aiobotocore and aiohttp is there, models as well, and nobody else uses private parts."""

import ast
import gzip
import importlib
import inspect
import os
import pkgutil
import shutil
import ssl
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from types import SimpleNamespace
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
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.httpsession import ProxyConfiguration, get_cert_path
from botocore.loaders import create_loader
from botocore.tokens import SSOTokenProvider
from botocore.utils import EVENT_ALIASES

import tui
from tests.stores.faults import certificate
from tui.aws import overrides
from tui.aws.clients import SERVICES, ModelLoader, ServiceEndpoints, load_models
from tui.aws.control_plane import ControlPlaneService
from tui.aws.credentials import METHODS, method_used
from tui.aws.overrides import HookedSession
from tui.aws.transport import WatchedSession, read_timeout
from tui.core.identity import AuthMethod

ROOMS = ("aws", "stores", "engine", "answering", "link", "transfers", "queue", "policies", "network", "documents")
LIBRARIES = ("botocore", "aiobotocore", "aiohttp")


SIGNATURES: list[tuple[Any, str, str]] = [
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
    (AioProfileProviderBuilder, "__init__", "self, session, cache, region_name, sso_token_cache, login_token_cache"),
    (AioProfileProviderBuilder, "_create_process_provider", "self, profile_name"),
    (AioProfileProviderBuilder, "_create_sso_provider", "self, profile_name"),
    (AioProfileProviderBuilder, "_create_login_provider", "self, profile_name"),
    (AioDeferredRefreshableCredentials, "__init__", "self, refresh_using, method, time_fetcher"),
    (AioRefreshableCredentials, "_publish_refresh", "self"),
    (AioRefreshableCredentials, "_seconds_remaining", "self"),
    (AioContainerMetadataFetcher, "retrieve_full_uri", "self, full_url, headers"),
    (handlers, "_handle_200_error", "operation_model, response_dict, kwargs"),
]


def test_what_we_override_or_call_takes_what_it_took() -> None:
    found = [
        (owner, name, ", ".join(inspect.signature(getattr(owner, name)).parameters)) for owner, name, _ in SIGNATURES
    ]
    assert found == SIGNATURES


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


def test_a_request_waits_as_its_client_does_or_as_its_block_says() -> None:
    timeouts: Any = (3, 7)  # the same
    session: Any = WatchedSession(timeout=timeouts)
    assert session._get_request_timeout(SimpleNamespace(context={})) is None, "the time of its client holds"
    with read_timeout(5):
        timeout = session._get_request_timeout(SimpleNamespace(context={}))
    assert (timeout.sock_connect, timeout.sock_read) == (3, 5)


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


@pytest.mark.thorough
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


def test_a_model_is_the_one_that_botocore_reads() -> None:
    ours, theirs = ModelLoader(None), create_loader()
    for service, kind in product(SERVICES, ("service-2", "endpoint-rule-set-1", "paginators-1")):
        assert ours.load_service_model(service, kind) == theirs.load_service_model(service, kind)
    for name in ("partitions", "sdk-default-configuration"):
        assert ours.load_data(name) == theirs.load_data(name)


def test_the_endpoints_of_each_service_are_those_that_botocore_reads() -> None:
    ours, theirs = (loader.load_data("endpoints")["partitions"] for loader in (ModelLoader(None), create_loader()))
    for own, its in zip(ours, theirs, strict=True):
        services = own["services"]
        assert {**own, "services": {name: services[name] for name in services}} == its
        assert [services.get(name) for name in services] == list(its["services"].values())
        assert services.get("no-such-service", its) is its
    assert type(ours[0]["services"]) is ServiceEndpoints


def test_the_order_of_a_model_is_kept() -> None:
    ours, theirs = (loader.load_service_model("s3", "service-2") for loader in (ModelLoader(None), create_loader()))
    assert list(ours["shapes"]) == list(theirs["shapes"])


def test_a_model_in_a_directory_of_the_users_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELS", str(tmp_path))
    for version, text in (("2006-03-01", b'{"own": 1}'), ("2030-01-01", b'{"own": 2}')):
        directory = tmp_path / "s3" / version
        directory.mkdir(parents=True)
        (directory / "service-2.json.gz").write_bytes(gzip.compress(text))
    loader = ModelLoader(f"{tmp_path / 'nothing'}{os.pathsep}$MODELS")
    assert loader.load_service_model("s3", "service-2") == {"own": 2}
    assert loader.load_service_model("sts", "service-2") == create_loader().load_service_model("sts", "service-2")


def test_what_is_not_there_is_not_found() -> None:
    loader = ModelLoader(None)
    with pytest.raises(UnknownServiceError, match="s4"):
        loader.load_service_model("s4", "service-2")
    with pytest.raises(DataNotFoundError):
        loader.load_service_model("s3", "service-3")


def test_a_model_that_is_no_json_is_named(tmp_path: Path) -> None:
    directory = tmp_path / "s3" / "2030-01-01"
    directory.mkdir(parents=True)
    (directory / "service-2.json").write_text("{")
    with pytest.raises(ValueError, match=r"2030-01-01/service-2\.json"):
        ModelLoader(str(tmp_path)).load_service_model("s3", "service-2")


def test_the_models_are_read_once() -> None:
    assert load_models(None) is load_models(None)


def test_no_service_that_is_asked_has_an_old_name_in_events() -> None:
    """`forget_event_aliases` would break its handlers."""
    assert not {*SERVICES, *ControlPlaneService, "sso", "sso-oidc", "signin"} & {
        *EVENT_ALIASES,
        *EVENT_ALIASES.values(),
    }


async def test_clients_that_trust_the_same_share_what_was_read_of_it() -> None:
    first = await HookedSession().tls_context()
    assert await HookedSession().tls_context() is first
    assert await HookedSession(verify=False).tls_context() is not first
    assert first.check_hostname


async def test_a_bundle_that_has_changed_is_read_again(tmp_path: Path) -> None:
    bundle = certificate(tmp_path)[0]
    trusted: Any = str(bundle)  # its stub knows a bool
    one = await HookedSession(verify=trusted).tls_context()
    shutil.copy(str(get_cert_path(True)), bundle)
    many = await HookedSession(verify=trusted).tls_context()
    assert (one.cert_store_stats()["x509"], many is one) == (1, False)
    assert many.cert_store_stats()["x509"] > 1


async def test_a_client_certificate_is_shown_by_no_other_client(tmp_path: Path) -> None:
    shared = await HookedSession().tls_context()
    own = await HookedSession(client_cert=str(certificate(tmp_path)[0])).tls_context()
    assert own is not shared
    assert await HookedSession().tls_context() is shared


def test_every_provider_of_botocores_chain_has_a_method() -> None:
    chain = [each.METHOD for each in AioSession().get_component("credential_provider").providers]
    assert chain
    assert [name for name in chain if name not in METHODS] == []


def test_every_method_that_has_credentials_comes_from_a_provider() -> None:
    without = {AuthMethod.ANONYMOUS, AuthMethod.LOCAL, AuthMethod.UNKNOWN}
    assert set(AuthMethod) - set(METHODS.values()) == without


def test_the_method_is_what_was_noted() -> None:
    assert method_used(SimpleNamespace(method="sso")) is AuthMethod.SSO
    assert method_used(SimpleNamespace(method="what is new")) is AuthMethod.UNKNOWN
    assert method_used(object()) is AuthMethod.UNKNOWN
