"""The commands of copies, transfers and versions."""

from __future__ import annotations

from tui.kit.command_base import (
    BELOW_BUCKETS,
    CONTAINERS,
    IN_S3,
    OBJECTS,
    PLACE,
    ROWS,
    VERSIONS_OF_OBJECTS,
    Command,
    CommandScope,
    MenuTarget,
)

LIST = CommandScope.TRANSFERS

TRANSFERS = (
    Command("details", ("enter",), "details", "Show the transfer and the result of each object", LIST, footer=1),
    Command("pause", ("P",), "pause", "Pause or resume the transfer; uploaded parts are kept", LIST, footer=2),
    Command(
        "cancel_transfer",
        ("D", "f8", "delete"),
        "cancel",
        "Cancel the transfer and abort its multipart uploads; remove an ended one from the list",
        LIST,
        footer=3,
    ),
    Command("retry", ("T",), "retry", "Retry failed and cancelled objects of an ended transfer", LIST, footer=4),
    Command("show_states", ("/",), "filter", "Filter transfers: all, active, waiting, failed or done", LIST, footer=5),
    Command("limits", ("L",), "limits", "Set bandwidth and concurrency limits for the transfer", LIST, footer=6),
    Command("receipt", ("W",), "receipt", "Write the result of each object to a file as JSON lines", LIST, footer=7),
    Command("export_failed", (), "export failed", "Write only failed objects to a file as JSON lines", LIST),
    Command(
        "verify",
        ("=",),
        "verify",
        "Verify the copies of the transfer again: compare checksums, and read only what you allow",
        LIST,
    ),
    Command("more", (".",), "more", "Show all that can be done with transfers", LIST, footer=8, in_palette=False),
    Command("move_up", ("K",), "earlier", "Move the transfer up in the queue", LIST, footer=9),
    Command("move_down", ("J",), "later", "Move the transfer down in the queue", LIST, footer=10),
    Command("pause_all", (), "pause all", "Pause all transfers, or resume all if none is running", LIST),
    Command("cancel_all", (), "cancel all", "Cancel all transfers that have not ended", LIST),
    Command("limits_all", (), "all limits", "Set bandwidth and concurrency limits for all transfers together", LIST),
    Command("forget", (), "remove ended", "Remove the ended transfers that are shown from the list", LIST),
)


COPYING = (
    Command(
        "copy",
        ("f5", "C"),
        "copy",
        "Copy the marked rows, or the row, to the other pane; shows the route card first",
        menu=10,
        targets=ROWS | {MenuTarget.VERSION},
        footer=2,
    ),
    Command(
        "move",
        ("f6", "M"),
        "move",
        "Move the marked rows, or the row, to the other pane; the source is deleted after the copy is verified",
        menu=11,
        footer=3,
    ),
    Command(
        "delete",
        ("f8", "D"),
        "delete",
        "Delete the marked rows, the row, or a bucket with all that is in it; asks you to type the number or the name",
        menu=13,
        targets=ROWS | {MenuTarget.VERSION, MenuTarget.MARKER},
        menu_labels={MenuTarget.VERSION: "delete version", MenuTarget.MARKER: "remove marker"},
        footer=4,
        short="del",
    ),
    Command(
        "new",
        ("f7", "N"),
        "new",
        "Create a prefix, or a bucket in the list of buckets",
        menu=14,
        targets=CONTAINERS | PLACE,
        footer=15,
    ),
    Command(
        "rename",
        ("f2", "R"),
        "rename",
        "Rename the object or prefix, or the marked objects by a pattern",
        menu=12,
        targets=BELOW_BUCKETS,
    ),
    Command("uploads", (), "uploads", "List and abort incomplete multipart uploads", menu=41, targets=IN_S3 | PLACE),
    Command(
        "edit",
        ("f9", "E"),
        "edit",
        "Edit content, tags, ACL, headers or class of the object, or policy and settings of the bucket",
        menu=22,
        targets=IN_S3 | OBJECTS,
    ),
    Command(
        "repair",
        ("O",),
        "repair ownership",
        "Make the bucket owner the owner of the marked rows, the row or the prefix; shows the plan first",
        menu=25,
        targets=IN_S3 | PLACE,
    ),
    Command(
        "sync",
        ("S",),
        "sync",
        "Make the other pane's place like this one: copy what is missing or differs; a tick deletes what is more",
        menu=43,
        targets=PLACE,
    ),
    Command("transfers", ("t",), "transfers", "Open or close the list of transfers", footer=5),
)


VERSIONS: tuple[Command, ...] = (
    Command(
        "versions",
        ("w",),
        "versions",
        "Show or hide the versions of the object; on a prefix or bucket, list deleted objects, too",
        menu=5,
        targets=VERSIONS_OF_OBJECTS | {MenuTarget.OBJECT},
    ),
    Command(
        "deleted",
        (),
        "deleted objects",
        "List deleted objects (✗), too, or hide them again",
        menu=9,
        targets=IN_S3 | PLACE | {MenuTarget.DELETED},
    ),
    Command(
        "undelete",
        ("U",),
        "undelete",
        "Bring back what is deleted, on an older version make it the current one; a prefix is previewed first",
        menu=16,
        targets=VERSIONS_OF_OBJECTS | {MenuTarget.PREFIX, MenuTarget.BUCKET},
        menu_labels={MenuTarget.VERSION: "make current"},
    ),
    Command(
        "compare_versions",
        (),
        "compare versions",
        "Compare the two marked versions of an object: properties, and the content of small texts",
        menu=42,
        targets=frozenset({MenuTarget.VERSION}),
    ),
    Command(
        "undo",
        ("Z",),
        "undo",
        "List the copies, moves, deletions and edits that can be undone by version id; each is previewed first",
        menu=58,
        targets=PLACE,
    ),
)
