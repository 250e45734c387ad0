"""The filter that leaves only objects of other accounts than the bucket owner's."""

from tui.model.identity import Owner
from tui.model.listing import ObjectSummary, Page, make_page
from tui.model.location import Location
from tui.ui.listing.arrangement import Arrangement
from tui.ui.listing.branch import SMALL, Branch
from tui.ui.listing.columns import SortKey

A, B = Owner("a" * 64), Owner("b" * 64)
FOREIGN = Arrangement(foreign_to=A.id)


def page(owners: dict[str, Owner | None], *prefixes: str, last: bool = True) -> Page:
    objects = [ObjectSummary(name, len(name), 0, owner=owner) for name, owner in owners.items()]
    return make_page("", list(prefixes), objects, last=last)


def shown(branch: Branch) -> list[str]:
    return [name for name, _ in branch.shown.sizes()]


def listed(*pages: Page, arrangement: Arrangement) -> Branch:
    branch = Branch(Location("bucket"), arrangement)
    branch.begin()
    for each in pages:
        branch.take(each)
    return branch


def test_only_objects_of_others_are_shown_and_all_prefixes() -> None:
    branch = listed(page({"mine": A, "theirs": B, "unknown": None}, "sub/"), arrangement=FOREIGN)
    assert shown(branch) == ["sub/", "theirs"]
    branch.arrange(Arrangement())
    assert shown(branch) == ["sub/", "mine", "theirs", "unknown"]


def test_it_goes_together_with_a_name_and_a_sort() -> None:
    owners: dict[str, Owner | None] = {"a.csv": B, "b.csv": A, "c.txt": B, "longer.csv": B}
    by_size = FOREIGN.filtered("csv").sorted_by(SortKey.SIZE).sorted_by(SortKey.SIZE)
    assert shown(listed(page(owners), arrangement=by_size)) == ["longer.csv", "a.csv"]


def test_pages_that_come_later_are_filtered_too() -> None:
    many: dict[str, Owner | None] = {f"{number:06}": A for number in range(SMALL + 1)}
    branch = listed(page(many, last=False), arrangement=FOREIGN)
    branch.adopt(job := branch.job(), job.run())
    branch.take(page({"7": B, "8": A}))
    assert shown(branch) == ["7"]
