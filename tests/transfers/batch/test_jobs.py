"""Jobs that fail, are cancelled, confirmed, retried, killed beside and taken over."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from msgspec.structs import replace

from tests.transfers.batch.world import PREFIX, JobsWorld, connection
from tests.waiting import until
from tui.demo.profiles import MEDIA_PROD
from tui.engine.answers.batch import adopt
from tui.model.batch.operations import BatchChecksum, BatchTags, ManifestSource
from tui.model.orders import BatchOrder, ConflictPolicy, CopyOptions
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import Outcome, TransferState
from tui.protocol.messages.batch import AdoptJob
from tui.transfers.batch.control import JobControl
from tui.transfers.journal import Journal
from tui.transfers.queue.kinds.batch_controls import confirm, set_priority

LIST = ManifestSource.LIST


async def test_a_failing_tenth_is_named_and_retried_by_this_machine(jobs: JobsWorld) -> None:
    keys = [f"{PREFIX}{number}" for number in range(20)]
    jobs.put(*keys)
    everything = [f"arn:aws:s3:::{bucket}{rest}" for bucket in (jobs.target, jobs.reports) for rest in ("", "/*")]
    allowed = [f"arn:aws:s3:::{jobs.source}/{key}" for key in keys[2:]]
    jobs.allow((["s3:*"], everything), (["s3:*"], allowed))
    transfer, results = await jobs.carry_out(jobs.order(manifest=LIST))
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    assert transfer.state is TransferState.FAILED
    assert sorted(result.source for result in failed) == [f"s3://{jobs.source}/{key}" for key in keys[:2]]
    assert (transfer.objects_done, transfer.objects_failed) == (18, 2)
    assert failed[0].problem
    assert failed[0].problem.identity == jobs.role
    await jobs.queue.retry(transfer.id)
    transfer, _ = await jobs.ended(transfer.id)
    assert (transfer.state, transfer.objects_done, transfer.objects_failed) == (TransferState.DONE, 20, 0)
    assert len(jobs.target_keys()) == 20
    assert len(await jobs.jobs()) == 1


async def test_a_job_that_fails_as_a_whole_is_retried_by_another_one(jobs: JobsWorld) -> None:
    jobs.put(f"{PREFIX}a")
    iam = jobs.server.client(jobs.account, "iam")
    name = jobs.role.rpartition("/")[2]
    trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    other = {**trust, "Statement": [{**trust["Statement"][0], "Principal": {"Service": "ec2.amazonaws.com"}}]}

    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(other))
    transfer, _ = await jobs.carry_out(jobs.order(manifest=LIST))
    assert transfer.state is TransferState.FAILED
    assert transfer.problem
    assert "not authorized to assume" in transfer.problem.cause
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
    await jobs.queue.retry(transfer.id)
    transfer, _ = await jobs.ended(transfer.id)
    assert (transfer.state, jobs.target_keys()) == (TransferState.DONE, [f"{PREFIX}a"])
    assert len(await jobs.jobs()) == 2


async def test_a_job_waits_for_its_confirmation_and_has_no_pause(jobs: JobsWorld) -> None:
    jobs.put(f"{PREFIX}a")
    name = await jobs.queue.submit(jobs.order(manifest=LIST, confirm=True))
    await jobs.until_state(name, TransferState.WAITING, "Suspended")
    waiting = await jobs.transfer(name)
    assert waiting.waits_for
    assert "waits for your confirmation: 1 objects" in waiting.waits_for.title
    with pytest.raises(ProblemError, match="no pause"):
        await jobs.queue.pause([name])
    await set_priority(jobs.queue.status(name), 77)
    (job,) = await jobs.jobs()
    assert (await jobs.rooms.jobs.describe(connection(MEDIA_PROD), "", job)).priority == 77
    await confirm(jobs.queue.status(name))
    transfer, _ = await jobs.ended(name)
    assert (transfer.state, jobs.target_keys()) == (TransferState.DONE, [f"{PREFIX}a"])
    with pytest.raises(ProblemError, match="no job to change"):
        await confirm(jobs.queue.status(name))


async def test_a_cancelled_transfer_cancels_its_job(jobs: JobsWorld) -> None:
    jobs.put(f"{PREFIX}a")
    name = await jobs.queue.submit(jobs.order(manifest=LIST, confirm=True))
    await jobs.until_state(name, TransferState.WAITING, "Suspended")
    await jobs.queue.cancel([name])
    assert (await jobs.transfer(name)).state is TransferState.CANCELLED
    (job,) = await jobs.jobs()
    assert (await jobs.rooms.jobs.describe(connection(MEDIA_PROD), "", job)).state == "Cancelled"
    assert jobs.target_keys() == []


@pytest.mark.parametrize("after", [False, True])
async def test_a_kill_around_create_job_makes_no_second_one(
    jobs: JobsWorld, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    """The journal has the request; whether S3 has it, nobody knows."""
    jobs.put(f"{PREFIX}a", f"{PREFIX}b")
    create, reached, released = JobControl.create, list[str](), asyncio.Event()

    async def killed(self: JobControl, *arguments: Any) -> str:
        if after:
            await create(self, *arguments)
        reached.append("CreateJob")
        await released.wait()
        raise ProblemError(Problem(kind=ProblemKind.ENGINE, title="it was killed"))

    control = jobs.rooms.jobs
    with monkeypatch.context() as patched:
        patched.setattr(control, "create", killed.__get__(control))
        name = await jobs.queue.submit(jobs.order(manifest=LIST))
        await until(lambda: bool(reached), "the engine is killed")
        old = await jobs.killed()
    await jobs.queue.start()
    transfer, results = await jobs.ended(name)
    assert (transfer.state, len(results)) == (TransferState.DONE, 2)
    assert len(await jobs.jobs()) == 1
    released.set()
    await old.close()


async def test_a_job_goes_on_while_the_engine_is_killed(jobs: JobsWorld) -> None:
    jobs.put(f"{PREFIX}a")
    name = await jobs.queue.submit(jobs.order(manifest=LIST, confirm=True))
    await jobs.until_state(name, TransferState.WAITING, "Suspended")
    old = await jobs.killed()
    await jobs.queue.start()
    await jobs.until_state(name, TransferState.WAITING, "Suspended")
    await confirm(jobs.queue.status(name))
    transfer, results = await jobs.ended(name)
    assert (transfer.state, len(results), len(await jobs.jobs())) == (TransferState.DONE, 1, 1)
    await old.close()


async def test_another_machine_takes_a_job_over(jobs: JobsWorld) -> None:
    jobs.put(f"{PREFIX}a")
    name = await jobs.queue.submit(jobs.order(manifest=LIST, confirm=True))
    await jobs.until_state(name, TransferState.WAITING, "Suspended")
    (job,) = await jobs.jobs()
    await jobs.queue.close()

    jobs.path = jobs.path.with_name("another.sqlite")
    jobs.journal = await Journal.open(jobs.path, jobs.problems.append)
    jobs.queue = jobs.rooms.queue = jobs.new_queue()
    own = connection(MEDIA_PROD)
    taken = await adopt(jobs.rooms, AdoptJob(own, job, own, own))
    assert taken.transfer == name
    await jobs.until_state(name, TransferState.WAITING, "Suspended")
    await confirm(jobs.queue.status(name))
    transfer, results = await jobs.ended(name)
    assert (transfer.state, len(results), jobs.target_keys()) == (TransferState.DONE, 1, [f"{PREFIX}a"])


async def test_tags_and_checksums(jobs: JobsWorld) -> None:
    jobs.put(f"{PREFIX}a")
    transfer, results = await jobs.carry_out(jobs.order(BatchTags([("kind", "log")]), manifest=LIST))
    assert (transfer.state, [result.outcome for result in results]) == (TransferState.DONE, [Outcome.CHANGED])
    tags = jobs.client.get_object_tagging(Bucket=jobs.source, Key=f"{PREFIX}a")["TagSet"]
    assert tags == [{"Key": "kind", "Value": "log"}]
    transfer, (result,) = await jobs.carry_out(jobs.order(BatchChecksum("SHA256"), manifest=LIST))
    assert result.outcome is Outcome.COMPUTED
    assert result.checksum.startswith("SHA256:")


async def test_what_no_job_can_do_is_refused_beforehand(jobs: JobsWorld) -> None:
    def keyed(key: str) -> BatchOrder:
        options = CopyOptions(ConflictPolicy.OVERWRITE, encryption="aws:kms", kms_key=key)
        return jobs.order(jobs.copying(options=options))

    order = jobs.order()
    wrong = {
        "IAM role": replace(order, options=replace(order.options, role="")),
        "another account": replace(order, options=replace(order.options, role="arn:aws:iam::222222222222:role/x")),
        "whole key": jobs.order(jobs.copying("elsewhere/")),
        "the KMS key is in us-west-2": keyed("arn:aws:kms:us-west-2:111111111111:key/1"),
        "cannot find this": jobs.order(BatchTags(), manifest=ManifestSource.GENERATOR, versions=True),
    }
    for words, each in wrong.items():
        with pytest.raises(ProblemError, match=words):
            await jobs.queue.submit(each)
    assert await jobs.jobs() == []
