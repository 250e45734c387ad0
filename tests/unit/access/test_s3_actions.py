"""The names of IAM actions of S3."""

from __future__ import annotations

import pytest

from tui.model.access.s3_actions import S3_ACTIONS, s3_action
from tui.stores.base import ACTIONS


def test_every_action_that_we_need_is_one() -> None:
    assert {action for action in ACTIONS.values() if action.startswith("s3:")} <= S3_ACTIONS


def test_an_action_is_taken_in_any_case() -> None:
    assert s3_action("s3:getobject") == "s3:GetObject"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("s3:GetObjects", "did you mean s3:GetObject?"),
        ("GetObject", "did you mean s3:GetObject?"),
        ("s3:ListObjects", "did you mean s3:List"),
        ("ec2:RunInstances", "write s3:GetObject"),
        ("iam:GetUser", "write s3:GetObject"),
        ("", "write s3:GetObject"),
    ],
)
def test_another_one_is_refused_with_the_nearest(text: str, meant: str) -> None:
    with pytest.raises(ValueError, match="is not an action of S3") as refused:
        s3_action(text)
    assert meant in str(refused.value)
