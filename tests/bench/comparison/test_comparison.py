"""What a run costs and when it is wrong, a copy that is not whole, and the table that is made of the runs."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.__main__ import is_meant
from tests.bench.comparison import table
from tests.bench.comparison.clients import Place, client
from tests.bench.comparison.rounds import (
    LAUNCHER,
    Cost,
    Earlier,
    Reader,
    Result,
    Run,
    RunError,
    bare_environment,
    measure,
    run,
    verify_copies,
    verify_listing,
)
from tests.bench.comparison.table import Measured, page, summaries, verdict
from tests.bench.comparison.workloads import WORKLOADS, Figure, Target
from tests.servers.daemon import runs
from tests.servers.standin.standin import GeneratedBucket, running_standin
from tests.waiting import until_true

LEFT = """
import signal, time
while time.process_time() < 0.3: pass
print(flush=True)
signal.pause()
"""
LEAVES = f"""
import subprocess, sys
left = subprocess.Popen([sys.executable, "-c", {LEFT!r}], stdout=subprocess.PIPE, start_new_session=True)
left.stdout.readline()
print(left.pid)
"""


def test_a_process_that_the_command_leaves_is_ended_and_counted(tmp_path: Path) -> None:
    cost, output = run([sys.executable, "-c", LEAVES], bare_environment(), tmp_path)
    left = int(output.read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(left, 0)
    assert cost.cpu_seconds > 0.3
    assert cost.memory_mb >= cost.largest_mb > 0
    assert cost.seconds > 0


def test_a_run_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    report, output = tmp_path / "report", tmp_path / "output"
    waits = [sys.executable, "-c", f"{LEAVES}sys.stdout.flush()\nleft.wait()"]
    launched = [sys.executable, "-ISE", str(LAUNCHER), str(report), str(output), "60", "null", *waits]
    launcher = subprocess.Popen(launched, stdin=subprocess.DEVNULL)
    until_true(lambda: output.exists() and output.read_text().endswith("\n"), "the command has left a process")
    launcher.terminate()
    assert launcher.wait() == 1
    with pytest.raises(ProcessLookupError):
        os.kill(int(output.read_text()), 0)
    assert not report.exists()


def test_the_peak_is_that_of_the_command_and_not_of_this_process(tmp_path: Path) -> None:
    ballast = bytes(200 << 20)
    small, _ = run(["true"], bare_environment(), tmp_path)
    large, _ = run([sys.executable, "-c", "x = b'x' * (100 << 20)"], bare_environment(), tmp_path)
    assert len(ballast) == 200 << 20
    assert small.largest_mb < 50 < 100 < large.largest_mb < 200


@pytest.mark.parametrize("stays", [True, False])
def test_what_an_earlier_command_leaves_stays_if_it_should_and_has_cost_nothing(tmp_path: Path, *, stays: bool) -> None:
    left: list[int] = []

    def begin() -> None:
        left.append(int((tmp_path / "output").read_text()))
        assert runs(left[0]) is stays

    cost, _ = run(["true"], bare_environment(), tmp_path, Earlier([sys.executable, "-c", LEAVES], stays), begin)
    assert not runs(left[0])
    assert cost.cpu_seconds < 0.3


def test_a_command_that_fails_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="the earlier command ended with 3"):
        run(["true"], bare_environment(), tmp_path, Earlier(["sh", "-c", "exit 3"], stays=True))
    for command, says in (("exit 3", "sh ended"), ("echo said >&2; exit 3", "said"), ("kill -9 $$", "sh ended")):
        with pytest.raises(RunError, match=says):
            run(["sh", "-c", command], bare_environment(), tmp_path)


def test_a_listing_has_every_key_once(tmp_path: Path) -> None:
    output = tmp_path / "output"
    lines = [f"logs/0000/00/event-{number:08}-7f3a9c.json.gz" for number in range(5)]
    output.write_text("\n".join(lines))
    verify_listing(output, 5)
    output.write_text("5\n")
    verify_listing(output, 5)
    for wrong in ("4\n", "", "\n".join(lines[1:]), "\n".join([*lines, lines[0]]), "\n".join([lines[1], *lines[1:]])):
        output.write_text(wrong)
        with pytest.raises(RunError):
            verify_listing(output, 5)


COUNT, SIZE = 5, 1000


@pytest.mark.server
def test_a_copy_that_is_not_the_source_is_wrong(tmp_path: Path) -> None:
    with running_standin(tmp_path, [GeneratedBucket("source", COUNT, SIZE)]) as standin:
        source, target = (Place(standin.server.endpoint, bucket) for bucket in ("source", "kept"))
        client = standin.server.client(standin.server.a)
        for key, _ in Reader().listed(source):
            client.copy_object(Bucket="kept", Key=key, CopySource={"Bucket": "source", "Key": key})
        verify_copies(Reader(), source, target, count=COUNT, size=SIZE, contents=True)
        for body, says in ((b"short", "not 1000 bytes"), (bytes(SIZE), "is another one")):
            client.put_object(Bucket="kept", Key=key, Body=body)
            with pytest.raises(RunError, match=says):
                verify_copies(Reader(), source, target, count=COUNT, size=SIZE, contents=True)
        client.delete_object(Bucket="kept", Key=key)
        with pytest.raises(RunError, match="4 objects"):
            verify_copies(Reader(), source, target, count=COUNT, size=SIZE, contents=True)


@pytest.mark.server
@pytest.mark.parametrize(
    "name", ["relay-5k-0ms", "relay-5k-0ms-unknown-tags", "copy-5k-0ms", "large-tls", "large-unproven", "ls-5k"]
)
def test_our_commands_are_measured(name: str) -> None:
    [workload] = [each for each in WORKLOADS if each.name == name]
    ours = tuple(client for client in workload.clients if client.startswith("xs3-tui"))
    small = replace(workload, clients=ours, count=min(workload.count, 3), size=16 << 10)
    said: list[str] = []
    result = measure(small, 1, said.append)
    assert result.failed == []
    assert [run.client for run in result.runs] == list(ours)
    assert all(run.cost.cpu_seconds > 0 and sum(run.requests.values()) > 0 for run in result.runs)
    assert len(said) == len(ours)


RELAY = WORKLOADS[0]


def run_of(name: str, number: int, seconds: float, *, cpu: float = 1.0, requests: int = 200) -> Run:
    cost = Cost(seconds, cpu_seconds=cpu, memory_mb=150.0, largest_mb=100.0)
    return Run(name, number, cost, {"get": 50, "put": requests - 50}, server_cpu=0.5, load=1.0)


def result(*runs: Run, failed: tuple[str, ...] = ()) -> Result:
    return Result(RELAY.name, "2026-01-02 03:04 UTC", 100, list(runs), list(failed))


TWO_PEERS = result(
    *(run_of("xs3-tui", number, seconds, cpu=3.0) for number, seconds in enumerate((1.0, 2.0, 4.0))),
    *(run_of("obstore", number, seconds, cpu=2.0) for number, seconds in enumerate((1.5, 2.0, 9.0))),
    *(run_of("rclone, no checks", number, seconds) for number, seconds in enumerate((3.0, 3.0, 3.0))),
)
"""Ratios to obstore: 1.5, 1.0, 2.25."""


def test_a_client_is_summed_up_by_medians() -> None:
    [ours, *_] = summaries(TWO_PEERS)
    assert (ours.client, ours.rounds, ours.seconds, ours.least, ours.most) == ("xs3-tui", 3, 2.0, 1.0, 4.0)
    assert (ours.requests, ours.memory_mb, ours.largest_mb) == (2.0, 150.0, 100.0)


def test_speed_is_the_median_of_the_ratios_to_the_peer_with_the_least_median() -> None:
    speed = Target("xs3-tui", Figure.SPEED, 1.5, ("rclone, no checks", "obstore"))
    found = verdict(TWO_PEERS, speed)
    assert (found.against, found.measured, found.met) == ("obstore", 1.5, True)
    assert not verdict(TWO_PEERS, replace(speed, bound=1.51)).met


@pytest.mark.parametrize(
    ("figure", "bound"),
    [(Figure.SECONDS, 2), (Figure.CPU, 30), (Figure.MEMORY, 100), (Figure.TOGETHER, 150), (Figure.REQUESTS, 2)],
)
def test_other_figures_are_medians_of_ours_cpu_and_requests_an_object(figure: Figure, bound: float) -> None:
    assert verdict(TWO_PEERS, Target("xs3-tui", figure, bound)).met
    assert not verdict(TWO_PEERS, Target("xs3-tui", figure, bound - 0.06)).met


def test_a_listings_own_requests_do_not_count_against_one_an_object() -> None:
    assert verdict(result(run_of("xs3-tui", 0, 1.0, requests=201)), Target("xs3-tui", Figure.REQUESTS, 2)).met


def test_only_rounds_that_both_have_are_compared() -> None:
    some = result(run_of("xs3-tui", 0, 1.0), run_of("xs3-tui", 1, 1.0), run_of("obstore", 1, 7.0))
    assert verdict(some, Target("xs3-tui", Figure.SPEED, 1, ("obstore",))).measured == 7.0


def test_what_was_not_measured_is_not_met() -> None:
    for some in (result(), result(run_of("xs3-tui", 0, 1.0)), result(run_of("obstore", 0, 1.0))):
        found = verdict(some, Target("xs3-tui", Figure.SPEED, 0.1, ("obstore",)))
        assert (found.measured, found.met) == (None, False)


def measured(of: Result = TWO_PEERS) -> Measured:
    return Measured(RELAY, of, {"cores": "2"}, {"obstore": "0.12.1"})


def test_the_page_has_each_target_each_client_and_where_it_was_measured() -> None:
    text = page([measured()])
    assert f"| {RELAY.title} | xs3-tui | speed | obstore | ≥ 0.85× | 1.50× | met |" in text
    assert f"| {RELAY.title} | xs3-tui, warm engine | speed | – | ≥ 1.1× | – | missed |" in text
    assert f"| {RELAY.title} | xs3-tui | 2.00 (1.00–4.00) | 3.00 | 0.50 | 100 | 150 | 2 | 1.0 |" in text
    assert f"2026-01-02, 3 rounds: cores 2, obstore 0.12.1: {RELAY.name}" in text
    assert "failed" not in text.split("| workload |")[-1]
    wrong = measured(result(failed=("obstore: 7 objects at the target instead of 8",)))
    assert f"- {RELAY.name}: obstore: 7 objects at the target instead of 8" in page([wrong])


def test_the_page_ends_with_each_missed_target_and_its_figures() -> None:
    slow = replace(TWO_PEERS.runs[0], cost=replace(TWO_PEERS.runs[0].cost, seconds=3.0))
    *_, count, _, speed, warm, end = page([measured(result(slow, *TWO_PEERS.runs[3:]))]).split("\n")
    assert (count, end) == ("Missed targets: 2", "")
    assert speed == f"- {RELAY.title}: xs3-tui: speed 0.50× instead of ≥ 0.85× (3.00 s, obstore 2.00 s)"
    assert warm == f"- {RELAY.title}: xs3-tui, warm engine: speed – instead of ≥ 1.1×"


def test_results_are_kept_for_the_table_of_several_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "RESULTS", tmp_path)
    table.keep(measured())
    assert table.kept(WORKLOADS) == [measured()]


def test_every_client_of_a_workload_can_do_it_and_every_target_is_about_clients_of_it() -> None:
    for workload in WORKLOADS:
        assert all(workload.kind in client(name).kinds for name in workload.clients), workload.name
        named = {name for target in workload.targets for name in (target.ours, *target.peers)}
        assert named <= set(workload.clients), workload.name


def test_a_name_is_one_workload_and_a_word_all_whose_name_has_it() -> None:
    for word, meant in (("relay-5k-0ms", 1), ("relay-5k-0ms-unknown", 1), ("relay-5k", 4), ("none", 0)):
        assert sum(is_meant(each, word) for each in WORKLOADS) == meant, word
    assert all(is_meant(each, "") for each in WORKLOADS)
