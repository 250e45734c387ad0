"""Who will own a copy, over every setting, writer and ACL."""

import pytest

from tui.model.facts import ObjectOwnership
from tui.model.identity import Owner
from tui.transfers.order.ownership import BUCKET_OWNER_FULL_CONTROL, TargetBucket, acl_to_send, forecast_owner

MINE, THEIRS = Owner("bucket's"), Owner("writer's")
ENFORCED, PREFERRED, WRITER = (
    ObjectOwnership.BUCKET_OWNER_ENFORCED,
    ObjectOwnership.BUCKET_OWNER_PREFERRED,
    ObjectOwnership.OBJECT_WRITER,
)


def bucket(setting: ObjectOwnership | None, owner: Owner | None = MINE, *, known: bool = True) -> TargetBucket:
    return TargetBucket(setting, known, owner)


@pytest.mark.parametrize("setting", [PREFERRED, WRITER, None])
def test_the_acl_is_sent_to_a_foreign_bucket_that_takes_acls(setting: ObjectOwnership | None) -> None:
    assert acl_to_send(bucket(setting), THEIRS) == BUCKET_OWNER_FULL_CONTROL
    assert acl_to_send(bucket(setting), MINE) == ""


def test_the_acl_is_not_sent_where_acls_are_off() -> None:
    assert acl_to_send(bucket(ENFORCED), THEIRS) == ""


@pytest.mark.parametrize(
    ("target", "writer"),
    [(bucket(WRITER, None), THEIRS), (bucket(WRITER), None), (bucket(None, known=False), THEIRS)],
)
def test_the_acl_is_tried_where_the_setting_is_unknown(target: TargetBucket, writer: Owner | None) -> None:
    assert acl_to_send(target, writer) == BUCKET_OWNER_FULL_CONTROL


@pytest.mark.parametrize(
    ("target", "writer", "acl", "owner"),
    [
        (bucket(ENFORCED), THEIRS, "", MINE),
        (bucket(ENFORCED, None), THEIRS, "", None),
        (bucket(PREFERRED), THEIRS, BUCKET_OWNER_FULL_CONTROL, MINE),
        (bucket(PREFERRED), THEIRS, "", THEIRS),
        (bucket(WRITER), THEIRS, BUCKET_OWNER_FULL_CONTROL, THEIRS),
        (bucket(None), THEIRS, "", THEIRS),
        (bucket(None), MINE, "", MINE),
        (bucket(WRITER, None), THEIRS, BUCKET_OWNER_FULL_CONTROL, THEIRS),
        (bucket(None, known=False), THEIRS, BUCKET_OWNER_FULL_CONTROL, None),
        (bucket(None, known=False), MINE, "", MINE),
        (bucket(WRITER), None, "", None),
    ],
)
def test_the_owner_is_forecast(target: TargetBucket, writer: Owner | None, acl: str, owner: Owner | None) -> None:
    forecast = forecast_owner(target, writer, acl)
    assert forecast.owner == owner
    assert forecast.why


def test_it_says_when_the_policy_will_not_reach_the_copy() -> None:
    assert "policy will not apply to it" in forecast_owner(bucket(WRITER), THEIRS, "").why
    assert "full control" in forecast_owner(bucket(WRITER), THEIRS, BUCKET_OWNER_FULL_CONTROL).why
