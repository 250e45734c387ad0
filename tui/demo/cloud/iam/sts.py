"""STS: GetCallerIdentity, AssumeRole, GetSessionToken and GetFederationToken."""

from datetime import UTC, datetime, timedelta
from typing import Final

from tui.demo.cloud.call import principals_of
from tui.demo.cloud.iam import iam_identities
from tui.demo.cloud.iam.iam_identities import DemoIdentities, DemoIdentity, Role
from tui.demo.cloud.iam.iam_policies import DemoVerdict, Policy, PolicyError
from tui.demo.cloud.messages import CloudError, DemoRequest, DemoResponse, leaf, node, query_answer, query_parameters

NAMESPACE: Final = "https://sts.amazonaws.com/doc/2011-06-15/"
MIN_SECONDS: Final = 1
"""AWS's minimum is 900; botocore sends shorter ones only without `parameter_validation`."""
CHAINED_SECONDS: Final = 3600
"""The maximum for role chaining."""
MAX_SECONDS: Final = 43_200
DEFAULT_SECONDS: Final = 3600


def answer(request: DemoRequest, caller: DemoIdentity | None, identities: DemoIdentities) -> DemoResponse:
    parameters = query_parameters(request)
    if caller is None:
        raise CloudError("MissingAuthenticationToken", "Request is missing Authentication Token")
    action = parameters.get("Action", "")
    if action not in _OPERATIONS:
        raise CloudError("InvalidAction", f"Could not find operation {action}")
    return query_answer(NAMESPACE, action, _OPERATIONS[action](parameters, caller, identities))


def _assume_role(parameters: dict[str, str], caller: DemoIdentity, identities: DemoIdentities) -> str:
    arn = parameters.get("RoleArn", "")
    role = identities.roles.get(arn)
    # A caller whom the role does not trust must not learn that the role exists: the answer is the same.
    if role is None or not _trusted(role, caller, parameters):
        raise CloudError(
            "AccessDenied", f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        )
    expires = _expiry(parameters, caller, role.longest)
    name = parameters.get("RoleSessionName", "")
    session = identities.assume(role, name, expires, _session_policy(parameters))
    user = node("AssumedRoleUser", leaf(AssumedRoleId=session.user_id, Arn=session.arn))
    return _credentials(session, expires) + user


def _session_token(parameters: dict[str, str], caller: DemoIdentity, identities: DemoIdentities) -> str:
    if caller.session_token:
        raise CloudError("AccessDenied", "Cannot call GetSessionToken with session credentials")
    expires = _expiry(parameters, caller)
    return _credentials(identities.session_of(caller, expires), expires)


def _federation_token(parameters: dict[str, str], caller: DemoIdentity, identities: DemoIdentities) -> str:
    """AWS names the session ``federated-user/…``; here it keeps the user's name, whose policies it has."""
    federated = f"arn:aws:sts::{caller.account}:federated-user/{parameters.get('Name', '')}"
    verdicts = [
        policy.verdict(principals_of(caller), "sts:GetFederationToken", federated, {}) for policy in caller.policies
    ]
    if caller.session_token or DemoVerdict.DENY in verdicts or DemoVerdict.ALLOW not in verdicts:
        raise CloudError(
            "AccessDenied",
            f"User: {caller.arn} is not authorized to perform: sts:GetFederationToken on resource: {federated}",
        )
    expires = _expiry(parameters, caller)
    return _credentials(identities.session_of(caller, expires, _session_policy(parameters)), expires)


def _credentials(session: DemoIdentity, expires: datetime) -> str:
    return node(
        "Credentials",
        leaf(
            AccessKeyId=session.access_key_id,
            SecretAccessKey=session.secret_access_key,
            SessionToken=session.session_token,
            Expiration=expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        ),
    )


def _trusted(role: Role, caller: DemoIdentity, parameters: dict[str, str]) -> bool:
    """The role's trust policy and the caller's own policies must both allow it."""
    context = {
        "aws:principalarn": caller.arn,
        "aws:principalaccount": caller.account,
        "sts:rolesessionname": parameters.get("RoleSessionName", ""),
    }
    if iam_identities.is_present(
        caller, parameters.get("SerialNumber", ""), parameters.get("TokenCode", ""), datetime.now(UTC)
    ):
        context["aws:multifactorauthpresent"] = "true"
    if "ExternalId" in parameters:
        context["sts:externalid"] = parameters["ExternalId"]
    principals = principals_of(caller)
    policies = (role.trust, *caller.policies)
    verdicts = [policy.verdict(principals, "sts:AssumeRole", role.arn, context) for policy in policies]
    return DemoVerdict.DENY not in verdicts and verdicts[0] is DemoVerdict.ALLOW and DemoVerdict.ALLOW in verdicts[1:]


def _expiry(parameters: dict[str, str], caller: DemoIdentity, longest: int = MAX_SECONDS) -> datetime:
    seconds = parameters.get("DurationSeconds", str(DEFAULT_SECONDS))
    if not seconds.isdigit() or not MIN_SECONDS <= int(seconds) <= MAX_SECONDS:
        raise CloudError(
            "ValidationError", f"The requested DurationSeconds must be between {MIN_SECONDS} and {MAX_SECONDS}."
        )
    if caller.role_arn and int(seconds) > CHAINED_SECONDS:
        raise CloudError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        )
    if int(seconds) > longest:
        raise CloudError(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=int(seconds))


def _session_policy(parameters: dict[str, str]) -> Policy | None:
    try:
        return Policy.parse(parameters["Policy"]) if parameters.get("Policy") else None
    except PolicyError as error:
        raise CloudError("MalformedPolicyDocument", str(error)) from error


_OPERATIONS: Final = {
    "GetCallerIdentity": lambda _parameters, caller, _identities: leaf(
        Arn=caller.arn, UserId=caller.user_id, Account=caller.account
    ),
    "AssumeRole": _assume_role,
    "GetSessionToken": _session_token,
    "GetFederationToken": _federation_token,
}
