"""Viewing objects, versions and links."""

from __future__ import annotations

from tui.ui.kit.commands.command import IN_S3, OBJECTS, Command, Group, Scope, Target

VIEWING: tuple[Command, ...] = (
    Command(
        "view",
        ("f3", "v"),
        "view",
        "View the object: text, hexadecimal, what is inside gzip, zstd and bzip2; reads only what is shown",
        Scope.BROWSER,
        Group.VIEW,
        menu=3,
        targets=OBJECTS | {Target.VERSION},
        footer=1,
    ),
    Command(
        "edit_content",
        ("f4", "x"),
        "edit content",
        "Edit the content in $VISUAL or $EDITOR; it is written back if nobody else has written the object since",
        Scope.BROWSER,
        Group.VIEW,
        menu=17,
        targets=OBJECTS,
    ),
    Command(
        "presign",
        ("P",),
        "presigned link",
        "Make links to the marked objects or the row that work without credentials, for downloads or uploads",
        Scope.BROWSER,
        Group.VIEW,
        menu=30,
        targets=frozenset({Target.OBJECT, Target.PREFIX, Target.BUCKET}),
    ),
    Command(
        "restore",
        ("r",),
        "restore archived",
        "Restore archived objects: the marked rows, the row, or everything below a prefix; shows time and cost first",
        Scope.BROWSER,
        Group.VIEW,
        menu=31,
        targets=frozenset({Target.OBJECT, Target.PREFIX, Target.BUCKET}),
    ),
    Command(
        "properties",
        ("B",),
        "bucket properties",
        "Show the properties of the bucket: versioning, encryption, lock, lifecycle, public access, policy and more",
        Scope.BROWSER,
        Group.VIEW,
        menu=21,
        targets=IN_S3,
    ),
)
