"""Objects of a job's source that the bucket's owner does not own: no policy of the bucket lets a role at them.

Amazon S3 user guide, "Bucket policies and user policies": the owner of an object grants access to it, by its ACL.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import aclosing

from tui.core.identity import Identity, Owner
from tui.core.jobs import JobAccess
from tui.core.listing import Page
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.documents.document import Services
from tui.stores.base import Store


async def foreign_objects(job: JobAccess, services: Services, identities: Sequence[Identity]) -> list[Problem]:
    """What is not known because of them: one page of the source is listed, and only where the bucket has ACLs."""
    if job.source.ownership is None or not job.source.has_acls:
        return []
    of_owner = sorted(identities, key=lambda each: each.account != job.source.account)
    by_role = {each.canonical_id for each in identities if each.canonical_id and each.account == job.role_account}
    for identity in of_owner:
        try:
            owner, page, whole = await _first_page(await services.store(identity.connection), job)
        except ProblemError:
            continue
        others = [each for each in page.owners if each.id not in {owner.id, *by_role}] if page else []
        if not others:
            return (
                [] if whole else [_problem(job, "only the first 1,000 objects were asked for their owners", of_owner)]
            )
        names = ", ".join(sorted(each.name or each.id for each in others))
        return [_problem(job, f"among the first objects there are some of {names}", of_owner)]
    return [_problem(job, "no identity here may list the objects with their owners", of_owner)]


async def _first_page(store: Store, job: JobAccess) -> tuple[Owner, Page | None, bool]:
    """The bucket's owner, the first page of the source (None: it is empty), and whether that is all of it."""
    place = job.source.location
    owner = (await store.settings.bucket_acl(place.bucket)).owner
    async with aclosing(store.pages(place.bucket, place.key, recursive=True, etags=False)) as pages:
        first = await anext(pages, None)
        return owner, first, await anext(pages, None) is None


def _problem(job: JobAccess, why: str, identities: Sequence[Identity]) -> Problem:
    place, profile = job.source.location, identities[0].spec.profile
    named = ["--profile", profile] if profile else []
    see, repair = (shlex.join(["xs3-tui", name, *named, place.uri]) for name in ("owners", "repair-ownership"))
    return Problem(
        kind=ProblemKind.DENIED,
        title=f"objects that another account owns cannot be read by the role {job.role_name}",
        cause=f"s3://{place.bucket} has ACLs, so its policies do not apply to them; {why}",
        remedy=f"see whose they are: {see}; make them the bucket owner's: {repair}",
        operation="CreateJob",
        resource=f"arn:{job.partition}:s3:::{place.bucket}",
    )
