"""What lets an identity in beside a grant: a test that succeeds need not succeed by the grant that is tested."""

from __future__ import annotations

from msgspec.structs import replace

from tui.access.grantee import grantee_of
from tui.access.statements import own_sids
from tui.aws.control_plane import ControlPlane
from tui.core.facts import Applies, Effect
from tui.core.identity import Identity
from tui.core.location import Location
from tui.core.problem import ProblemError
from tui.model.access.grants import GrantConditions, GrantOrder, ProbeAnswer, ProbeResult, Way
from tui.policies.bucket_policy import PolicyRequest, is_of_bucket, read_policy, resource_arn
from tui.policies.request_context import Caller, KnownRequest, caller_of, request_context_of
from tui.stores.base import Store

_ALREADY = "already open without {}, by statement {} of the bucket policy"
_ALLOWED = "statement {} of the bucket policy allows it"


class Beside:
    """The statements of a bucket's policy that are not of the order, as `identity` is let in by them."""

    def __init__(self, order: GrantOrder, identity: Identity, owner: Store, control_plane: ControlPlane) -> None:
        self._order, self._identity = order, identity
        self._owner, self._control_plane = owner, control_plane

    async def explained(self, result: ProbeResult) -> ProbeResult:
        """The result with the statement by which it is so, if that is another one than the order's."""
        order = self._order
        conditional = order.conditions != GrantConditions()
        if result.answer is not ProbeAnswer.ALLOWED or order.way is Way.ROLE or (result.agrees and not conditional):
            return result
        try:
            sid = await self._statement(result)
        except ProblemError:  # it was allowed: why is all that is not known
            return result
        if not sid:
            return result
        words = _ALREADY.format(_without(order.conditions), sid) if result.agrees else _ALLOWED.format(sid)
        return replace(result, detail=words)

    async def _statement(self, result: ProbeResult) -> str:
        """An Allow of others that applies whatever path the request takes; empty: there is none."""
        policy = await self._owner.settings.policy(self._order.location.bucket)
        whom = await grantee_of(self._order, self._identity, self._control_plane)
        own = own_sids(self._order, whom.arn)
        caller = caller_of(self._identity)
        caller = caller if caller.arn else Caller(whom.account, whom.arn)
        known = KnownRequest(listed_prefix=result.location.key, writes=True)
        place = Location(result.location.bucket) if is_of_bucket(result.action) else result.location
        context = request_context_of(caller, known)
        request = PolicyRequest(caller, result.action, resource_arn(place, caller.partition), context)
        found = read_policy(policy, request).statements if policy else []
        allows = (one.sid for one in found if one.effect is Effect.ALLOW and one.applies is Applies.YES)
        return next((sid for sid in allows if sid not in own), "")


def _without(conditions: GrantConditions) -> str:
    if conditions == GrantConditions(source_vpce=conditions.source_vpce):
        return "this endpoint"
    return "these conditions"
