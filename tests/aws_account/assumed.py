"""The assumptions about AWS as steps of a run, behind its guard, and what AWS answers to them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.assumptions.registry import Assumption, Verdict, assumptions, outcome
from tests.assumptions.scene import Client, Need, Party, Scene
from tests.assumptions.servers import LACKS
from tests.aws_account.guard import Outgoing, RefusedError
from tests.aws_account.stage import PATIENCE, NotApplicableError, Stage
from tests.aws_account.steps import Step
from tests.recorded.recorder import Recorder, secrets_of, write
from tests.recorded.scrub import Scrubber

GROUP: Final = "assumptions"


class Assumptions:
    """All of them, on one scene. `like` is a server whose lacks are known, or "" for AWS."""

    def __init__(self, stage: Stage, like: str) -> None:
        self._stage = stage
        lacks: Mapping[Need, str] = LACKS[like] if like else {}
        patience = PATIENCE if stage.on_aws else 0.0
        a, b = self._party("a"), self._party("b")
        self.scene = Scene(a, b, self._client, lacks, patience=patience, name=stage.run)
        self.scene.on_fetch = lambda method, url: stage.clients.requests.check(Outgoing(method, url))
        self._recorder: Recorder | None = None
        self._recorder = Recorder(Scrubber(stage.run, secrets_of(self.scene)))

    def _party(self, name: str) -> Party:
        caller = self._stage.callers[name]
        principal = f"arn:aws:iam::{caller.number}:root"
        return Party(name, caller.canonical_id, caller.number, principal, self._stage.clients.region)

    def _client(self, party: Party | None, service: str, **config: Any) -> Client:
        access, secret, token = party.keys if party and party.keys else ("", "", "")
        keys = (access, secret, token or None) if access else None
        of = self._stage.clients.of
        client = (
            of(party.name, service, region=party.region, keys=keys, **config) if party else of(None, service, **config)
        )
        if service == "iam":
            client.meta.events.register("provide-client-params.iam", self._narrow, unique_id="own-resources")
        if self._recorder:
            self._recorder.listen(client)
        return client

    def _narrow(self, params: dict[str, Any], **_: Any) -> dict[str, Any] | None:
        """The assumptions give users and roles of their own everything; here that is everything of the run."""
        if '"Resource": "*"' not in params.get("PolicyDocument", ""):
            return None
        document = json.loads(params["PolicyDocument"])
        for statement in document["Statement"]:
            if (statement["Effect"], statement.get("Resource")) == ("Allow", "*"):
                statement["Resource"] = self._stage.everything()["Resource"]
        return {**params, "PolicyDocument": json.dumps(document)}

    def steps(self) -> list[Step]:
        return [self._step(each) for each in assumptions().values()]

    def _step(self, assumption: Assumption) -> Step:
        return Step(GROUP, assumption.says, lambda _: self._check(assumption), assumption.source)

    def _check(self, assumption: Assumption) -> None:
        assert self._recorder
        self._recorder.during = assumption.name
        try:
            found = outcome(assumption, self.scene)
        except RefusedError as error:
            raise NotApplicableError(f"the guard does not allow it: {error}") from error
        if found.verdict is Verdict.NOT_APPLICABLE:
            raise NotApplicableError(found.said)
        if found.verdict is Verdict.DIFFERS:
            raise self._stage.absent(found.said)

    @property
    def has_answers(self) -> bool:
        return bool(self._recorder and self._recorder.answers)

    def write(self, path: Path, server: str) -> None:
        """Keep what was answered, without what says whose it is."""
        assert self._recorder
        write(path, server, self._recorder.answers)
