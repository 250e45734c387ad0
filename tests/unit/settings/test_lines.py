"""The line of a key, whatever stands before it."""

from __future__ import annotations

from tui.settings.lines import key_lines, line_of

TEXT = '''# a comment with [a.table] in it
theme = "nord"

[safety]
read_only = [
  "*prod*", # [not.a.table]
  "x = 1",
]
note = """
theme = 'in a text'
[accounts]
"""
[identities."a b"] # another
profile = "p"
[[identities."a b".roles]]
arn = "1"
[[identities."a b".roles]]
arn = "2"
buckets.x.requester_pays = true
inline = { one = { two = 1 } }
'''


def test_every_kind_of_key_has_its_line() -> None:
    lines = key_lines(TEXT)
    roles = ("identities", "a b", "roles")
    assert {
        ("theme",): 2,
        ("safety",): 4,
        ("safety", "read_only"): 5,
        ("safety", "read_only", 1): 5,
        ("safety", "note"): 9,
        ("identities", "a b", "profile"): 14,
        (*roles, 0, "arn"): 16,
        (*roles, 1): 17,
        (*roles, 1, "arn"): 18,
        (*roles, 1, "buckets", "x", "requester_pays"): 19,
        (*roles, 1, "inline", "one", "two"): 20,
    }.items() <= lines.items()
    assert ("accounts",) not in lines


def test_a_key_that_is_missing_has_the_line_of_its_table() -> None:
    lines = key_lines(TEXT)
    assert line_of(("safety", "write_accounts"), lines) == 4
    assert line_of(("none",), lines) == 0
