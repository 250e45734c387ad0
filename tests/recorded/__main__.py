"""Records what the servers that run here answer to the assumptions: ``python -m tests.recorded SERVER …``."""

import sys
from typing import Any

from tests.assumptions.__main__ import running
from tests.assumptions.registry import assumptions, outcome
from tests.assumptions.scene import Client, Party
from tests.assumptions.servers import scene_of
from tests.recorded.recorder import ANSWERS, Recorder, secrets_of, write
from tests.recorded.scrub import Scrubber


def record(name: str) -> None:
    with running(name) as server, scene_of(server) as scene:
        recorder, plain = Recorder(Scrubber(scene.name, secrets_of(scene))), scene.clients

        def heard(party: Party | None, service: str, **config: Any) -> Client:
            client = plain(party, service, **config)
            recorder.listen(client)
            return client

        scene.clients = heard
        for each in assumptions().values():
            recorder.during = each.name
            outcome(each, scene)
        answers = list(recorder.answers)
    write(ANSWERS / f"{name}.json", server.name, answers)


def main() -> None:
    for name in sys.argv[1:]:
        record(name)


if __name__ == "__main__":
    main()
