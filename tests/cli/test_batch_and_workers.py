"""Copies that others carry out: jobs of S3 Batch Operations on the demo, and workers in processes of their own."""

import json
import os
import secrets
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import tui
from tests.cli.conftest import Ended, Run, one_engine
from tests.features.cluster.dask_cluster import DaskCluster, running_cluster
from tests.servers.buckets import fresh_bucket
from tests.servers.server import S3Server
from tests.servers.surroundings import scratch_variables, use
from tests.waiting import PATIENCE, until_true

SECONDS = 60 * PATIENCE


@dataclass(frozen=True, slots=True)
class Jobs:
    """Source, target and reports are buckets of media-prod; the role is not there before `grant`."""

    run: Run
    server: S3Server
    source: str
    target: str
    reports: str
    role: str

    @property
    def client(self) -> Any:
        return self.server.client(self.server.a)

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::111111111111:role/{self.role}"

    @property
    def ends(self) -> tuple[str, str]:
        return f"s3://{self.source}/data/", f"s3://{self.target}/data/"

    @property
    def made(self) -> tuple[str, ...]:
        where = ("--reports", f"s3://{self.reports}/jobs/", *self.ends)
        return ("--profile", "media-prod", "--job-role", self.role, "--generated", *where)

    @property
    def job(self) -> tuple[str, ...]:
        return ("--profile", "media-prod", "--batch-role", self.arn, "--batch-reports", f"s3://{self.reports}/jobs/")

    def put(self, *names: str, **more: str) -> None:
        for name in names:
            self.client.put_object(Bucket=self.source, Key=f"data/{name}", Body=f"content of {name}".encode(), **more)

    def copy(self, *options: str, ends: Sequence[str] = ()) -> Ended:
        copied = ("cp", "-r", "--engine", "batch", "--on-conflict", "overwrite", *self.job)
        return self.run(*copied, *options, *(ends or self.ends), timeout=SECONDS)

    def background(self, *options: str) -> str:
        return str(self.copy("--background", "--json", *options).succeeded().objects[0]["transfer"])

    def transfer(self, name: str) -> dict[str, Any]:
        [shown] = [each for each in self.run("transfers", "--json").objects if each["id"] == name]
        return dict(shown)

    def until_waiting(self, name: str) -> dict[str, Any]:
        until_true(lambda: "Suspended" in self.transfer(name)["elsewhere"], "the job waits", 30)
        return self.transfer(name)

    def jobs(self) -> list[dict[str, Any]]:
        listed = self.run("batch", "jobs", "--profile", "media-prod", "--json").objects
        return [each for each in listed if self.source in each["description"]]

    def copied(self) -> list[str]:
        return [entry["Key"] for entry in self.client.list_objects_v2(Bucket=self.target).get("Contents", [])]

    def make_role(self, trusted: str = "batchoperations.s3.amazonaws.com") -> None:
        statement = {"Effect": "Allow", "Principal": {"Service": trusted}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.create_role(RoleName=self.role, AssumeRolePolicyDocument=document)

    @property
    def iam(self) -> Any:
        return self.server.client(self.server.a, "iam")


@pytest.fixture
def jobs(run: Run, demo_environment: S3Server) -> Iterator[Jobs]:
    with ExitStack() as stack:
        server = demo_environment
        source, target, reports = (stack.enter_context(fresh_bucket(server, server.a)) for _ in range(3))
        stack.enter_context(one_engine())
        yield Jobs(run, server, source, target, reports, f"jobs-{secrets.token_hex(4)}")


@pytest.fixture
def granted(jobs: Jobs) -> Jobs:
    """The role is made by command."""
    jobs.run("access", "batch", "grant", "--yes", *jobs.made).succeeded()
    return jobs


NAMES = ("a b", "ü", 'quo"te,', "plus+%20")


@pytest.mark.thorough
@pytest.mark.parametrize("manifest", ["list", "generator"])
def test_from_the_role_to_the_verified_receipt(granted: Jobs, tmp_path: Path, manifest: str) -> None:
    jobs, receipt = granted, tmp_path / "receipt.jsonl"
    jobs.put(*NAMES)
    options = ("--batch-manifest", manifest)
    planned = jobs.copy("--dry-run", *options).ended(0, out=f"with the role {jobs.arn}")
    assert "dry run: 4 copy" in planned.out
    assert "missing:" not in planned.out
    assert jobs.jobs() == []
    done = jobs.copy("--receipt", str(receipt), *options).succeeded()
    assert "done: 4 copied (size unknown), 0 skipped, 0 failed" in done.out
    assert "0 B" not in done.out, "S3's report names no sizes: they are not known"
    assert "verified 4 of 4 copies, drawn at random: 4 same by checksum or ETag" in done.out
    assert jobs.copied() == sorted(f"data/{name}" for name in NAMES)
    first, *lines = [json.loads(line) for line in receipt.read_text(encoding="utf-8").splitlines()]
    assert (first["transfer"]["engine"], first["objects"]) == ("batch", 4)
    assert {line["result"]["size"] for line in lines} == {None}
    jobs.run("verify", "--profile", "media-prod", str(receipt), timeout=SECONDS).ended(0, out="4 same")
    cut = tmp_path / "cut.jsonl"
    cut.write_text("".join(receipt.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")
    shorter = jobs.run("verify", "--profile", "media-prod", str(cut), timeout=SECONDS)
    shorter.ended(1, out="3 same; no content was read; the receipt has 3 of its 4 objects")
    jobs.client.put_object(Bucket=jobs.target, Key="data/a b", Body=b"something else")
    jobs.client.delete_object(Bucket=jobs.target, Key="data/ü")
    changed = jobs.run("verify", "--profile", "media-prod", "--json", str(receipt), timeout=SECONDS)
    states = {each["result"]["target"][-1]: each["result"]["state"] for each in changed.objects if "result" in each}
    assert (changed.code, states) == (1, {"b": "differs", "ü": "missing", ",": "same", "0": "same"}), changed.out
    [job] = jobs.jobs()
    assert (job["state"], job["succeeded"], job["transfer"]) == ("Complete", 4, first["transfer"]["id"])
    listed = jobs.run("batch", "jobs", "--profile", "media-prod")
    assert f"{job['id']}  Complete    S3PutObjectCopy         priority 10  4 of 4 objects" in listed.out
    assert f"{job['transfer']}  done       copy    batch  100 %  4 of 4 objects" in jobs.run("transfers").out


@pytest.mark.thorough
def test_json_has_each_object_and_the_total_and_what_is_done_is_no_job_again(granted: Jobs) -> None:
    granted.put("a", "b")
    done = granted.copy("--json").succeeded()
    assert [(each["outcome"], each["size"]) for each in done.results] == [("copied", None)] * 2
    assert (done.total["engine"], done.total["objects_done"], done.total["bytes_total"]) == ("batch", 2, 0)
    plan, *planned = granted.copy("--json", "--dry-run").objects
    assert (plan["type"], plan["plan"]["missing"]) == ("job", [])
    assert {each["type"] for each in planned} == {"planned", "plan"}
    granted.copy("--on-conflict", "skip", "--batch-manifest", "list").ended(0, out="nothing to do")
    assert len(granted.jobs()) == 1
    name = done.total["id"]
    granted.run("transfers", name, "--retry").ended(2, err=f"{name} has ended (done): nothing to retry")
    assert granted.run("transfers", "--retry", "--all").code == 0
    assert granted.transfer(name)["elsewhere"].startswith("job ")


@pytest.mark.thorough
def test_a_job_waits_gets_a_priority_and_is_confirmed(granted: Jobs) -> None:
    jobs = granted
    jobs.put("a", "b")
    name = jobs.background("--batch-confirm", "--batch-priority", "7", "--batch-tag", "team=media")
    waiting = jobs.until_waiting(name)
    assert waiting["state"] == "waiting"
    assert f"xs3-tui batch confirm {name}" in waiting["waits_for"]["remedy"]
    assert f"{name}  waiting    copy    batch    0 %  0 of 2 objects" in jobs.run("transfers").out
    jobs.run("transfers", name, "--watch").ended(1, out="waits for your confirmation")
    assert jobs.run("batch", "priority", name, "44").out == f"the job of {name} has priority 44\n"
    assert [each["priority"] for each in jobs.jobs()] == [44]
    assert jobs.run("batch", "priority", name, "45", "--json").objects == [{"transfer": name, "priority": 45}]
    jobs.run("transfers", name, "--pause").ended(2, err="cannot pause a job")
    assert jobs.run("batch", "confirm", name, "--json").objects == [{"transfer": name, "confirmed": True}]
    assert jobs.run("transfers", name, "--watch", timeout=SECONDS).code == 0
    assert jobs.copied() == ["data/a", "data/b"]
    for late in (("confirm", name), ("priority", name, "1")):
        jobs.run("batch", *late).ended(2, err="its job has ended")


@pytest.fixture
def another_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A home without transfers; the AWS settings are the same."""
    with tempfile.TemporaryDirectory(prefix="xs3-") as directory:
        aws = {name: os.environ[name] for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}
        with pytest.MonkeyPatch.context() as patch:
            use(patch, {**scratch_variables(Path(directory)), **aws})
            yield patch


@pytest.mark.thorough
def test_another_machine_finds_the_job_and_takes_it_over(
    granted: Jobs, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    jobs, receipt = granted, tmp_path / "receipt.jsonl"
    jobs.put("a", "b")
    name = jobs.background("--batch-confirm", "--receipt", str(receipt))
    jobs.until_waiting(name)
    request.getfixturevalue("another_machine")
    assert jobs.run("transfers").out == "no transfers\n"
    [job] = jobs.jobs()
    assert (job["state"], job["transfer"]) == ("Suspended", name)
    taken = jobs.run("batch", "adopt", job["id"], "--profile", "media-prod", "--background", "--json")
    assert (taken.code, taken.objects[0]["transfer"]) == (0, name), taken
    jobs.until_waiting(name)
    assert jobs.run("batch", "confirm", name).code == 0
    assert jobs.run("transfers", name, "--watch", timeout=SECONDS).code == 0
    assert (jobs.transfer(name)["objects_done"], jobs.copied()) == (2, ["data/a", "data/b"])
    assert len(jobs.jobs()) == 1


@pytest.mark.thorough
def test_no_role_and_a_role_of_another_service(jobs: Jobs) -> None:
    jobs.put("a")
    jobs.copy().ended(2, err=f"has no role {jobs.role}")
    jobs.make_role(trusted="ec2.amazonaws.com")
    jobs.copy().ended(3, err="batchoperations.s3.amazonaws.com")
    shown = jobs.copy("--dry-run", "--json").ended(3)
    assert shown.objects[0]["plan"]["missing"], shown.out
    as_json = jobs.copy("--json").ended(3)
    assert (as_json.err, as_json.objects[0]["problem"]["kind"]) == ("", "denied"), as_json.out
    assert (jobs.jobs(), jobs.copied()) == ([], [])


Operate = Callable[..., Ended]


@pytest.fixture
def operate(jobs: Jobs) -> Operate:
    """Makes the role for one operation, then runs its command on all that is in the source."""

    def operate(operation: str, *options: str, access: tuple[str, ...]) -> Ended:
        where = f"s3://{jobs.source}/data/"
        reports = ("--reports", f"s3://{jobs.reports}/jobs/", "--job-role", jobs.role, "--generated")
        jobs.run("access", "batch", "grant", "--yes", "--profile", "media-prod", *access, *reports, where).succeeded()
        return jobs.run("batch", operation, *options, *jobs.job, where, timeout=SECONDS)

    return operate


@pytest.mark.thorough
def test_tags_are_set_and_removed(jobs: Jobs, operate: Operate, tmp_path: Path) -> None:
    jobs.put("a", "b", Tagging="old=1")
    receipt = tmp_path / "receipt.jsonl"
    options = ("--set", "kind=log", "--receipt", str(receipt))
    operate("tags", *options, access=("--operation", "put-tags")).ended(0, out="done: 2 tagged")
    tags = [jobs.client.get_object_tagging(Bucket=jobs.source, Key=f"data/{name}")["TagSet"] for name in "ab"]
    assert tags == [[{"Key": "kind", "Value": "log"}]] * 2
    first, *lines = [json.loads(line) for line in receipt.read_text(encoding="utf-8").splitlines()]
    assert (first["transfer"]["engine"], len(lines)) == ("batch", 2)
    removed = operate("tags", "--remove", "--json", access=("--operation", "delete-tags")).succeeded()
    assert removed.outcomes == ["changed"] * 2
    assert jobs.client.get_object_tagging(Bucket=jobs.source, Key="data/a")["TagSet"] == []
    jobs.run("batch", "tags", *jobs.job, f"s3://{jobs.source}/data/").ended(2, err="--set NAME=VALUE")


@pytest.mark.thorough
def test_an_acl_is_given_checksums_are_in_the_results_and_archived_objects_restored(
    jobs: Jobs, operate: Operate
) -> None:
    jobs.put("a")
    where = f"s3://{jobs.source}/data/"
    canned = "bucket-owner-full-control"
    done = operate("acl", "--acl", canned, "--json", access=("--operation", "acl", "--acl", canned)).succeeded()
    assert done.outcomes == ["changed"]
    jobs.run("batch", "acl", "--acl", "everything-for-all", *jobs.job, where).ended(2)
    done = operate("checksum", "--algorithm", "SHA256", "--json", access=("--operation", "checksum")).succeeded()
    assert [each["checksum"][:7] for each in done.results] == ["SHA256:"]
    jobs.run("batch", "checksum", "--dry-run", *jobs.job, where).ended(0, out="nothing was written")
    jobs.run("batch", "checksum", *jobs.job, "./here").ended(2)
    jobs.put("a", StorageClass="GLACIER")
    done = operate("restore", "--days", "2", "--json", access=("--operation", "restore")).succeeded()
    assert done.outcomes == ["requested"]
    assert "ongoing-request" in jobs.client.head_object(Bucket=jobs.source, Key="data/a")["Restore"]
    both = ("--days", "2", "--intelligent-tiering")
    jobs.run("batch", "restore", *both, *jobs.job, where).ended(2, err="leave out --days")


NAME = "batch-by-command"


@dataclass(frozen=True, slots=True)
class Across:
    server: S3Server
    source: str
    target: str

    @property
    def words(self) -> tuple[str, ...]:
        """The job: a copy from media-prod to analytics, created in the account of analytics."""
        return (
            *("--profile", "analytics", "--other", "media-prod", "--job-role", NAME),
            *("--reports", f"s3://{self.target}/reports/", f"s3://{self.source}/data/", f"s3://{self.target}/in/"),
        )


@pytest.fixture
def across(demo_environment: S3Server) -> Iterator[Across]:
    server = demo_environment
    with fresh_bucket(server, server.a) as source, fresh_bucket(server, server.b) as target, one_engine():
        server.client(server.a).put_object(Bucket=source, Key="data/a b", Body=b"content")
        yield Across(server, source, target)


@pytest.mark.thorough
def test_a_role_is_made_checked_and_taken_back(run: Run, across: Across) -> None:
    none = f"✗ account 222222222222 has no role {NAME}"
    missing = run("access", "batch", "check", *across.words).ended(1, out=none)
    command = f"xs3-tui access batch grant --profile analytics --other media-prod --job-role {NAME} --reports"
    assert command in missing.out
    [plan] = run("access", "batch", "grant", "--json", *across.words).ended(2, err="add --yes").objects
    assert [each["ref"]["kind"] for each in plan["changes"]] == ["role trust policy", "role policy", "bucket policy"]
    trust = json.loads(plan["changes"][0]["after"])["Statement"][0]
    assert trust["Principal"] == {"Service": "batchoperations.s3.amazonaws.com"}
    terraform = run("access", "batch", "grant", "--format", "terraform", *across.words).out
    assert 'resource "aws_iam_role" "batch_by_command"' in terraform
    assert run("access", "batch", "check", "--json", *across.words).objects[0]["missing"][0]["operation"] == "GetRole"
    granted = run("access", "batch", "grant", "--yes", *across.words).succeeded()
    assert "Change in account 222222222222: role trust policy of role batch-by-command" in granted.out
    assert f"Change in account 111111111111: bucket policy of {across.source}" in granted.out
    assert "✓ arn:aws:iam::222222222222:role/batch-by-command has all that the job needs" in granted.out
    iam = across.server.client(across.server.b, "iam")
    policy = iam.get_role_policy(RoleName=NAME, PolicyName="xs3-tui-batch")["PolicyDocument"]
    assert {tuple(each["Resource"].split(":::")) for each in policy["Statement"]} == {
        ("arn:aws:s3", f"{across.source}/data/*"),
        ("arn:aws:s3", f"{across.target}/in/*"),
        ("arn:aws:s3", f"{across.target}/reports/xs3-tui/*"),
    }
    assert run("access", "batch", "grant", "--yes", *across.words).out.count("no change") == 3
    run("access", "batch", "revoke", "--yes", *across.words).succeeded()
    assert run("access", "batch", "check", *across.words).code == 1
    assert run("access", "undo", "--yes").code == 0
    assert run("access", "batch", "check", *across.words).code == 0, "all of the revocation is taken back"
    assert run("access", "undo", "--yes").code == 0
    run("access", "batch", "check", *across.words).ended(1, out=none)


def test_what_cannot_be_is_refused_in_words(run: Run, across: Across) -> None:
    batch = ("access", "batch")
    nowhere = ("--profile", "analytics", "--reports", "s3://r/", f"s3://{across.source}")
    run(*batch, "check", *nowhere).ended(2, err="name the target of the copy")
    elsewhere = ("--yes", "--region", "eu-west-1", *across.words)
    run(*batch, "grant", *elsewhere).ended(2, err="the job is created in eu-west-1")
    run(*batch, "check", "--reports", "./r", f"s3://{across.source}", f"s3://{across.target}").ended(2)
    # what no job can do, before a role is asked for
    source, target = f"s3://{across.source}", f"s3://{across.target}"
    asked = ("cp", "-r", "--engine", "batch", "--profile", "media-prod", f"{source}/data/", f"{target}/")
    run(*asked).ended(2, err="add --batch-reports s3://BUCKET/PREFIX/")
    relayed = ("--batch-reports", f"{source}/jobs/", "--on-conflict", "overwrite", "--route", "relay")
    run(*asked, *relayed).ended(2, err="it cannot do this: relay")


@pytest.mark.thorough
def test_the_printed_command_makes_a_role_for_the_copy(run: Run, across: Across) -> None:
    source, target = across.source, across.target
    copy = (
        *("cp", "--recursive", "--engine", "batch", "--from", "media-prod", "--to", "analytics"),
        *("--on-conflict", "overwrite", "--batch-reports", f"s3://{target}/jobs/"),
        *(f"s3://{source}/data/", f"s3://{target}/in/data/"),
    )
    refused = run(*copy).ended(2, err="a job of S3 Batch Operations needs an IAM role")
    role = f"arn:aws:iam::222222222222:role/xs3-tui-batch-{target}"[: len("arn:aws:iam::222222222222:role/") + 64]
    said, _, command = refused.err.partition("after creating the role with: ")
    assert f"add --batch-role {role}, or batch_role in [scale]" in said
    words = shlex.split(command.splitlines()[0])
    assert words[:8] == ["xs3-tui", "access", "batch", "grant", "--profile", "analytics", "--other", "media-prod"]
    run(*words[1:], "--yes").succeeded()
    try:
        run(*copy, "--batch-role", role).succeeded()
        there = across.server.client(across.server.b).get_object(Bucket=target, Key="in/data/a b")
        assert there["Body"].read() == b"content"
    finally:
        assert run("access", "batch", "revoke", *words[4:], "--yes").code == 0


@pytest.fixture
def cluster(demo_environment: S3Server, tmp_path: Path) -> Iterator[DaskCluster]:
    scratch = {"DASK_TEMPORARY_DIRECTORY": str(tmp_path)}
    with running_cluster(tmp_path / "dask", {**demo_environment.environment, **scratch}, workers=1) as cluster:
        yield cluster


def tls(cluster: DaskCluster) -> list[str]:
    file = str(cluster.certificate)
    return ["--cluster-ca", file, "--cluster-cert", file, "--cluster-key", file]


ENDS = ("--from", "media-prod", "--to", "analytics")


def test_a_cluster_where_nothing_is_missing_copies(run: Run, cluster: DaskCluster) -> None:
    scheduler, worker = run("workers", "check", cluster.address, *ENDS, *tls(cluster)).succeeded().out.splitlines()
    assert scheduler.startswith("scheduler  nothing is missing  python ")
    assert worker.startswith("worker-1")
    assert "nothing is missing" in worker
    assert "xs3-tui" in worker
    copied = run(
        "cp", "-r", "s3://media-prod-assets/video/", "s3://analytics-landing/by-workers/", *ENDS, *tls(cluster),
        "--on-conflict", "overwrite", "--engine", cluster.address, "--json",
    ).succeeded()  # fmt: skip
    assert copied.total["engine"] == cluster.address
    assert copied.total["objects_done"] == len(copied.results) > 0
    assert [each["failed"] for each in copied.total["workers"]] == [0]


@pytest.mark.thorough
def test_what_is_missing_on_a_worker_is_named(run: Run, cluster: DaskCluster, tmp_path: Path) -> None:
    none = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), str(tmp_path / "none"))
    cluster.start_worker({**none, "AWS_EC2_METADATA_DISABLED": "true"})
    profiles = ("--worker-credentials", "profiles")
    ended = run("workers", "check", cluster.address, *ENDS, *tls(cluster), *profiles, "--json").ended(1)
    scheduler, first, second = ended.objects
    assert (scheduler["name"], scheduler["missing"], first["missing"]) == ("scheduler", [], [])
    assert [each["title"] for each in second["missing"]] == ["no profile 'media-prod'", "no profile 'analytics'"]


@pytest.mark.thorough
def test_a_worker_of_another_release_is_named(run: Run, cluster: DaskCluster, tmp_path: Path) -> None:
    shutil.copytree(Path(tui.__file__).parent, tmp_path / "tui", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tui/__init__.py").write_text('__version__ = "0.0.1"')
    other = cluster.start_worker({**cluster.environment, "PYTHONPATH": str(tmp_path)})
    _, first, second, *lines = run("workers", "check", cluster.address, *ENDS, *tls(cluster)).ended(1).out.splitlines()
    assert "nothing is missing" in first
    assert second.startswith(other.name)
    title = f"worker {other.name} has xs3-tui 0.0.1, not {tui.__version__}"
    assert lines == [f"  {title} · install xs3-tui {tui.__version__} there"]
