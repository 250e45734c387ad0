"""A route card being written: answers and counts come in, a card of what is known goes out at any moment."""

from __future__ import annotations

import asyncio

from tui.model.facts import ObjectOwnership
from tui.model.plan import AclChoice, Check, CopyOptions, Route, RouteCard, RouteVerdict, Tally
from tui.model.problem import Problem, ProblemKind
from tui.stores.base import ObjectAttributes, ObjectHead
from tui.transfers import disk, surviving
from tui.transfers.access import Answer, Question
from tui.transfers.choice import best, choose
from tui.transfers.disk import Direction
from tui.transfers.ownership import OwnerForecast, TargetBucket, acl_to_send, forecast_owner
from tui.transfers.sides import Sides


class Draft:
    """What is known so far about a copy. `changed` is set whenever there is more."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._direction = disk.direction_of(sides.source, sides.target)
        self._tally = Tally()
        self._unseen = ""
        self._bucket: TargetBucket | None = None
        self._problem: Problem | None = None
        self._unlisted: Problem | None = None
        self.answers: dict[Question, Answer] = {}
        self.changed = asyncio.Event()
        self.complete = False

    def count(self, tally: Tally, unseen: str) -> None:
        """More was counted; `unseen` says why existing objects cannot be."""
        self._tally, self._unseen = tally, unseen
        self.changed.set()

    def leave_out(self, problem: Problem) -> None:
        """Not all could be listed."""
        self._unlisted = problem
        self.changed.set()

    def learn_bucket(self, bucket: TargetBucket) -> None:
        """The target bucket's owner and Object Ownership are known."""
        self._bucket = bucket
        self.changed.set()

    def answer(self, question: Question, answer: Answer) -> None:
        """A probe has been answered."""
        self.answers[question] = answer
        self.changed.set()

    def conclude(self) -> None:
        """All probes are answered: without an open route the copy cannot be done, for the reason of the last one."""
        if self._chosen() is None:
            self.fail(self._closed())

    def fail(self, problem: Problem) -> None:
        """Something stands in the way of the whole copy; the first such thing is shown."""
        self._problem = self._problem or problem
        self.changed.set()

    def card(self) -> RouteCard:
        """The card as far as it is known."""
        chosen = self._chosen()
        forecast = self._forecast(chosen)
        return RouteCard(
            tally=self._tally,
            verdicts=self._verdicts(),
            chosen=chosen,
            checks=self._checks(),
            owner=forecast.owner,
            owner_note=forecast.why,
            ownership=self._bucket.ownership if self._bucket else None,
            keeps=self._keeps(chosen),
            drops=self._drops(chosen),
            missing=self._missing(),
            verify=self._verify(chosen),
            unlisted=self._unlisted,
            problem=self._problem,
            complete=self.complete,
        )

    def _verdicts(self) -> list[RouteVerdict]:
        sides = self._sides
        return choose(
            {question: answer.check for question, answer in self.answers.items()},
            sides.source.label,
            sides.target.label,
            same_service=sides.same_service,
            only=sides.order.options.route,
            direction=self._direction,
            forbidden=sides.forbidden_routes(),
        )

    def _chosen(self) -> Route | None:
        """The best route, once a probe has spoken for it."""
        return best(self._verdicts()) if self.answers else None

    def _writing(self, route: Route | None) -> Answer | None:
        """The write probe of the identity that writes on this route."""
        return self.answers.get(Question.SOURCE_WRITES if route is Route.PUSH else Question.TARGET_WRITES)

    def _forecast(self, route: Route | None) -> OwnerForecast:
        if self._bucket is None or route is None:
            return OwnerForecast(None, "")
        owners = self._sides.owners
        writer = owners.source if route is Route.PUSH else owners.target
        sent = self._sent(route)
        planned = acl_to_send(self._bucket, writer, self._options.acl)
        return forecast_owner(self._bucket, writer, sent.acl if sent else planned)

    @property
    def _options(self) -> CopyOptions:
        return self._sides.order.options

    def _sent(self, route: Route | None) -> ObjectAttributes | None:
        writing = self._writing(route)
        return writing.sent if writing else None

    def _head(self) -> ObjectHead | None:
        return next((answer.head for answer in self.answers.values() if answer.head), None)

    def _keeps(self, route: Route | None) -> list[str]:
        """What the first object takes along; the others are taken to be like it."""
        head = self._head()
        if head is None:
            return []
        if self._direction is not Direction.BETWEEN_BUCKETS:
            return disk.kept(self._direction)
        sent = self._sent(route)
        tags, acl = not self._tags_lost(sent), self._gives_grants()
        return surviving.kept(head, sent, self._options, tags=tags, acl=acl)

    def _gives_grants(self) -> bool:
        return self._options.acl is AclChoice.COPY and not self._is_enforced()

    def _is_enforced(self) -> bool:
        return self._bucket is not None and self._bucket.ownership is ObjectOwnership.BUCKET_OWNER_ENFORCED

    def _tags_lost(self, sent: ObjectAttributes | None) -> bool:
        read = [self.answers.get(each) for each in (Question.SOURCE_READS_TAGS, Question.TARGET_READS_TAGS)]
        tags = [answer.tags for answer in read if answer and answer.tags is not None]
        return not tags or (any(tags) and sent is not None and not sent.tags)

    def _drops(self, route: Route | None) -> list[str]:
        head = self._head()
        if head is None:
            return []
        if self._direction is not Direction.BETWEEN_BUCKETS:
            return disk.dropped(self._direction)
        sent = self._sent(route)
        acl = [] if self._gives_grants() else [f"ACL ({surviving.acl_instead(sent, enforced=self._is_enforced())})"]
        return [*acl, *surviving.dropped(head, sent, self._options, tags=not self._tags_lost(sent))]

    def _verify(self, route: Route | None) -> str:
        head = self._head()
        if head is None or route is None:
            return ""
        return surviving.how_verified(head, route, self._direction, move=self._options.move)

    def _checks(self) -> list[Check]:
        checks = [self.answers[question].check for question in Question if question in self.answers]
        if checks and self._options.move and not disk.is_disk(self._sides.source):
            checks.append(surviving.deletion_check(self._sides))
        return checks

    def _missing(self) -> list[str]:
        missing = [
            disk.lacks(answer.problem, answer.check.subject)
            for answer in self.answers.values()
            if answer.problem and answer.problem.kind is ProblemKind.DENIED
        ]
        missing += [note for answer in self.answers.values() for note in answer.notes]
        missing += self._bucket.unknown if self._bucket else ()
        if self._unseen:
            missing.append(f"whether objects exist at the target cannot be seen: {self._unseen}")
        return list(dict.fromkeys(missing))

    def _closed(self) -> Problem:
        why = "; ".join(f"{verdict.route}: {verdict.why}" for verdict in self._verdicts())
        return Problem(
            kind=ProblemKind.DENIED,
            title="no route is open",
            cause=why,
            remedy="grant what is listed as missing, or connect as another identity",
            resource=self._sides.target_uri(self._sides.order.destination.location.key),
        )
