"""Runs the product in two AWS accounts, and removes what that made: ``python -m tests.aws_account --help``."""

import argparse
import fcntl
import os
import platform
import secrets
import shutil
import signal
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Final

from botocore import __version__ as botocore_version
from botocore.exceptions import BotoCoreError, ClientError

from tests.assumptions.servers import LACKS
from tests.aws_account import plan, report
from tests.aws_account.accounts import (
    CONFIG,
    AccountError,
    Caller,
    Clients,
    Login,
    keys_on_request,
    login,
    process_keys,
    write_config,
)
from tests.aws_account.assumed import GROUP, Assumptions
from tests.aws_account.guard import PREFIX, RUN_NAME, Guard, RefusedError
from tests.aws_account.leftovers import Leftover, find_jobs, find_leftovers, remove_leftover
from tests.aws_account.report import Line, Scrubber, Verdict
from tests.aws_account.request_filter import ALIVE, RequestFilter
from tests.aws_account.stage import NotApplicableError, Product, Stage, product_environment
from tests.aws_account.steps import FAILURES, Step, steps
from tui import __version__

LOGINS: Final = ("a", "b")
USERS: Final = ("user", "guest")
OWN_FAILURES: Final = (ClientError, BotoCoreError, RefusedError, OSError)


class Interrupted(BaseException):  # not an error, as KeyboardInterrupt
    """Somebody has asked this to end."""


@dataclass(frozen=True, slots=True)
class Options:
    profiles: Mapping[str, str]
    region: str
    endpoint: str
    out: Path
    yes: bool
    names: bool
    batch: bool
    only: frozenset[str]
    like: str


@dataclass
class Run:
    """One run: its name and directory, both accounts, and what is known of it so far."""

    options: Options
    name: str
    directory: Path
    logins: Mapping[str, Login]
    callers: Mapping[str, Caller]
    lines: list[Line] = field(default_factory=list)
    assumed: Assumptions | None = None

    def clients(self, most: Mapping[str, int], jobs: frozenset[str] = frozenset()) -> Clients:
        accounts = frozenset(each.number for each in self.callers.values())
        guard = Guard(frozenset({self.name}), accounts, self.options.endpoint, jobs)
        return Clients(
            RequestFilter(guard, self.directory, most), self.logins, self.options.region, self.options.endpoint
        )

    def scrubber(self) -> Scrubber:
        arns = {each.arn for each in self.callers.values()}
        names = {self.name, *self.options.profiles.values(), str(self.directory), str(Path.home())}
        names |= {each.canonical_id for each in self.callers.values()} | {each.number for each in self.callers.values()}
        names |= arns | {part for arn in arns for part in arn.split("/")[1:]} | {self.options.endpoint}
        return Scrubber(frozenset(names))


def main() -> int:
    arguments = _arguments()
    profiles = {"a": arguments.a, "b": arguments.b}
    endpoint = arguments.endpoint.rstrip("/")
    options = Options(
        profiles,
        arguments.region,
        endpoint,
        Path(arguments.out),
        arguments.yes,
        arguments.names,
        arguments.batch,
        frozenset(arguments.only),
        arguments.like,
    )
    if arguments.a == arguments.b:
        return _complain("A and B must be profiles of two accounts")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        return clean(options) if arguments.clean else run(options)
    except (AccountError, *OWN_FAILURES) as error:
        return _complain(str(error))
    except Interrupted:
        return 130


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.aws_account", allow_abbrev=False)
    parser.add_argument("--a", required=True, metavar="PROFILE", help="an administrator of the first account")
    parser.add_argument("--b", required=True, metavar="PROFILE", help="an administrator of the second account")
    parser.add_argument("--region", required=True)
    parser.add_argument("--endpoint", default="", help="a server that stands in for AWS")
    parser.add_argument("--like", default="", choices=list(LACKS), help="what that server is known to lack")
    parser.add_argument("--out", default=".", help="where the report is written")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--names", action="store_true", help="keep names and numbers in the report")
    parser.add_argument("--batch", action="store_true", help="one S3 Batch Operations job, too")
    parser.add_argument("--only", nargs="*", default=[], metavar="GROUP", help="only steps of these groups")
    parser.add_argument("--clean", action="store_true", help="only remove what runs have left behind")
    return parser.parse_args()


def run(options: Options) -> int:
    name = f"{PREFIX}-{secrets.token_hex(4)}"
    with _run_directory(name) as directory:
        logins, callers = _identified(options, directory)
        accounts = " and ".join(each.number for each in callers.values())
        _say(plan.announcement(name, accounts, options.region, batch=options.batch))
        if not (options.yes or _confirmed("Start? [y/N] ")):
            return 1
        this = Run(options, name, directory, logins, callers)
        left, ended = list[Leftover](), 0
        try:
            _perform(this)
        except Interrupted:
            ended = 130
            _say("\nInterrupted.")
        finally:
            _say("Removing everything that was made …")
            with _uninterrupted():
                left = _remove_own(this)
        return _finish(this, left) or ended


def _identified(options: Options, directory: Path) -> tuple[Mapping[str, Login], Mapping[str, Caller]]:
    logins = {name: login(profile) for name, profile in options.profiles.items()}
    write_config(directory, [*LOGINS, *USERS], options.region, options.endpoint)
    requests = RequestFilter(Guard(frozenset(), frozenset(), options.endpoint), directory, plan.MOST)
    clients = Clients(requests, logins, options.region, options.endpoint)
    callers = {name: clients.caller(name) for name in LOGINS}
    clients.close()
    if callers["a"].number == callers["b"].number:
        raise AccountError("A and B are profiles of one account; the tests need two")
    return logins, callers


def _perform(this: Run) -> None:
    clients = this.clients(plan.most_of_the_run())
    clients.requests.save()
    product = Product(product_environment(this.directory, CONFIG))
    files = this.directory / "files"
    files.mkdir(mode=0o700)
    stage = Stage(this.name, clients, this.callers, product, files)
    assumed = this.assumed = Assumptions(stage, this.options.like)
    wanted = not this.options.only or GROUP in this.options.only
    to_do = [*(assumed.steps() if wanted else ()), *steps(batch=this.options.batch, only=this.options.only)]
    scrubber = this.scrubber()

    def keys_of(name: str) -> Mapping[str, str]:
        if name in this.logins:
            return process_keys(this.logins[name].keys, this.logins[name].expires)
        return process_keys(stage.keys[name])

    with keys_on_request(this.directory, keys_of):
        try:
            while to_do:
                line = _performed(to_do[0], stage)
                del to_do[0]
                this.lines.append(line if this.options.names else replace(line, said=scrubber(line.said)))
                _say(f"  {line.verdict:15} {line.group}: {line.says}{f' ({line.said})' if line.said else ''}")
        finally:
            this.lines += [Line(step.group, step.says, Verdict.NOT_RUN, source=step.source) for step in to_do]
            with suppress(OSError, RuntimeError):
                product("engine", "stop")
            clients.close()


def _performed(step: Step, stage: Stage) -> Line:
    refused = len(stage.clients.requests.refused())
    verdict, said = Verdict.PASSED, ""
    try:
        step.do(stage)
    except NotApplicableError as error:
        verdict, said = Verdict.NOT_APPLICABLE, str(error)
    except (RefusedError, *FAILURES) as error:
        verdict, said = Verdict.FAILED, f"{type(error).__name__}: {error}"
    news = stage.clients.requests.refused()[refused:]
    if news and verdict is not Verdict.FAILED and step.group != GROUP:
        verdict, said = Verdict.FAILED, f"a request was refused: {news[0]}"
    return Line(step.group, step.says, verdict, said, step.source)


def _remove_own(this: Run) -> list[Leftover]:
    """Remove what the run made; return what could not be removed."""
    clients = this.clients(plan.MOST)
    left = list[Leftover]()
    for name in LOGINS:
        number = this.callers[name].number
        try:
            jobs = find_jobs(clients, name, number, clients.requests.guard.owns_arn)
            found = find_leftovers(clients, name, clients.requests.guard.owns)
        except OWN_FAILURES as error:
            _say(f"  what is left in {number} cannot be listed: {error}")
            left.append(Leftover(name, "unknown", "everything"))
            continue
        remover = this.clients(plan.MOST, frozenset(each.name for each in jobs))
        left += _removed(remover, number, [*jobs, *found])
        remover.close()
    clients.close()
    return left


def _removed(clients: Clients, number: str, found: list[Leftover]) -> list[Leftover]:
    left = list[Leftover]()
    for each in found:
        try:
            remove_leftover(clients, number, each)
        except OWN_FAILURES as error:
            _say(f"  not removed: {each.kind} {each.name}: {error}")
            left.append(each)
    return left


def _finish(this: Run, left: list[Leftover]) -> int:
    """Write the report; return the exit code."""
    requests = this.clients(plan.MOST).requests
    refused, scrubber = requests.refused(), this.scrubber()
    facts: dict[str, Any] = {
        "version": __version__,
        "python": platform.python_version(),
        "botocore": botocore_version,
        "date": datetime.now(UTC).date().isoformat(),
        "server": "a stand-in" if this.options.endpoint else "AWS",
        "region": this.options.region,
        "requests": requests.counted(),
        "refused_by_the_guard": [each if this.options.names else scrubber(each) for each in refused],
        "left_behind": len(left),
    }
    if this.options.names:
        facts["accounts"] = {name: each.number for name, each in this.callers.items()}
    stem = f"xs3-tui-aws-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    paths = report.written(this.options.out, stem, facts, this.lines)
    if this.assumed and this.assumed.has_answers:
        paths.append(this.options.out / f"{stem}-answers.json")
        this.assumed.write(paths[-1], f"{facts['server']}, {this.options.region}")
    for path in paths:
        _say(f"Report: {path}")
    passed, failed = (sum(line.verdict is each for line in this.lines) for each in (Verdict.PASSED, Verdict.FAILED))
    _say(f"{passed} passed, {failed} failed, {len(left)} left behind")
    if left:
        _say("If your credentials have expired, sign in again. Then run `make test-aws-clean` with the same A and B.")
    return 1 if failed or left else 0


def clean(options: Options) -> int:
    """Remove what runs have left behind in both accounts, except for those that are running on this machine."""
    with _run_directory(f"{PREFIX}-{secrets.token_hex(4)}") as directory:
        logins, callers = _identified(options, directory)
        running = _forget_dead_runs()
        accounts = frozenset(each.number for each in callers.values())

        def is_wanted(name: str) -> bool:
            return not any(name.startswith(f"{each}-") for each in running)

        def clients(names: frozenset[str], jobs: frozenset[str]) -> Clients:
            guard = Guard(names, accounts, options.endpoint, jobs)
            return Clients(RequestFilter(guard, directory, plan.MOST), logins, options.region, options.endpoint)

        looking, left = clients(frozenset(), frozenset()), list[Leftover]()
        for name, caller in callers.items():
            found = find_leftovers(looking, name, is_wanted)
            runs = frozenset(each.name[: len(PREFIX) + 9] for each in found)
            jobs = find_jobs(looking, name, caller.number, Guard(runs, accounts).owns_arn)
            for each in (*jobs, *found):
                _say(f"  account {caller.number}: {each.kind} {each.name}")
            if not found or not (options.yes or _confirmed(f"Remove these from account {caller.number}? [y/N] ")):
                continue
            remover = clients(frozenset(each.name for each in found), frozenset(each.name for each in jobs))
            left += _removed(remover, caller.number, [*jobs, *found])
            remover.close()
        looking.close()
        _say(f"{len(left)} left behind" if left else "Nothing is left behind.")
        return 1 if left else 0


@contextmanager
def _run_directory(name: str) -> Iterator[Path]:
    """A directory of this run's own; as long as its lock is held, requests of its processes go out."""
    directory = Path(tempfile.gettempdir()) / name
    directory.mkdir(mode=0o700)
    try:
        with (directory / ALIVE).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _forget_dead_runs() -> list[str]:
    """Remove the directories that killed runs have left on this machine; return the names of runs that are alive."""
    running = []
    for directory in Path(tempfile.gettempdir()).glob(f"{PREFIX}-*"):
        found = directory.lstat()
        if not RUN_NAME.fullmatch(directory.name) or not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            continue
        try:
            with (directory / ALIVE).open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(directory, ignore_errors=True)
        except BlockingIOError:
            running.append(directory.name)
        except FileNotFoundError:
            shutil.rmtree(directory, ignore_errors=True)
    return running


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(number)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let the first signal pass with a word; a second one interrupts."""

    def warn(_number: int, _frame: FrameType | None) -> None:
        _say("  still removing; once more to stop here, and then run `make test-aws-clean`")
        for each in before:
            signal.signal(each, _interrupt)

    before = {each: signal.signal(each, warn) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        _say("There is no terminal to ask on: use YES=1.")
        return False
    return input(question).strip().lower() in ("y", "yes")


def _say(text: str) -> None:
    with suppress(OSError):  # a closed terminal does not keep anything from being removed
        print(text, flush=True)  # noqa: T201  # this is its output


def _complain(text: str) -> int:
    print(text, file=sys.stderr)  # noqa: T201  # the same
    return 2


if __name__ == "__main__":
    sys.exit(main())
