"""Keeps what a server answers to a run of the assumptions, and reads it again.

A recorder listens to any client of botocore or boto3, before the guard of a run or behind it:

    recorder = Recorder(Scrubber(scene.name, secrets_of(scene)))
    recorder.listen(client)              # each client that the scene makes; twice does no harm
    recorder.during = assumption.name    # which assumption asked
    ...
    write(path, "AWS, eu-west-1", recorder.answers)

Each answer has the operation, the status, the headers that say something, and the body, without account numbers, keys,
IDs, names, hosts and signatures (see `tests.recorded.scrub`). The content of objects is never kept. Put such a file
into `tests/recorded/answers`: `test_answers.py` plays it to the parsers and rules of the product.

`python -m tests.recorded SERVER …` records the servers that run here.
"""

import json
import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.assumptions.scene import Scene
from tests.recorded.scrub import Scrubber

ANSWERS: Final = Path(__file__).with_name("answers")
VERSION: Final = 1
"""Of the form of such a file."""

LONGEST: Final = 4000
"""Characters of a body that is kept."""


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """`service` as botocore names it (`s3`, `s3control`); `body` is empty where it was an object's content."""

    service: str
    operation: str
    status: int
    headers: dict[str, str]
    body: str
    assumption: str = ""

    @property
    def shape(self) -> tuple[object, ...]:
        """What tells it from another answer, for who reads it: not its IDs, times and numbers of rows."""
        tags = re.findall(r"<([\w:]+)", self.body) or [re.sub(r"\d+", "0", self.body)]
        different = tuple(dict.fromkeys(tags))
        code = re.search(r"<Code>(\w+)</Code>", self.body)
        several = len(tags) > len(different)
        return (self.service, self.operation, self.status, tuple(self.headers), code and code[1], different, several)


@dataclass
class Recorder:
    scrubber: Scrubber
    during: str = ""
    answers: list[RecordedAnswer] = field(default_factory=list)

    def listen(self, client: Any) -> None:
        client.meta.events.register("response-received", self._received, unique_id=f"recorder-{id(self)}")

    def _received(self, event_name: str, response_dict: Any, **_: Any) -> None:
        if response_dict is None:  # it did not arrive
            return
        service, operation = event_name.split(".")[1:]
        content, status = response_dict["body"], response_dict["status_code"]
        body = self.scrubber.text(content.decode(errors="replace")) if isinstance(content, bytes) else ""
        headers = self.scrubber.headers(response_dict["headers"])
        if body:
            headers.pop("content-length", "")  # it may have another length now
        service = service.replace("s3-control", "s3control")
        self.answers.append(RecordedAnswer(service, operation, status, headers, body, self.during))


def secrets_of(scene: Scene) -> dict[str, str]:
    """What names the two accounts of a scene, with what it becomes."""
    secrets: dict[str, str] = {}
    for at, party in enumerate((scene.a, scene.b), start=1):
        who = party.principal.rpartition("/")[2] if "/" in party.principal else ""
        secrets |= {party.canonical_id: f"{at:064x}", party.account: f"{at}" * 12, who: f"person-{party.name}"}
    host = str(scene.s3("a").meta.endpoint_url).rpartition("//")[2]
    return {**secrets, **({} if host.endswith(".amazonaws.com") else {host: "s3.example.com"})}


def distinct(answers: Iterable[RecordedAnswer]) -> list[RecordedAnswer]:
    """The shortest of each shape, without very long ones."""
    found: dict[tuple[object, ...], RecordedAnswer] = {}
    for each in sorted(answers, key=lambda each: len(each.body)):
        if len(each.body) <= LONGEST:
            found.setdefault(each.shape, each)
    return sorted(found.values(), key=lambda each: (each.service, each.operation, each.status))


def write(path: Path, server: str, answers: Iterable[RecordedAnswer]) -> None:
    said = {"version": VERSION, "server": server, "answers": [asdict(each) for each in distinct(answers)]}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(json.dumps(said, indent=1, ensure_ascii=False) + "\n")


def read(path: Path) -> list[RecordedAnswer]:
    said = json.loads(path.read_text(encoding="utf-8"))
    if said.get("version") != VERSION:
        raise ValueError(f"{path.name} is of version {said.get('version')}, not {VERSION}")
    return [RecordedAnswer(**each) for each in said["answers"]]
