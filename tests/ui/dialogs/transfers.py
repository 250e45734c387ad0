"""Transfers in every state, and results of one of them."""

from tui.model.identity import Owner
from tui.model.plan import Route
from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import ObjectResult, Outcome, Transfer, TransferList, TransferState, Verification

DENIED = Problem(
    ProblemKind.DENIED, "access denied", "s3:PutObject for analytics", "ask for it", request_id="4442587FB7D0A2F9"
)

DONE = Transfer(
    "1",
    "s3://media-prod-assets/video/2026/intro.mp4",
    "s3://analytics-landing/in/intro.mp4",
    TransferState.DONE,
    Route.PULL,
    objects_total=1,
    objects_done=1,
    bytes_total=1_524_713_390,
    bytes_done=1_524_713_390,
)

FAILED = Transfer(
    "2",
    "s3://media-prod-assets/old/",
    "s3://analytics-landing/in/old/",
    TransferState.FAILED,
    Route.PUSH,
    objects_total=12,
    objects_done=10,
    objects_failed=2,
    bytes_total=3_000_000,
    bytes_done=2_500_000,
    problem=DENIED,
)

RUNNING = Transfer(
    "3",
    "s3://media-prod-assets/video/2026/raw/",
    "s3://analytics-landing/in/raw/",
    TransferState.RUNNING,
    Route.RELAY,
    objects_total=11_830,
    objects_done=8_412,
    objects_skipped=3,
    bytes_total=160_000_000_000,
    bytes_done=113_000_000_000,
    rate=402.0 * 2**20,
    eta=120.0,
    notes=["pull was given up: analytics may not read the source"],
)

COUNTING = Transfer(
    "4",
    "s3://media-prod-assets/[b]big\x1b/",
    "s3://analytics-landing/in/[b]big\x1b/",
    TransferState.RUNNING,
    None,
    objects_total=5_000,
    bytes_total=160_000_000_000,
    counting=True,
)

ASKING = Transfer(
    "5",
    "s3://media-prod-assets/posters/",
    "s3://analytics-landing/in/posters/",
    TransferState.ASKING,
    Route.PULL,
    objects_total=30,
    objects_done=28,
    bytes_total=10_000_000,
    bytes_done=9_000_000,
)

CANCELLED = Transfer(
    "6",
    "s3://media-prod-assets/z/",
    "s3://analytics-landing/in/z/",
    TransferState.CANCELLED,
    Route.PULL,
    objects_total=30,
    objects_done=3,
    bytes_total=10_000_000,
    bytes_done=1_000_000,
)

QUEUED = Transfer("7", "s3://media-prod-assets/q", "s3://analytics-landing/q", TransferState.QUEUED, None)

ALL = TransferList([DONE, FAILED, RUNNING, COUNTING, ASKING, CANCELLED], rate=402.0 * 2**20)

RESULTS = [
    ObjectResult(
        "2",
        "s3://media-prod-assets/old/one.bin",
        "s3://analytics-landing/in/old/one.bin",
        Outcome.COPIED,
        1024,
        Route.PUSH,
        Verification.SAME,
        "CRC64NVME",
        Owner("bbb", "bob"),
        ["tags were dropped"],
    ),
    ObjectResult("2", "s3://a/t\x1bwo", "s3://analytics-landing/in/old/[b]t\x1bwo", Outcome.SKIPPED, 1024),
    ObjectResult("2", "s3://a/x", "s3://analytics-landing/in/old/three", Outcome.FAILED, 1024, problem=DENIED),
]
