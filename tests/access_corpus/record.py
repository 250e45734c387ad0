"""Records the answers of a live MiniStack and of the demo again, and writes the score.

``python -m tests.access_corpus.record [FAMILY …]``. A new case is a line in a file of `recorded`: what is laid out and
asked, AWS's documented answer, and the cause; the answers are filled in here. Nothing secret is kept: no keys, no
tokens, no addresses.
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import structs

from tests.access_corpus.case import (
    BUCKET,
    CANONICAL,
    RECORDED,
    CannotArrangeError,
    Case,
    Server,
    read_family,
    write_family,
)
from tests.access_corpus.on_demo import running_demo_for_cases
from tests.access_corpus.on_ministack import MiniStack
from tests.access_corpus.score import rule_for, write_score
from tests.servers.ministack.server import running_ministack
from tests.servers.surroundings import scratch_surroundings

_NAME = re.compile(rf"{BUCKET}-[0-9a-f]{{12}}")


@contextmanager
def servers() -> Iterator[dict[str, Server]]:
    with (
        scratch_surroundings(),
        tempfile.TemporaryDirectory() as directory,
        running_ministack(Path(directory)) as (ministack, _),
        running_demo_for_cases() as demo,
    ):
        yield {"ministack": MiniStack(ministack), "demo": demo}


def recorded(case: Case, by: dict[str, Server]) -> Case:
    answers = {}
    for name, server in by.items():
        try:
            answer = server.ask(case)
        except CannotArrangeError:
            continue
        answer = structs.replace(answer, message=_same_each_time(answer.message))
        if answer.allowed != case.expected.allowed:
            answer = structs.replace(answer, rule=rule_for(name, case))
        answers[name] = answer
    return structs.replace(case, answers=answers)


def _same_each_time(message: str) -> str:
    return re.sub(r"\b[0-9a-f]{64}\b", CANONICAL["b"], _NAME.sub(BUCKET, message))


def main() -> None:
    unexplained = 0
    with servers() as by:
        for name in sys.argv[1:] or sorted(file.stem for file in RECORDED.glob("*.json")):
            cases = [recorded(case, by) for case in read_family(RECORDED / f"{name}.json")]
            write_family(name, cases)
            for case in cases:
                wrong = [one for one, answer in case.answers.items() if answer.allowed != case.expected.allowed]
                unexplained += sum(not case.answers[one].rule for one in wrong)
                for one in wrong:
                    sys.stdout.write(f"{name}: {case.name}: {one} {case.answers[one]}\n")
            sys.stdout.write(f"{name}: {len(cases)}\n")
    write_score()
    sys.exit(f"{unexplained} answers without a rule" if unexplained else 0)


if __name__ == "__main__":
    main()
