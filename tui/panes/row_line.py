"""The row under the cursor in one line below its table: the key in full, the size in bytes, the time to the second."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.panes.columns import Surroundings, owner_text
from tui.panes.rows import PaneRow, RowKind
from tui.text import format as fmt

GAP = " · "


def row_texts(row: PaneRow, around: Surroundings) -> list[str]:
    """The key (of a bucket its name, of a version its id), then what is known of it; empty for a status."""
    if row.kind is RowKind.PARENT:
        return [f"up to {fmt.visible(row.branch.location.parent.uri)}"]
    if not row.is_entry:
        return [fmt.visible(row.branch.problem.title)] if row.branch.problem else []
    place = row.location
    key = f"/{place.key}" if place.kind.has_directories else place.key
    name = row.version.version if row.version else key or place.bucket
    texts = [fmt.visible(name)]
    if row.has_content and not row.is_deleted:
        texts.append(f"{fmt.number(row.size)} B")
    if row.modified:
        texts.append(fmt.time_second(row.modified))
    if row.storage_class:
        texts.append("delete marker" if row.is_deleted else fmt.visible(row.storage_class))
    if row.owner:
        texts.append(f"owner {owner_text(row.owner, around)}")
    return texts


def fitting(texts: list[str], width: int) -> str:
    """As many of the texts as fit behind the first; of the first its end, which the table may have cut."""
    shown = list(texts)
    while len(shown) > 1 and sum(map(cell_len, shown)) + len(GAP) * (len(shown) - 1) > width:
        shown.pop()
    return fmt.cut_start(GAP.join(shown), width)


class RowInFull(Widget):
    """One line, as wide as its pane."""

    ALLOW_SELECT = False
    texts: reactive[list[str]] = reactive[list[str]](list)
    """As `row_texts` gives them."""

    def render(self) -> Content:
        return Content(fitting(self.texts, self.content_size.width))
