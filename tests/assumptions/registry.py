"""The facts about AWS that the product relies on: each is a function that checks one of them on a server.

    @assumption(source=s3_api("GetBucketPolicy"), used="tui/stores/s3/bucket_facts.py")
    def a_bucket_without_a_policy(scene: Scene) -> None:
        \"""GetBucketPolicy of a bucket without one is refused with NoSuchBucketPolicy.\"""
        same(answer(scene.s3("a").get_bucket_policy, Bucket=scene.bucket("a")), "404 NoSuchBucketPolicy")

`outcome` runs one. What a server lacks is not the same as what it does in another way.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from tests.assumptions import facts
from tests.assumptions.scene import Need, Scene

Check = Callable[[Scene], None]


@dataclass(frozen=True, slots=True)
class Assumption:
    """`says` is one sentence; `source` the page of AWS that says so; `used` the file that relies on it."""

    check: Check
    says: str
    source: str
    used: str
    needs: frozenset[Need]

    @property
    def name(self) -> str:
        return self.check.__name__

    @property
    def subject(self) -> str:
        """The module that it stands in."""
        return self.check.__module__.rpartition(".")[2]

    @property
    def title(self) -> str:
        """What its subject is, as a heading."""
        return (sys.modules[self.check.__module__].__doc__ or "").partition(".")[0]


_REGISTERED: dict[str, Assumption] = {}


def assumptions() -> dict[str, Assumption]:
    """All of them by name, subject by subject."""
    for module in sorted(Path(facts.__file__).parent.glob("[!_]*.py")):
        import_module(f"{facts.__name__}.{module.stem}")
    return _REGISTERED


def assumption(*, source: str, used: str, needs: frozenset[Need] | set[Need] = frozenset()) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        if check.__name__ in _REGISTERED:
            raise ValueError(f"two assumptions are called {check.__name__}")
        says = " ".join((check.__doc__ or "").partition("\n\n")[0].split())
        _REGISTERED[check.__name__] = Assumption(check, says, source, used, frozenset(needs))
        return check

    return register


class Verdict(Enum):
    AGREES = "as AWS"
    DIFFERS = "differs"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`said` is what the server does instead, or what it lacks."""

    verdict: Verdict
    said: str = ""


def outcome(assumption: Assumption, scene: Scene) -> Outcome:
    """Check one. Whatever the server answers is an outcome; what is wrong with this machine is raised."""
    if said := lacking(assumption, scene.lacks):
        return Outcome(Verdict.NOT_APPLICABLE, said)
    try:
        assumption.check(scene)
    except (AssertionError, ClientError, BotoCoreError, KeyError, IndexError) as error:
        return Outcome(Verdict.DIFFERS, scene.plain(_words(error)))
    return Outcome(Verdict.AGREES)


def lacking(assumption: Assumption, lacks: Mapping[Need, str]) -> str:
    """Why an assumption cannot be checked, "" if it can."""
    return next((lacks[need] for need in Need if need in assumption.needs and need in lacks), "")


def _words(error: Exception) -> str:
    if isinstance(error, ClientError):
        status = error.response["ResponseMetadata"].get("HTTPStatusCode")
        return f"{error.operation_name}: {status} {error.response.get('Error', {}).get('Code', '')}".rstrip()
    if isinstance(error, KeyError):
        return f"no {error.args[0]}"
    return str(error) if isinstance(error, AssertionError) else type(error).__name__


def s3_api(operation: str) -> str:
    return f"https://docs.aws.amazon.com/AmazonS3/latest/API/API_{operation}.html"


def s3_guide(page: str) -> str:
    return f"https://docs.aws.amazon.com/AmazonS3/latest/userguide/{page}.html"


def iam_guide(page: str) -> str:
    return f"https://docs.aws.amazon.com/IAM/latest/UserGuide/{page}.html"


def iam_api(operation: str) -> str:
    return f"https://docs.aws.amazon.com/IAM/latest/APIReference/API_{operation}.html"


def sts_api(operation: str) -> str:
    return f"https://docs.aws.amazon.com/STS/latest/APIReference/API_{operation}.html"
