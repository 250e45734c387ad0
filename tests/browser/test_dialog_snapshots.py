"""Pictures of the dialogs, the inspector and the list of transfers; `pytest --snapshot-update` takes them again."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.browser import world
from tests.browser.host import SMALL, Host, Scene
from tests.browser.scripted import HOLD, ScriptedEngine
from tests.browser.world import BOOK, NOW, ORDER, TARGET, UPDATES, B, counting_card, finished_card
from tests.features.accounts.test_accounts_screen import (
    CODE,
    DENIED,
    KEYS,
    NOBODY,
    ROLE_ARN,
    SIGN_IN,
    STEP,
    WRONG,
    Accounts,
)
from tests.features.transfer_list.world import ASKING, EVERY_KIND, FAILED, MOVING, PAUSED, RESULTS, RUNNING, WAITING
from tests.kit.test_questions import GROWING, PLAN, evaluated, other_version
from tests.kit.test_questions import ORDER as REPAIR
from tui.app.engine_news import OtherEngineScreen
from tui.browser.dry_run_screen import DryRunScreen
from tui.browser.open_screen import OpenLocationScreen
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.orders import CopyOrder, DeleteOrder
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import Conflict, Limits, ObjectResult, Transfer, TransferList
from tui.features.buckets.new_place_screen import NewBucketScreen, NewPrefixScreen
from tui.features.copy.rename_screen import RenameScreen
from tui.features.copy.screen import RouteCardScreen
from tui.features.delete.screen import DeleteScreen
from tui.features.inspect.screen import Inspector
from tui.features.repair.screen import RepairScreen
from tui.features.repair.values import PlanRepair
from tui.features.transfer_list.conflict_screen import ConflictScreen
from tui.features.transfer_list.control_screen import LimitsScreen, ReceiptScreen
from tui.features.transfer_list.quit_screen import QuitScreen
from tui.features.transfer_list.screen import TransfersPanel, TransfersStrip
from tui.features.transfer_list.transfer_lines_view import STEP_SECONDS
from tui.features.transfer_list.transfer_screen import TransferScreen
from tui.features.uploads.screen import UploadsScreen
from tui.features.uploads.values import ListUploads, UploadsFound
from tui.kit.footer import KeyFooter
from tui.kit.json_screen import DocumentScreen
from tui.kit.need_dialogs import need_dialog
from tui.kit.problem_screen import ProblemScreen
from tui.messages.identity_requests import GiveCode, SignIn
from tui.messages.inspect_requests import Inspect
from tui.messages.order_requests import DryRun, PlanCopy, PlanDelete, WatchResults
from tui.settings import Settings

SAME = Conflict("c", "t", "s3://a/poster.png", "s3://b/poster.png", 1_153_433, NOW - 700, 1_153_433, NOW - 5)

REFUSED = Problem(
    ProblemKind.DENIED, "access denied: s3:ListBucket for user/bob", "no statement of the bucket policy allows it",
    "ask the owner of finance-archive for a policy that allows it", "ListObjectsV2", "s3://finance-archive/",
    "analytics", "s3:ListBucket", "4442587FB7D0A2F9", 403,
)  # fmt: skip

MANY_UPLOADS = UploadsFound([replace(world.LEFT[0], upload=f"u{at}") for at in range(40)], complete=True)

ACCENTS = {"media-prod": "$left-accent", "analytics": "$right-accent"}

RATES = [0, 10, 50, 90, 120, 300, 200, 280, 310, 50, 0, 0, 20, 450, 440, 430, 453] * 3
"""MiB per second, from step to step."""


def clock() -> float:
    return NOW


class Inspecting(Host):
    TITLE = "Host"

    def __init__(self, updates: int) -> None:
        self.inspector = Inspector(ScriptedEngine(feeds={Inspect: [*UPDATES[:updates], HOLD]}), clock)
        self.inspector.book = BOOK
        self.inspector.styles.height = "60%"
        super().__init__(widgets=[self.inspector])

    def on_ready(self) -> None:
        self.inspector.show(TARGET)
        self.inspector.focus()


class Transferring(Host):
    """The list of transfers, which has the focus, with strip and footer."""

    TITLE = "Host"

    def __init__(self, transfers: TransferList) -> None:
        times = iter(range(int(NOW), int(NOW) + 1000, int(STEP_SECONDS)))
        self.panel, strip = TransfersPanel(ScriptedEngine(), lambda: float(next(times))), TransfersStrip()
        self.panel.accents = ACCENTS
        for rate in RATES:
            self.panel.transfers = replace(transfers, rate=rate * 2.0**20)
        self.panel.transfers = strip.transfers = transfers
        super().__init__(widgets=[self.panel, strip, KeyFooter()])

    def on_ready(self) -> None:
        self.panel.focus()


def card(*answers: Any, order: CopyOrder = ORDER) -> Host:
    return Host(dialog=RouteCardScreen(ScriptedEngine(feeds={PlanCopy: answers}), order, BOOK, clock=clock))


def move() -> Host:
    return card(world.MOVE_CARD, order=world.MOVE)


def delete(*tallies: Any, order: DeleteOrder = world.MANY) -> Host:
    engine = ScriptedEngine(feeds={PlanDelete: tallies, Inspect: [world.VERSION]})
    return Host(dialog=DeleteScreen(engine, order, world.WHO))


def dry_run() -> Host:
    return Host(dialog=DryRunScreen(ScriptedEngine(feeds={DryRun: world.PLAN}), ORDER))


def repair(*plans: Any) -> Host:
    return Host(dialog=RepairScreen(ScriptedEngine(feeds={PlanRepair: plans}), REPAIR, BOOK))


def uploads(found: UploadsFound) -> Host:
    return Host(dialog=UploadsScreen(ScriptedEngine(feeds={ListUploads: [found]}), "a", Location("media"), clock))


def need(problem: Problem, engine: ScriptedEngine | None = None) -> Host:
    return Host(dialog=need_dialog(engine or ScriptedEngine(), problem, clock))


def accounts() -> Host:
    return Accounts(current=IdentitySpec(B)).app


def details(transfer: Transfer, results: Sequence[ObjectResult]) -> Host:
    engine = ScriptedEngine(feeds={WatchResults: results})
    return Host(dialog=TransferScreen(engine, transfer, BOOK, accents=ACCENTS, clock=clock))


def failed() -> Host:
    return details(replace(FAILED, submitted=NOW - 800, ended=NOW - 700, retries=4), RESULTS)


LISTED = "recent pairs"
KEYS_FORM = (*"access keys", "enter")
ROLE = (*"role…", "enter", *ROLE_ARN, "tab", *"partner-7", "tab", *"ann", "tab", *"90m")
KEEP = (*ROLE, "ctrl+s", *"archive")

PAINTED = {
    "route card": Scene(lambda: card(finished_card()), "11,830"),
    "conflict": Scene(lambda: Host(dialog=ConflictScreen(SAME, NOW))),
    "problem": Scene(lambda: Host(dialog=ProblemScreen(REFUSED))),
    "document": Scene(
        lambda: Host(
            dialog=DocumentScreen("Policy of media", '{"Version": "2012-10-17", "Statement": [{"Sid": "One"}]}')
        )
    ),
    "open": Scene(lambda: Host(dialog=OpenLocationScreen())),
    "inspector": Scene(lambda: Inspecting(len(UPDATES)), then="✗ analytics owns this object"),
    "options": Scene(move, "11,830", ("full_stop", *"*.mov", "tab", *"*.tmp", "tab", *"7d")),
    "dry run": Scene(dry_run, "refuse 1"),
    "delete many": Scene(lambda: delete(world.COUNTED), "80,000", (*"80,00",)),
    "delete a few": Scene(lambda: delete(world.HANDFUL, order=world.FEW), "Enter to delete"),
    "new bucket": Scene(lambda: Host(dialog=NewBucketScreen("ap-northeast-1", "media-prod")), "", (*"Media",)),
    "rename": Scene(lambda: Host(dialog=RenameScreen(world.MEDIA.child("[b]x\x1b.mp4")))),
    "uploads": Scene(lambda: uploads(world.UPLOADS), "4 uploads", ("space",)),
    "code": Scene(lambda: need(CODE), "", tuple("1234")),
    "secret": Scene(lambda: need(KEYS), "", (*"s3cret", "tab")),
    "sign-in": Scene(lambda: need(SIGN_IN, ScriptedEngine(feeds={SignIn: [STEP, HOLD]})), STEP.code),
    "list": Scene(accounts, LISTED),
    "found": Scene(accounts, LISTED, (*"role anal",)),
    "nobody": Scene(lambda: Accounts(NOBODY, Settings(), []).app, "No accounts yet"),
    "keys": Scene(
        accounts, LISTED,
        (*KEYS_FORM, *"minio", "tab", *"hush hush", "tab", *"token", "tab", *"http://s3.lab.org:9000", "enter"),
    ),
    "role": Scene(accounts, LISTED, ROLE),
    "keep": Scene(accounts, LISTED, KEEP),
    "preview": Scene(accounts, LISTED, (*KEEP, "ctrl+o"), "[profile archive]"),
    "panel": Scene(lambda: Transferring(EVERY_KIND)),
    "a failed one": Scene(failed, "one.bin"),
    "a waiting one": Scene(lambda: details(replace(WAITING, submitted=NOW - 800), []), "no results yet"),
    "limits": Scene(lambda: Host(dialog=LimitsScreen("s3://a/x/ → s3://b/y/", Limits(10 * 2**20, 4)))),
    "receipt": Scene(lambda: Host(dialog=ReceiptScreen(FAILED, Path("/usr")))),
    "quit": Scene(lambda: Host(dialog=QuitScreen([RUNNING, ASKING, WAITING]))),
}  # fmt: skip

LAID_OUT = {
    "route card while counting": Scene(lambda: card(counting_card(), HOLD), "8,412"),
    "inspector while asking": Scene(lambda: Inspecting(6), then="✗ analytics owns this object"),
    "move": Scene(move, "Move 11,830"),
    "options that are wrong": Scene(move, "11,830", ("full_stop", "tab", "tab", *"7 days"), "'7 days' is not a time"),
    "options put away": Scene(move, "11,830", ("full_stop", *"*.mov", "enter"), "include *.mov"),
    "dry run of one kind": Scene(dry_run, "refuse 1", ("slash", "slash"), "▸overwrite 1"),
    "delete while counting": Scene(lambda: delete(world.COUNTING, HOLD), "8,412"),
    "delete bucket": Scene(lambda: Host(dialog=world.removal(world.FULL)), "uploads so far"),
    "another engine": Scene(
        lambda: Host(dialog=OtherEngineScreen(ScriptedEngine(), other_version())), "3 unfinished transfers"
    ),
    "evaluation": Scene(lambda: Host(dialog=evaluated()), "Office"),
    "repair": Scene(lambda: repair(PLAN), "1,204 objects"),
    "repair while counting": Scene(lambda: repair(GROWING, HOLD), "600 objects"),
    "new prefix": Scene(lambda: Host(dialog=NewPrefixScreen(world.MEDIA)), "", (*"2027/raw",), "2027/raw"),
    "many uploads": Scene(lambda: uploads(MANY_UPLOADS), "40 uploads"),
    "no upload": Scene(lambda: uploads(UploadsFound([], complete=True)), "No incomplete upload", then="billed"),
    "refused code": Scene(
        lambda: need(CODE, ScriptedEngine({GiveCode: WRONG})), "", (*"123456", "enter"), "the code was refused"
    ),
    "denied sign-in": Scene(
        lambda: need(SIGN_IN, ScriptedEngine(feeds={SignIn: [STEP, DENIED]})), "the sign-in was denied"
    ),
    "identities of a role": Scene(accounts, LISTED, (*"role…", "enter", "shift+tab", "enter"), B),
    "endpoint": Scene(accounts, LISTED, (*"S3-compatible", "enter"), "automatic"),
    "panel further down": Scene(lambda: Transferring(EVERY_KIND), "", ("j", "j", "j", "j")),
    "panel of those that wait": Scene(lambda: Transferring(EVERY_KIND), "", ("slash", "slash"), "waiting 2 of 9"),
    "panel with one": Scene(lambda: Transferring(TransferList([MOVING])), "s3://analytics-landing/done/"),
    "panel with none": Scene(lambda: Transferring(TransferList()), "No transfers yet"),
    "its failed objects": Scene(failed, "one.bin", ("slash",), "✗ three"),
    "limits not understood": Scene(
        lambda: Host(dialog=LimitsScreen("all transfers together", Limits())), "", ("x",), "'x' is not a size"
    ),
    "receipt nowhere": Scene(
        lambda: Host(dialog=ReceiptScreen(PAUSED, Path("/usr/nowhere"), failed=True)), "no directory"
    ),
    "quit the demo": Scene(lambda: Host(dialog=QuitScreen([RUNNING], outlives=False))),
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", PAINTED)
def test_it_looks_as_it_should(snap_compare: Any, name: str) -> None:
    assert snap_compare(PAINTED[name].make(), terminal_size=SMALL, run_before=PAINTED[name].arrange)


@pytest.mark.thorough
@pytest.mark.parametrize("name", LAID_OUT)
async def test_nothing_is_cut_or_covered(name: str) -> None:
    await LAID_OUT[name].lay_out()
