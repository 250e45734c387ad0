"""Medians, ratios and verdicts of runs, and the table that is made of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.comparison import keeping
from tests.bench.comparison.clients import client
from tests.bench.comparison.figures import summaries, verdict
from tests.bench.comparison.rounds import Result, Run
from tests.bench.comparison.running import Cost
from tests.bench.comparison.table import Measured, as_json, page
from tests.bench.comparison.targets import Figure, Target
from tests.bench.comparison.workloads import WORKLOADS, Workload

RELAY = WORKLOADS[0]


def run(name: str, number: int, seconds: float, *, cpu: float = 1.0, requests: int = 200) -> Run:
    cost = Cost(seconds, cpu_seconds=cpu, memory_mb=150.0, largest_mb=100.0)
    return Run(name, number, cost, {"get": 50, "put": requests - 50}, server_cpu=0.5, load=1.0)


def result(*runs: Run, failed: tuple[str, ...] = ()) -> Result:
    return Result(RELAY.name, "2026-01-02 03:04 UTC", 100, list(runs), list(failed))


TWO_PEERS = result(
    *(run("xs3-tui", number, seconds, cpu=3.0) for number, seconds in enumerate((1.0, 2.0, 4.0))),
    *(run("obstore", number, seconds, cpu=2.0) for number, seconds in enumerate((1.5, 2.0, 9.0))),
    *(run("rclone, no checks", number, seconds) for number, seconds in enumerate((3.0, 3.0, 3.0))),
)
"""Ratios to obstore: 1.5, 1.0, 2.25."""


def test_a_client_is_summed_up_by_medians() -> None:
    [ours, *_] = summaries(TWO_PEERS)
    assert (ours.client, ours.rounds, ours.seconds, ours.least, ours.most) == ("xs3-tui", 3, 2.0, 1.0, 4.0)
    assert (ours.requests, ours.memory_mb, ours.largest_mb) == (2.0, 150.0, 100.0)


@pytest.mark.parametrize(("bound", "met"), [(1.5, True), (1.51, False)])
def test_speed_is_the_median_of_the_ratios_to_the_peer_with_the_least_median(bound: float, met: bool) -> None:
    found = verdict(TWO_PEERS, Target("xs3-tui", Figure.SPEED, bound, ("rclone, no checks", "obstore")))
    assert (found.against, found.measured, found.met) == ("obstore", 1.5, met)


@pytest.mark.parametrize(("bound", "met"), [(1.5, True), (1.49, False)])
def test_cpu_is_a_ratio_to_the_fastest_peer(bound: float, met: bool) -> None:
    found = verdict(TWO_PEERS, Target("xs3-tui", Figure.CPU, bound, ("obstore",)))
    assert (found.measured, found.met) == (1.5, met)


def test_memory_is_the_largest_process_and_requests_are_those_of_an_object() -> None:
    assert verdict(TWO_PEERS, Target("xs3-tui", Figure.MEMORY, 100)).met
    assert not verdict(TWO_PEERS, Target("xs3-tui", Figure.MEMORY, 99)).met
    assert verdict(TWO_PEERS, Target("xs3-tui", Figure.REQUESTS, 2)).met
    assert not verdict(TWO_PEERS, Target("xs3-tui", Figure.REQUESTS, 1)).met
    with_listing = result(run("xs3-tui", 0, 1.0, requests=201))
    assert verdict(with_listing, Target("xs3-tui", Figure.REQUESTS, 2)).met


def test_only_rounds_that_both_have_are_compared() -> None:
    some = result(run("xs3-tui", 0, 1.0), run("xs3-tui", 1, 1.0), run("obstore", 1, 7.0))
    assert verdict(some, Target("xs3-tui", Figure.SPEED, 1, ("obstore",))).measured == 7.0


@pytest.mark.parametrize("runs", [(), (run("xs3-tui", 0, 1.0),), (run("obstore", 0, 1.0),)])
def test_what_was_not_measured_is_not_met(runs: tuple[Run, ...]) -> None:
    found = verdict(result(*runs), Target("xs3-tui", Figure.SPEED, 0.1, ("obstore",)))
    assert (found.measured, found.met) == (None, False)


def measured(of: Result = TWO_PEERS) -> Measured:
    return Measured(RELAY, of, {"cores": "2"}, {"obstore": "0.12.1"})


def test_the_page_has_each_target_each_client_and_where_it_was_measured() -> None:
    text = page([measured()])
    assert f"| {RELAY.title} | xs3-tui | speed | obstore | ≥ 1× | 1.50× | met |" in text
    assert f"| {RELAY.title} | xs3-tui | speed | – | ≥ 1.5× | – | missed |" in text
    assert f"| {RELAY.title} | xs3-tui | 2.00 (1.00–4.00) | 3.00 | 0.50 | 150 | 2 | 1.0 |" in text
    assert f"2026-01-02, 3 rounds: cores 2, obstore 0.12.1: {RELAY.name}" in text
    assert "failed" not in text.split("| workload |")[-1]


def test_a_run_that_was_wrong_is_on_the_page_and_in_the_json() -> None:
    wrong = measured(result(failed=("obstore: 7 objects at the target instead of 8",)))
    assert f"- {RELAY.name}: obstore: 7 objects at the target instead of 8" in page([wrong])
    assert as_json([wrong])[RELAY.name]["failed"] == wrong.result.failed


def test_the_json_has_every_run_and_every_target() -> None:
    told = as_json([measured()])[RELAY.name]
    assert len(told["runs"]) == 9
    assert told["targets"][0] == {
        "client": "xs3-tui",
        "figure": "speed",
        "against": "obstore",
        "peers": ["obstore", "rclone, no checks"],
        "target": 1.0,
        "measured": 1.5,
        "met": True,
    }


def test_results_are_kept_for_the_table_of_several_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "RESULTS", tmp_path)
    keeping.keep(measured())
    assert keeping.kept(WORKLOADS) == [measured()]


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_every_client_of_a_workload_can_do_it_and_every_target_is_about_clients_of_it(workload: Workload) -> None:
    assert all(workload.kind in client(name).kinds for name in workload.clients)
    named = {name for target in workload.targets for name in (target.ours, *target.peers)}
    assert named <= set(workload.clients)
