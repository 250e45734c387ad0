"""AWS's access denied messages, in the wordings of the IAM User Guide."""

import pytest

from tui.accounts.problems.denials import Denial, read_denial

WHO = "arn:aws:iam::123456789012:user/Mary"
DENIED = f"User: {WHO} is not authorized to perform: s3:GetObject"


@pytest.mark.parametrize(
    ("message", "resource", "explicit", "policy"),
    [
        (
            f"{DENIED} because no identity-based policy allows the s3:GetObject action",
            "",
            False,
            "identity-based",
        ),
        (
            f'{DENIED} on resource: "arn:aws:s3:::b/a b" with an explicit deny in a resource-based policy',
            "arn:aws:s3:::b/a b",
            True,
            "resource-based",
        ),
        (
            f"{DENIED} on resource: arn:aws:s3:::b/k with an explicit deny in a VPC endpoint policy",
            "arn:aws:s3:::b/k",
            True,
            "VPC endpoint",
        ),
        (
            f"{DENIED} because no permissions boundary allows the s3:GetObject action",
            "",
            False,
            "permissions boundary",
        ),
        (
            f"{DENIED} with an explicit deny in a service control policy: "
            "arn:aws:organizations::1:policy/o-1/service_control_policy/p-1",
            "",
            True,
            "service control",
        ),
        (f"{DENIED}", "", False, ""),
    ],
)
def test_wordings(message: str, resource: str, explicit: bool, policy: str) -> None:
    denial = read_denial(message)
    assert denial is not None
    assert (denial.principal, denial.action) == (WHO, "s3:GetObject")
    assert (denial.resource, denial.explicit, denial.policy) == (resource, explicit, policy)


def test_a_message_that_says_nothing() -> None:
    assert read_denial("Access Denied") is None


def test_the_remedy_says_what_cannot_be_seen() -> None:
    def remedy(explicit: bool, policy: str) -> str:
        return Denial("", "s3:GetObject", "", explicit, policy, "").remedy

    assert remedy(False, "resource-based") == "allow s3:GetObject in the resource-based policy"
    assert remedy(True, "service control").startswith("remove the explicit deny in the service control policy")
    assert "cannot be checked" in remedy(True, "service control")
    assert "permissions boundary policy" not in remedy(False, "permissions boundary")
