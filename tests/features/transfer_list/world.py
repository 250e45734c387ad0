"""Transfers in every state, and results of one of them."""

from tui.core.identity import Owner
from tui.core.orders import CopyRoute
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import (
    Limits,
    ObjectResult,
    Outcome,
    Transfer,
    TransferKind,
    TransferList,
    TransferState,
    VerificationOutcome,
)

DENIED = Problem(
    ProblemKind.DENIED, "access denied", "s3:PutObject for analytics", "ask for it", request_id="4442587FB7D0A2F9"
)

DONE = Transfer(
    "1", "s3://media-prod-assets/video/2026/intro.mp4", "s3://analytics-landing/in/intro.mp4", TransferState.DONE,
    CopyRoute.PULL, objects_total=1, objects_done=1, bytes_total=1_524_713_390, bytes_done=1_524_713_390,
)  # fmt: skip

FAILED = Transfer(
    "2", "s3://media-prod-assets/old/", "s3://analytics-landing/in/old/", TransferState.FAILED, CopyRoute.PUSH,
    objects_total=12, objects_done=10, objects_failed=2, bytes_total=3_000_000, bytes_done=2_500_000, problem=DENIED,
)  # fmt: skip

RUNNING = Transfer(
    "3", "s3://media-prod-assets/video/2026/raw/", "s3://analytics-landing/in/raw/", TransferState.RUNNING,
    CopyRoute.RELAY, objects_total=11_830, objects_done=8_412, objects_skipped=3, bytes_total=160_000_000_000,
    bytes_done=113_000_000_000, rate=402.0 * 2**20, eta=120.0, notes=["pull: analytics cannot read the source"],
    source_identity="media-prod", target_identity="analytics",
)  # fmt: skip

COUNTING = Transfer(
    "4", "s3://media-prod-assets/[b]big\x1b/", "s3://analytics-landing/in/[b]big\x1b/", TransferState.RUNNING, None,
    objects_total=5_000, bytes_total=160_000_000_000, counting=True,
)  # fmt: skip

ASKING = Transfer(
    "5", "s3://media-prod-assets/posters/", "s3://analytics-landing/in/posters/", TransferState.ASKING, CopyRoute.PULL,
    objects_total=30, objects_done=28, bytes_total=10_000_000, bytes_done=9_000_000,
)  # fmt: skip

CANCELLED = Transfer(
    "6", "s3://media-prod-assets/z/", "s3://analytics-landing/in/z/", TransferState.CANCELLED, CopyRoute.PULL,
    objects_total=30, objects_done=3, bytes_total=10_000_000, bytes_done=1_000_000,
)  # fmt: skip

QUEUED = Transfer("7", "s3://media-prod-assets/q", "s3://analytics-landing/q", TransferState.QUEUED, None)

EXPIRED = Problem(
    ProblemKind.EXPIRED, "the sign-in has expired",
    "Error when retrieving token from sso: Token has expired and refresh failed",
    "log in again: aws sso login --profile media-prod", identity="media-prod",
)  # fmt: skip

WAITING = Transfer(
    "8", "s3://media-prod-assets/masters/", "s3://analytics-landing/masters/", TransferState.WAITING, CopyRoute.RELAY,
    objects_total=80_000, objects_done=41_000, bytes_total=900_000_000_000, bytes_done=500_000_000_000,
    waits_for=EXPIRED, retries=12, source_identity="media-prod", target_identity="analytics",
)  # fmt: skip

PAUSED = Transfer(
    "9", "file:///home/ann/masters/", "s3://analytics-landing/in/", TransferState.PAUSED, CopyRoute.RELAY,
    objects_total=40, objects_done=4, bytes_total=40_000_000, bytes_done=4_000_000, limits=Limits(10 * 2**20, 4),
    source_identity="local disk", target_identity="analytics",
)  # fmt: skip

MOVING = Transfer(
    "10", "s3://media-prod-assets/done/", "s3://analytics-landing/done/", TransferState.RUNNING, CopyRoute.PULL,
    objects_total=500, objects_done=100, bytes_total=5_000_000_000, bytes_done=1_000_000_000, rate=51.0 * 2**20,
    eta=75.0, retries=3, kind=TransferKind.MOVE, source_identity="media-prod", target_identity="analytics",
)  # fmt: skip

DELETED = Transfer(
    "11", "s3://media-prod-assets/tmp/", "", TransferState.DONE, None, objects_total=1_204, objects_done=1_204,
    kind=TransferKind.DELETE, source_identity="media-prod", ended=50.0,
)  # fmt: skip

DOWNLOAD = Transfer(
    "12", "s3://analytics-landing/report.csv", "file:///home/ann/report.csv", TransferState.QUEUED, None,
    objects_total=1, bytes_total=2_000_000, source_identity="analytics", target_identity="local disk",
)  # fmt: skip

EVERY_KIND = TransferList(
    [DONE, FAILED, WAITING, RUNNING, PAUSED, MOVING, DELETED, DOWNLOAD, CANCELLED],
    rate=453.0 * 2**20,
    limits=Limits(500 * 2**20),
)

ALL = TransferList([DONE, FAILED, RUNNING, COUNTING, ASKING, CANCELLED], rate=402.0 * 2**20)

RESULTS = [
    ObjectResult(
        "2", "s3://media-prod-assets/old/one.bin", "s3://analytics-landing/in/old/one.bin", Outcome.COPIED, 1024,
        CopyRoute.PUSH, VerificationOutcome.SAME, "CRC64NVME", Owner("bbb", "bob"), ["tags were dropped"],
    ),
    ObjectResult("2", "s3://a/t\x1bwo", "s3://analytics-landing/in/old/[b]t\x1bwo", Outcome.SKIPPED, 1024),
    ObjectResult("2", "s3://a/x", "s3://analytics-landing/in/old/three", Outcome.FAILED, 1024, problem=DENIED),
]  # fmt: skip
