"""The command line whose engine is behind the guard: ``python -m tests.aws_account.guarded_command ls …``."""

from dataclasses import replace
from typing import Final

from tests.aws_account.request_filter import end_with_the_run
from tui.app.main import main
from tui.link.process import EngineProcess, EngineStart, Started, spawn

ENGINE: Final = "tests.aws_account.guarded_engine"


def guarded(start: EngineStart) -> Started:
    command = [ENGINE if each == "tui.engine" else each for each in start.command]
    if command == start.command:
        raise RuntimeError("this engine would run without its guard")
    return spawn(replace(start, command=command))


if __name__ == "__main__":
    EngineProcess.spawn = guarded
    end_with_the_run()
    main()
