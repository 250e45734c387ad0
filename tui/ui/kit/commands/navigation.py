"""Moving about in a pane and between the panes."""

from __future__ import annotations

from tui.ui.kit.commands.command import CONTAINERS, PLACE, Command, Group, Scope

NAVIGATION = (
    Command("other_pane", ("tab",), "pane", "Go to the other pane", Scope.BROWSER, Group.MOVE, footer=13),
    Command(
        "open",
        ("enter",),
        "open",
        "Open the bucket or prefix under the cursor",
        Scope.PANE,
        Group.MOVE,
        menu=1,
        targets=CONTAINERS,
    ),
    Command(
        "expand",
        ("right", "l"),
        "expand",
        "Expand the row; if expanded, go to its first child",
        Scope.PANE,
        Group.MOVE,
        menu=2,
        targets=CONTAINERS,
    ),
    Command(
        "collapse",
        ("left", "h"),
        "collapse",
        "Collapse the row; if collapsed, go to its parent",
        Scope.PANE,
        Group.MOVE,
    ),
    Command(
        "up",
        ("backspace",),
        "up",
        "Go up to the parent prefix or the list of buckets",
        Scope.PANE,
        Group.MOVE,
        menu=51,
        targets=PLACE,
    ),
    Command("cursor_down", ("down", "j"), "down", "Next row", Scope.PANE, Group.MOVE, in_palette=False),
    Command("cursor_up", ("up", "k"), "up", "Previous row", Scope.PANE, Group.MOVE, in_palette=False),
    Command("page_down", ("pagedown",), "page down", "One screen down", Scope.PANE, Group.MOVE, in_palette=False),
    Command("page_up", ("pageup",), "page up", "One screen up", Scope.PANE, Group.MOVE, in_palette=False),
    Command("first", ("home", "g"), "first", "First row", Scope.PANE, Group.MOVE, in_palette=False),
    Command("last", ("end", "G"), "last", "Last row", Scope.PANE, Group.MOVE, in_palette=False),
    Command("jump", ("J",), "jump", "Type the start of a name to go to its row", Scope.PANE, Group.MOVE),
    Command(
        "names_left", ("<",), "names left", "Show the starts of long names", Scope.PANE, Group.MOVE, in_palette=False
    ),
    Command(
        "names_right", (">",), "names right", "Show the ends of long names", Scope.PANE, Group.MOVE, in_palette=False
    ),
    Command("back", ("alt+left", "H"), "back", "Go back in this pane's history", Scope.PANE, Group.MOVE),
    Command("forward", ("alt+right", "L"), "forward", "Go forward in this pane's history", Scope.PANE, Group.MOVE),
    Command(
        "open_location",
        ("o",),
        "open URI",
        "Open a bucket by name, S3 URI, ARN or link, also one that ListBuckets does not show",
        Scope.BROWSER,
        Group.MOVE,
        menu=52,
        targets=PLACE,
        footer=8,
        short="open",
    ),
    Command(
        "mirror",
        ("=",),
        "same path",
        "Open this location in the other pane",
        Scope.BROWSER,
        Group.MOVE,
        menu=4,
        targets=PLACE,
    ),
    Command("new_tab", ("T",), "new tab", "Open a tab in this pane at the same location", Scope.BROWSER, Group.MOVE),
    Command("close_tab", ("w",), "close tab", "Close this tab", Scope.BROWSER, Group.MOVE),
    Command("previous_tab", ("[",), "previous tab", "Show the previous tab", Scope.BROWSER, Group.MOVE),
    Command("next_tab", ("]",), "next tab", "Show the next tab", Scope.BROWSER, Group.MOVE),
    Command(
        "tab_by_number",
        tuple("123456789"),
        "tab by number",
        "Show the tab with this number",
        Scope.TABS,
        Group.MOVE,
        in_palette=False,
    ),
    Command("swap", ("ctrl+u",), "swap", "Swap the two panes", Scope.BROWSER, Group.MOVE),
)
