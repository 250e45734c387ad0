"""What the assistant's form makes of what is typed, and of the path that requests from here take."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from tests.ui.access.test_snapshots import ORDER, PLAN
from tests.ui.browser.world import WHO_A, WHO_B
from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import ScriptedEngine
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.access.grants import Allow, GrantConditions, GrantOrder, Way
from tui.model.identity import EndpointSource
from tui.model.network.endpoint import EffectiveEndpoint, Reach
from tui.model.network.path import Certainty, NetworkPath, OfferedCondition, PathKind
from tui.model.problem import Problem, ProblemKind
from tui.protocol.messages.access import PlanGrant
from tui.protocol.messages.network import FindNetworkPath, NetworkReport
from tui.text.typed import TypedError
from tui.ui.access.access_choices import AccessChoices
from tui.ui.access.access_screen import AccessScreen


def report(offered: OfferedCondition) -> NetworkReport:
    endpoint = EffectiveEndpoint("https://s3.example.com", "us-east-1", EndpointSource.RULES, "", Reach.PUBLIC)
    return NetworkReport(endpoint, NetworkPath(PathKind.GATEWAY, Certainty.CERTAIN, "by the route table"), offered)


async def filled_in(answer: NetworkReport | Problem, words: str) -> dict[str, str]:
    """What stands in the lines of the form once the path was asked for, and `words` are shown."""
    engine = ScriptedEngine({PlanGrant: PLAN, FindNetworkPath: answer})
    app = Host(dialog=AccessScreen(engine, ORDER, WHO_A, WHO_B))
    async with app.run_test(size=(100, 40)) as pilot:
        await press(pilot, "o")
        app.screen.query_one("#from-here").focus()
        await press(pilot, "enter")
        await until(lambda: words in screen_text(app), "it says what it found")
        await pilot.pause()
        assert FindNetworkPath("b", "media-prod-assets", "a") in engine.asked
        return {line.id or "": line.value for line in app.screen.query(Input) if line.value}


async def test_the_vpc_endpoint_of_requests_from_here_is_filled_in() -> None:
    condition = {"StringEquals": {"aws:SourceVpce": "vpce-0aaa"}}
    answer = report(OfferedCondition(condition, Certainty.CERTAIN, "the gateway endpoint of this subnet"))
    assert await filled_in(answer, "certain: the gateway endpoint") == {"vpce": "vpce-0aaa"}


async def test_an_address_is_filled_in_where_there_is_no_vpc_endpoint() -> None:
    condition = {"IpAddress": {"aws:SourceIp": "192.0.2.7/32"}}
    answer = report(OfferedCondition(condition, Certainty.INFERRED, "no VPC endpoint is on the way"))
    assert await filled_in(answer, "inferred: no VPC endpoint") == {"source_ip": "192.0.2.7/32"}


async def test_why_nothing_can_be_filled_in_is_said() -> None:
    answer = report(OfferedCondition(None, Certainty.UNKNOWN, "no instance metadata"))
    assert await filled_in(answer, "unknown: no instance metadata") == {}
    assert await filled_in(Problem(ProblemKind.DENIED, "access denied"), "access denied") == {}


def test_every_choice_reaches_the_order() -> None:
    choices = AccessChoices(
        Way.ROLE, Allow.WRITE, "vpce-1, vpce-2", "vpc-1", "192.0.2.0/24", "o-abc", "arn:aws:kms:eu-west-1:1:key/k",
        "arn:aws:iam::1:user/bob", "reader", "secret-ish", whole_account=True, https=True, owner_full_control=True,
        mfa=True,
    )  # fmt: skip
    order = choices.order(ORDER)
    assert order.conditions == GrantConditions(
        ["vpce-1", "vpce-2"], ["vpc-1"], ["192.0.2.0/24"], "o-abc", secure_transport=True, owner_full_control=True
    )
    assert order == GrantOrder(
        Way.ROLE, Allow.WRITE, ORDER.location, "a", "b", order.conditions, principal="arn:aws:iam::1:user/bob",
        whole_account=True, role="reader", external_id="secret-ish", mfa=True,
        kms_keys=["arn:aws:kms:eu-west-1:1:key/k"],
    )  # fmt: skip
    assert len(choices.words) == 12


def test_what_is_about_roles_is_left_out_of_the_other_ways() -> None:
    choices = AccessChoices(Way.POLICY, Allow.READ, role="reader", external_id="x", mfa=True)
    assert choices.order(ORDER) == ORDER
    assert choices.words == []


@pytest.mark.parametrize(
    ("field", "typed"),
    [("vpce", "vpc-1"), ("vpc", "vpce-1"), ("source_ip", "office"), ("org", "abc"), ("kms_keys", "alias/k")],
)
def test_what_can_be_no_condition_is_refused(field: str, typed: str) -> None:
    choices = AccessChoices(Way.POLICY, Allow.READ, **{field: typed})  # type: ignore[arg-type]  # fields are texts
    with pytest.raises(TypedError):
        choices.order(ORDER)
