"""How the HTTP sessions of the clients make their TLS contexts."""

import shutil
from pathlib import Path
from typing import Any

from botocore.httpsession import get_cert_path

from tests.stores.faults import certificate
from tui.accounts.overrides.http_session import HookedSession


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
