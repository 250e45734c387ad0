"""The method of credentials is what botocore noted on them; no provider and no method of ours is forgotten."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from aiobotocore.session import AioSession

from tui.accounts.credentials.properties import METHODS, method_used
from tui.model.identity import AuthMethod


def test_every_provider_of_botocores_chain_has_a_method() -> None:
    chain = [each.METHOD for each in AioSession().get_component("credential_provider").providers]
    assert chain
    assert [name for name in chain if name not in METHODS] == []


def test_every_method_that_has_credentials_comes_from_a_provider() -> None:
    without = {AuthMethod.ANONYMOUS, AuthMethod.LOCAL, AuthMethod.UNKNOWN}
    assert set(AuthMethod) - set(METHODS.values()) == without


@pytest.mark.parametrize(("noted", "method"), [("sso", AuthMethod.SSO), ("what is new", AuthMethod.UNKNOWN)])
def test_the_method_is_what_was_noted(noted: str, method: AuthMethod) -> None:
    assert method_used(SimpleNamespace(method=noted)) is method
    assert method_used(object()) is AuthMethod.UNKNOWN
