"""Checks all assumptions on servers that run here, and writes what differs: ``python -m tests.assumptions [SERVER …]``.

Without a server it writes the page alone. The tests fail where the file or the page is not current.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.assumptions.page import PAGE, page
from tests.assumptions.registry import Verdict, assumptions, outcome
from tests.assumptions.servers import DIFFERENCES, known, scene_of
from tests.servers.ceph.accounts import running_ceph
from tests.servers.demo import running_demo
from tests.servers.ministack.server import running_ministack
from tests.servers.server import S3Server
from tests.servers.surroundings import scratch_surroundings


@contextmanager
def running(name: str) -> Iterator[S3Server]:
    with scratch_surroundings() as scratch:
        directory = Path(scratch) / "server"
        directory.mkdir()
        match name:
            case "demo":
                with running_demo(directory / "profiles") as (server, _):
                    yield server
            case "ministack":
                with running_ministack(directory) as (server, _):
                    yield server
            case "ceph":
                with running_ceph(directory) as server:
                    yield server
            case _:
                raise SystemExit(f"{name} is none of {', '.join(known())}")


def differences(server: S3Server) -> dict[str, str]:
    with scene_of(server) as scene:
        found = {name: outcome(each, scene) for name, each in assumptions().items()}
    return {name: each.said for name, each in found.items() if each.verdict is Verdict.DIFFERS}


def main() -> None:
    for name in sys.argv[1:]:
        with running(name) as server:
            found = {**known(), name: differences(server)}
        DIFFERENCES.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
