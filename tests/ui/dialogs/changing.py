"""What the scripted engine tells the dialogs that change a bucket: a large selection, a dry run, leftovers."""

from __future__ import annotations

from msgspec import structs

from tests.ui.dialogs.world import ORDER, A, finished_card
from tui.model.facts import Fact, FactName, Known, Text
from tui.model.identity import AuthMethod, Identity, IdentitySpec
from tui.model.location import Location
from tui.model.orders import DeleteOrder, Route, Selection
from tui.model.plan import PlannedAction, PlannedObject, Tally
from tui.model.problem import Problem, ProblemKind
from tui.model.upload import Upload
from tui.protocol.messages.inspecting import InspectorUpdate
from tui.protocol.messages.uploads import UploadsFound

NOW = 1_764_025_200.0
MINUTE, DAY = 60, 86_400

WHO = Identity(
    "a", A, AuthMethod.ROLE, IdentitySpec(A), "ap-northeast-1", account="111111111111",
    arn="arn:aws:sts::111111111111:assumed-role/deploy/me",
)  # fmt: skip

MEDIA = Location("media-prod-assets", "video/")

MOVE = structs.replace(ORDER, options=structs.replace(ORDER.options, move=True))

MOVE_CARD = structs.replace(finished_card(), verify="CRC64NVME, both sides have it")

MANY = DeleteOrder(
    Selection(
        "a",
        MEDIA,
        keys=[f"video/take-{number:03}.mov" for number in range(40)] + ["video/[b]x\x1b[31m.mp4"],
        prefixes=["video/raw/"],
    )
)
FEW = DeleteOrder(Selection("a", MEDIA, keys=["video/intro.mp4", "video/[b]x\x1b.mp4"]))

COUNTED = Tally(80_000, 1_319_413_953_331, complete=True)
COUNTING = Tally(8_412, 120_000_000_000)
HANDFUL = Tally(2, 1_525_000_000, complete=True)

VERSION = InspectorUpdate([Fact(FactName.VERSION, Known(Text("3sL4kqtJlcpXroDTDmJ")), "HeadObject", A)], [])


def _planned(name: str, action: PlannedAction, why: str, size: int, target: str = "") -> PlannedObject:
    base, goal = ORDER.selection.base.uri, ORDER.destination.location.uri
    return PlannedObject(base + name, goal + (target or name), action, why, size, Route.PULL)


PLAN = [
    _planned("raw/take-01.mov", PlannedAction.COPY, "nothing is there", 4_200_000_000),
    _planned("raw/take-02.mov", PlannedAction.OVERWRITE, "older than the source", 3_900_000_000),
    _planned("raw/take-03.mov", PlannedAction.SKIP, "the same by CRC64NVME", 3_100_000_000),
    _planned("raw/[b]x\x1b[31m.mov", PlannedAction.RENAME, "another one is there", 12, "raw/[b]x\x1b[31m (2).mov"),
    _planned("raw/a name that is far too long to be shown in full, with its end.mov", PlannedAction.ASK, "newer", 7),
    _planned("archive/2019.tar", PlannedAction.REFUSE, "in GLACIER: restore it first", 90_000_000_000),
    *(_planned(f"raw/take-{at:02}.mov", PlannedAction.COPY, "nothing is there", at * 10**8) for at in range(10, 40)),
]

LEFT = [
    Upload("media", "video/raw/take-01.mov", "u1", NOW - 40 * DAY, 4_200_000_000, 501, "user/alice", ours=True),
    Upload("media", "video/raw/take-02.mov", "u2", NOW - 7 * MINUTE, 16 * 2**20, 2, "user/alice", True, True),
    Upload("media", "backup/[b]db\x1b[2J.dump", "u3", NOW - 900 * DAY, 88_000_000_000, 9_999, "role/backup"),
    Upload(
        "media", "a name that is far too long to be shown in full, with its end.bin", "u4", NOW - 3 * DAY,
        problem=Problem(ProblemKind.DENIED, "access denied: s3:ListMultipartUploadParts"),
    ),
]  # fmt: skip

UPLOADS = UploadsFound(LEFT, complete=True)
