"""What holds of all assumptions, without any server."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.assumptions.claims import CLAIMS
from tests.assumptions.page import PAGE, page
from tests.assumptions.registry import Assumption, Check, Outcome, Verdict, assumption, assumptions, outcome
from tests.assumptions.scene import Need, Party, Scene, same
from tests.assumptions.servers import DIFFERENCES, LACKS, known

ROOT = Path(__file__).parents[2]
EVERY = list(assumptions().values())


def test_there_are_enough_and_each_says_what_it_means_once() -> None:
    assert len(EVERY) >= 120
    assert len({each.says for each in EVERY}) == len(EVERY)
    assert [each.name for each in EVERY if not re.fullmatch(r"[A-Z].*[a-z)*5]\.|.*[.]", each.says)] == []


def test_each_has_its_page_of_aws_and_a_place_in_the_product() -> None:
    assert [each.name for each in EVERY if not each.source.startswith("https://docs.aws.amazon.com/")] == []
    assert [(each.name, each.used) for each in EVERY if not re.fullmatch(r"tui/[\w/]+\.py", each.used)] == []
    assert [(each.name, each.used) for each in EVERY if not (ROOT / each.used).is_file()] == []


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make verification`"


def test_differences_are_of_assumptions_that_apply() -> None:
    for server, differing in known().items():
        lacking = {each.name for each in EVERY if each.needs & LACKS[server].keys()}
        assert set(differing) <= {each.name for each in EVERY} - lacking, server
        assert all(differing.values()), server


def test_differences_name_nothing_of_one_run() -> None:
    assert not re.search(
        r"xs3-tui-test-|[0-9a-f]{8}-[0-9a-f]{4}-|127\.0\.0\.1", DIFFERENCES.read_text(encoding="utf-8")
    )
    assert json.loads(DIFFERENCES.read_text(encoding="utf-8")).keys() == LACKS.keys()


def test_claims_are_in_the_manual_and_name_assumptions() -> None:
    pages = {each.page: " ".join((ROOT / "docs" / each.page).read_text(encoding="utf-8").split()) for each in CLAIMS}
    assert [(each.page, each.says) for each in CLAIMS if each.says not in pages[each.page]] == []
    assert [name for each in CLAIMS for name in each.assumptions if name not in assumptions()] == []
    assert [each.says for each in CLAIMS if bool(each.assumptions) == bool(each.why)] == []


PARTY = Party("a", "canonical", "111111111111", "arn:aws:iam::111111111111:root", "us-east-1")


def clients(party: Party | None, service: str, **config: object) -> object:
    raise AssertionError("not asked")


def of(check: Check, *needs: Need) -> Assumption:
    return Assumption(check, "It is so.", "", "", frozenset(needs))


def test_an_outcome_says_what_the_server_does() -> None:
    scene = Scene(PARTY, PARTY, clients, {Need.KMS: "it has no KMS"}, name="xs3-tui-test-0000")

    def refuses(_: Scene) -> None:
        said: Any = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
        raise ClientError(said, "GetObject")

    assert outcome(of(lambda _: same(1, 1)), scene) == Outcome(Verdict.AGREES)
    assert outcome(of(lambda _: same("OK", "404 NoSuchKey")), scene) == Outcome(
        Verdict.DIFFERS, "OK; AWS: 404 NoSuchKey"
    )
    assert outcome(of(lambda scene: same(scene.name, "x")), scene) == Outcome(Verdict.DIFFERS, "xs3-tui-test; AWS: x")
    assert outcome(of(refuses), scene) == Outcome(Verdict.DIFFERS, "GetObject: 403 AccessDenied")
    assert outcome(of(lambda _: same(dict[str, str]()["Owner"], "")), scene) == Outcome(Verdict.DIFFERS, "no Owner")
    assert outcome(of(refuses, Need.KMS), scene) == Outcome(Verdict.NOT_APPLICABLE, "it has no KMS")


def test_two_of_one_name_are_refused() -> None:
    def a_bucket_without_a_policy_has_a_code(scene: Scene) -> None:
        """It is so."""

    with pytest.raises(ValueError, match="two assumptions"):
        assumption(source="", used="")(a_bucket_without_a_policy_has_a_code)
