"""Opens the access assistant for a location or a denial, and lists again what it changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tui.browser.context import BrowserContext
from tui.browser.pane_pair import PanePair, WriteGuard
from tui.core.identity import Identity
from tui.core.jobs import AUTO_ACL, BatchOperation, BatchRoleOrder, JobAccess, JobPlace, job_folder
from tui.core.location import Location
from tui.core.orders import BatchOrder, CopyOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import RouteCard
from tui.features.access.values import Allow, GrantMethod, GrantOrder, PlanCopyGrant
from tui.kit.commands import key_of
from tui.kit.dialog import given
from tui.messages.order_requests import AskJobRole
from tui.panes.pane import Pane

NO_OTHER = "another identity must grant this: open the bucket in the other pane with an identity that can"
NOTHING_MISSING = "this copy needs no further grant"
SAME = "both panes have the same identity: choose the grantee's identity in the other pane"
NO_JOB = "open a bucket in each pane: S3 Batch Operations copies between buckets"
NO_BUCKET = "open a bucket, or move the cursor to one"

ALLOWING = {"s3:ListBucket": Allow.LIST, "s3:PutObject": Allow.WRITE, "s3:DeleteObject": Allow.DELETE}
"""The grant for a denied action; for all other actions, read."""


class Granting:
    """Opens the assistant: one pane's identity grants the other pane's identity access."""

    def __init__(self, context: BrowserContext, panes: PanePair, guard: WriteGuard) -> None:
        self._context, self._panes, self._guard = context, panes, guard

    def action_access(self) -> None:
        """Grant the other pane's identity access to the bucket or prefix; this one's, if the other owns the bucket."""
        pane = self._panes.active
        row = pane.cursor_row
        branch = row.branch if row and row.branch.problem else pane.contents.root
        problem = branch.problem if branch.problem and branch.problem.kind is ProblemKind.DENIED else None
        place = branch.location if problem else pane.subject
        place = place if place.is_prefix else place.parent
        owner = self._owner(pane, place, problem)
        self.open(place, owner, self._panes.beside(owner), allowing(problem) if problem else Allow.READ)

    def action_batch_role(self) -> None:
        """The role for a job that copies from the active pane's location to the other pane's."""
        source, target = self._panes.active, self._panes.beside(self._panes.active)
        place, destination = source.subject, target.contents.root.location
        giving, taking = source.identity, target.identity
        if not place.in_s3 or not destination.in_s3:
            self._context.warn(NO_JOB)
        elif giving is None or taking is None:
            self._context.no_identity("both panes", ": S3 copies from one to the other")
        elif self._guard.may_write(target):
            reports = JobPlace(job_folder(Location(destination.bucket)))
            job = JobAccess(
                BatchOperation.COPY,
                taking.account,
                JobPlace(place),
                JobPlace(destination),
                reports,
                reports,
                acl=AUTO_ACL,
            )
            others = [giving.connection] if giving.connection != taking.connection else []
            self.batch_role(BatchRoleOrder(job, taking.connection, others), [taking, giving])

    def batch_role(
        self, order: BatchRoleOrder, identities: list[Identity], made: Callable[[str], None] = lambda _: None
    ) -> None:
        """Make or check the role of a job. `made` gets its ARN once the check finds no missing permission."""
        from tui.features.access.role_screen import BatchRoleScreen

        self._context.host.open_dialog(BatchRoleScreen(self._context.engine, order, identities), given(made))

    async def for_job(self, order: BatchOrder, made: Callable[[str], None]) -> None:
        """Make the role for a job before the job; see `batch_role`."""
        try:
            asked = await self._context.engine.ask(AskJobRole(order))
        except ProblemError as error:
            self._context.fail(error.problem)
            return
        panes = {pane.identity.connection: pane for pane in self._panes if pane.identity}
        involved = [panes[each] for each in (asked.owner, *asked.others) if each in panes]
        identities = [pane.identity for pane in involved if pane.identity]
        if asked.owner not in panes or len(identities) <= len(asked.others):
            self._context.warn(NO_OTHER)
        elif self._guard.may_write(panes[asked.owner]):
            self.batch_role(asked, identities, made)

    def explained(self, problem: Problem, place: Location, pane: Pane) -> None:
        """Grant the identity of a pane access to a location where it was denied."""
        place = place if place.is_prefix else place.parent
        self.open(place, self._panes.beside(pane), pane, allowing(problem))

    def can_help(self, problem: Problem, place: Location) -> bool:
        return problem.kind is ProblemKind.DENIED and place.in_s3

    def _owner(self, pane: Pane, place: Location, denied: Problem | None) -> Pane:
        other = self._panes.beside(pane)
        owner = pane.bucket_owners.get(place.bucket) or other.bucket_owners.get(place.bucket)
        for each in (pane, other):
            if owner and each.identity and each.identity.canonical_id == owner:
                return each
        return other if denied else pane

    def open(self, place: Location, owner: Pane, other: Pane, allow: Allow) -> None:
        giving, taking = owner.identity, other.identity
        if not place.in_s3:
            self._context.warn(NO_BUCKET)
        elif not (giving and taking and giving.spec.kind.has_accounts and taking.spec.kind.has_accounts):
            self._context.no_identity("both panes", ": one lets the other in")
        elif giving.connection == taking.connection:
            self._context.warn(f"{SAME} ({key_of('accounts')})")
        elif self._guard.may_write(owner):
            same = bool(giving.account) and giving.account == taking.account
            way = GrantMethod.USER if same else GrantMethod.POLICY
            order = GrantOrder(way, allow, place, giving.connection, taking.connection)
            self._open(order, owner, other, partial(self._list_again, place))

    def _list_again(self, place: Location) -> None:
        for pane in self._panes.every:
            pane.branches.refresh_below(place)

    async def for_copy(self, order: CopyOrder, card: RouteCard, again: Callable[[], None]) -> None:
        """Grant what a copy needs, by its route card. `again` is called after a change."""
        try:
            grants = (await self._context.engine.ask(PlanCopyGrant(order, card))).orders
        except ProblemError as error:
            self._context.fail(error.problem)
            return
        panes = {pane.identity.connection: pane for pane in self._panes if pane.identity}
        if not grants:
            self._context.tell(NOTHING_MISSING)
        elif not (owner := panes.get(grants[0].owner)) or not (other := panes.get(grants[0].other)) or owner is other:
            self._context.warn(NO_OTHER)
        elif self._guard.may_write(owner):
            self._open(grants[0], owner, other, again)

    def _open(self, order: GrantOrder, owner: Pane, other: Pane, again: Callable[[], None]) -> None:
        from tui.features.access.screen import AccessScreen

        if owner.identity and other.identity:
            dialog = AccessScreen(self._context.engine, order, owner.identity, other.identity)
            self._context.host.open_dialog(dialog, given(lambda _: again()))


def allowing(problem: Problem) -> Allow:
    return ALLOWING.get(problem.permission, Allow.READ)
