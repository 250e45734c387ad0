"""Marks, filters and sort."""

from __future__ import annotations

from tui.ui.kit.commands.command import PLACE, ROWS, VERSIONS_OF_OBJECTS, Command, Group, Scope

MARKS = (
    Command(
        "mark",
        ("space", "insert"),
        "mark",
        "Mark or unmark the row",
        Scope.PANE,
        Group.MARK,
        menu=15,
        targets=ROWS | VERSIONS_OF_OBJECTS,
        footer=12,
    ),
    Command("mark_pattern", ("+",), "mark by pattern", "Mark rows that match a pattern", Scope.PANE, Group.MARK),
    Command("unmark_pattern", ("-",), "unmark by pattern", "Unmark rows that match a pattern", Scope.PANE, Group.MARK),
    Command("invert_marks", ("*",), "invert marks", "Invert all marks", Scope.PANE, Group.MARK),
    Command(
        "filter",
        ("/",),
        "filter",
        "Show only rows whose name contains a text",
        Scope.PANE,
        Group.MARK,
        menu=53,
        targets=PLACE,
        footer=11,
    ),
    Command(
        "foreign",
        ("F",),
        "foreign-owned",
        "Show only objects that another account than the bucket owner owns",
        Scope.PANE,
        Group.MARK,
    ),
    Command("sort", ("s",), "sort", "Sort by the next column", Scope.PANE, Group.MARK),
    Command("sort_reverse", ("S",), "reverse", "Reverse the sort order", Scope.PANE, Group.MARK),
    Command("columns", ("|",), "columns", "Choose the columns of the tables", Scope.BROWSER, Group.MARK),
    Command(
        "back_out",
        ("escape",),
        "back out",
        "Stop loading, or clear the filter, or clear the marks",
        Scope.PANE,
        Group.MARK,
    ),
)
