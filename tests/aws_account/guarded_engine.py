"""The engine behind the guard: ``python -m tests.aws_account.guarded_engine``."""

from tests.aws_account.request_filter import end_with_the_run, guard_this_process, saved_filter
from tui.engine.__main__ import main

if __name__ == "__main__":
    guard_this_process(saved_filter())
    end_with_the_run()
    main()
