"""Plain http is remarked on wherever an identity is shown, however its endpoint was configured."""

import pytest

from tui.model.identity import IN_CLEAR, AuthMethod, EndpointSource, Identity, IdentitySpec
from tui.ui.panes.identity_lines import identity_facts, identity_lines


@pytest.mark.parametrize(
    ("endpoint", "remarked"),
    [("http://s3.example.com:9000", True), ("https://s3.example.com", False), ("http://127.0.0.1:9000", False)],
)
def test_an_endpoint_of_a_profile_is_remarked_on(endpoint: str, remarked: bool) -> None:
    identity = Identity(
        "id", "me", AuthMethod.KEYS, IdentitySpec("me"), endpoint=endpoint, endpoint_source=EndpointSource.PROFILE
    )
    facts = [value.plain for _, value in identity_facts(identity, 0)]
    assert (IN_CLEAR in facts) is remarked
    assert ("http://" in identity_lines(identity, 0)[0].plain) is remarked
