"""The commands of panes: moving about, marks, finding, viewing, inspecting, the application."""

from __future__ import annotations

from tui.kit.command_base import (
    CONTAINERS,
    IN_S3,
    OBJECTS,
    PALETTE,
    PLACE,
    ROWS,
    VERSIONS_OF_OBJECTS,
    Command,
    CommandScope,
    MenuTarget,
)

PANE, TABS, APP = CommandScope.PANE, CommandScope.TABS, CommandScope.APP

NAVIGATION = (
    Command("other_pane", ("tab",), "pane", "Go to the other pane", footer=13),
    Command("open", ("enter",), "open", "Open the bucket or prefix under the cursor", PANE, menu=1, targets=CONTAINERS),
    Command(
        "expand",
        ("right", "l"),
        "expand",
        "Expand the row; if expanded, go to its first child",
        PANE,
        menu=2,
        targets=CONTAINERS,
    ),
    Command("collapse", ("left", "h"), "collapse", "Collapse the row; if collapsed, go to its parent", PANE),
    Command(
        "up", ("backspace",), "up", "Go up to the parent prefix or the list of buckets", PANE, menu=51, targets=PLACE
    ),
    Command("cursor_down", ("down", "j"), "down", "Next row", PANE, in_palette=False),
    Command("cursor_up", ("up", "k"), "up", "Previous row", PANE, in_palette=False),
    Command("page_down", ("pagedown",), "page down", "One screen down", PANE, in_palette=False),
    Command("page_up", ("pageup",), "page up", "One screen up", PANE, in_palette=False),
    Command("first", ("home", "g"), "first", "First row", PANE, in_palette=False),
    Command("last", ("end", "G"), "last", "Last row", PANE, in_palette=False),
    Command("jump", (), "jump", "Type the start of a name to go to its row", PANE, menu=60, targets=PLACE),
    Command("names_left", ("<",), "names left", "Show the starts of long names", PANE, in_palette=False),
    Command("names_right", (">",), "names right", "Show the ends of long names", PANE, in_palette=False),
    Command("back", ("alt+left",), "back", "Go back in this pane's history", PANE, menu=61, targets=PLACE),
    Command("forward", ("alt+right",), "forward", "Go forward in this pane's history", PANE, menu=62, targets=PLACE),
    Command(
        "open_location",
        ("o",),
        "open URI",
        "Open a bucket by name, S3 URI, ARN or link, also one that ListBuckets does not show",
        menu=52,
        targets=PLACE,
        footer=8,
        short="open",
    ),
    Command("same_path", (), "same path", "Open this location in the other pane", menu=4, targets=PLACE),
    Command("new_tab", (), "new tab", "Open a tab in this pane at the same location", menu=6, targets=PLACE),
    Command("close_tab", (), "close tab", "Close this tab", menu=7, targets=PLACE),
    Command("previous_tab", ("[",), "previous tab", "Show the previous tab"),
    Command("next_tab", ("]",), "next tab", "Show the next tab"),
    Command(
        "tab_by_number", tuple("123456789"), "tab by number", "Show the tab with this number", TABS, in_palette=False
    ),
    Command("swap", ("ctrl+u",), "swap", "Swap the two panes"),
)


QUIT = Command("quit", ("q", "f10", "ctrl+q"), "quit", "Quit", APP, footer=16)

APPLICATION = (
    Command("accounts", ("a",), "accounts", "Choose the identity of this pane", menu=55, targets=PLACE, footer=7),
    Command(
        "bookmarks",
        ("b",),
        "bookmarks",
        "Open or add a bookmark: locations and identities of one or both panes",
        menu=54,
        targets=PLACE,
        footer=17,
    ),
    Command("read_only", (), "read-only", "Toggle read-only for this pane", menu=56, targets=PLACE),
    Command(
        "requester_pays",
        (),
        "requester pays",
        "Toggle requester pays for this bucket; saved in the settings",
        menu=57,
        targets=PLACE | {MenuTarget.BUCKET},
    ),
    Command(
        "name_account",
        (),
        "name account",
        "Name the account of the row's owner, or else the pane's account",
        menu=26,
        targets=IN_S3,
    ),
    Command("help", ("f1", "?"), "help", "Show all keys, and help on cross-account access", APP, footer=9),
    Command("suspend", ("ctrl+z",), "suspend", "Suspend to the shell; fg returns", APP),
    Command("mouse", (), "mouse", "Turn the mouse off, so that the terminal selects text, or on", APP),
    Command("theme", (), "theme", "Choose a colour theme, shown at once, and save it in the settings", APP),
    Command("redraw", ("ctrl+l",), "redraw", "Paint the whole screen again", APP),
    Command(
        "command_palette", PALETTE, "commands", "Find any command by name", APP, in_palette=False, footer=10, short="…"
    ),
    QUIT,
)


FINDING = (
    Command(
        "find",
        ("f",),
        "find",
        "Find objects below this place by name, size, age, class, owner or tag",
        menu=40,
        targets=ROWS | PLACE,
    ),
    Command(
        "sizes",
        ("u",),
        "sizes",
        "Measure what is stored below this place: sizes by prefix, class, age, owner, and costs",
        menu=41,
        targets=ROWS | PLACE,
    ),
    Command(
        "compare",
        ("=",),
        "compare",
        "Compare the places of both panes; copy what is missing or differs, or make one like the other",
        menu=42,
        targets=PLACE,
    ),
)


INSPECTING = (
    Command(
        "menu",
        (".",),
        "menu",
        "Open the menu of the row: the commands that apply to it; right click does the same",
        footer=14,
    ),
    Command(
        "inspector",
        ("i",),
        "inspector",
        "Show owner, grants, policy and endpoint of the row (right, below, off)",
        menu=20,
        targets=IN_S3,
        footer=6,
        short="info",
    ),
    Command(
        "into_inspector",
        (),
        "into inspector",
        "Scroll the inspector, by section with ] and [; esc closes it",
        menu=27,
        targets=IN_S3,
    ),
    Command("read_policy", (), "read policy", "Read the bucket policy in full", menu=23, targets=IN_S3 | PLACE),
    Command(
        "explain",
        ("e",),
        "explain",
        "Explain the error of the row or pane; without one, what the inspector asked, or the pane's identity",
        PANE,
        menu=21,
        targets=PLACE,
    ),
    Command(
        "access",
        ("A",),
        "access",
        "Give the other pane's identity access to the bucket or prefix: shows what that changes, applies and tests it",
        menu=24,
        targets=IN_S3 | PLACE,
        footer=18,
    ),
    Command(
        "batch_role",
        (),
        "batch role",
        "Make or check the IAM role by which S3 Batch Operations copies from this pane's place to the other pane's",
    ),
    Command(
        "yank",
        ("y",),
        "copy URI",
        "Copy the S3 URIs of the marked rows, or of the row, to the clipboard",
        PANE,
        menu=30,
        targets=ROWS | PLACE | VERSIONS_OF_OBJECTS,
    ),
    Command(
        "yank_exact",
        (),
        "copy exact URI",
        "Copy the row's S3 URI to the clipboard with control and invisible characters unchanged",
        PANE,
    ),
    Command(
        "refresh",
        ("ctrl+r",),
        "refresh",
        "Refresh the listing; cursor and marks are kept",
        PANE,
        menu=50,
        targets=PLACE,
    ),
)


MARKS = (
    Command(
        "mark",
        ("space", "insert"),
        "mark",
        "Mark or unmark the row",
        PANE,
        menu=15,
        targets=ROWS | VERSIONS_OF_OBJECTS,
        footer=12,
    ),
    Command("mark_pattern", ("+",), "mark by pattern", "Mark rows that match a pattern", PANE),
    Command("unmark_pattern", ("-",), "unmark by pattern", "Unmark rows that match a pattern", PANE),
    Command("invert_marks", ("*",), "invert marks", "Invert all marks", PANE),
    Command(
        "filter", ("/",), "filter", "Show only rows whose name contains a text", PANE, menu=53, targets=PLACE, footer=11
    ),
    Command(
        "foreign",
        (),
        "foreign-owned",
        "Show only objects that another account than the bucket owner owns",
        PANE,
        menu=63,
        targets=PLACE,
    ),
    Command("sort", ("s",), "sort", "Sort: the next column, or this one in reverse", PANE),
    Command("sort_reverse", (), "reverse", "Reverse the sort order", PANE, menu=64, targets=PLACE),
    Command("columns", ("|",), "columns", "Choose the columns of the tables", menu=65, targets=PLACE),
    Command("back_out", ("escape",), "back out", "Stop loading, or clear the filter, or clear the marks", PANE),
)


VIEWING: tuple[Command, ...] = (
    Command(
        "view",
        ("f3", "v"),
        "view",
        "View the object: text, hexadecimal, what is inside gzip, zstd and bzip2; reads only what is shown",
        menu=3,
        targets=OBJECTS | {MenuTarget.VERSION},
        footer=1,
    ),
    Command(
        "edit_content",
        ("f4",),
        "edit content",
        "Edit the content in $VISUAL or $EDITOR; it is written back if nobody else has written the object since",
        menu=17,
        targets=OBJECTS,
    ),
    Command(
        "presign",
        (),
        "presigned link",
        "Make links to the marked objects or the row that work without credentials, for downloads or uploads",
        menu=30,
        targets=frozenset({MenuTarget.OBJECT, MenuTarget.PREFIX, MenuTarget.BUCKET}),
    ),
    Command(
        "restore",
        (),
        "restore archived",
        "Restore archived objects: the marked rows, the row, or everything below a prefix; shows time and cost first",
        menu=31,
        targets=frozenset({MenuTarget.OBJECT, MenuTarget.PREFIX, MenuTarget.BUCKET}),
    ),
    Command(
        "properties",
        (),
        "bucket properties",
        "Show the properties of the bucket: versioning, encryption, lock, lifecycle, public access, policy and more",
        menu=21,
        targets=IN_S3,
    ),
)
