"""One of the identities that are known, in one line that unfolds to a list."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.widgets import Select

from tui.core.identity import IdentitySpec
from tui.text.format import visible


class IdentitySelect(Select[IdentitySpec | None]):
    """Enter or a click unfolds it, typing finds; None may stand for what is no identity yet."""

    def __init__(
        self,
        options: Sequence[tuple[str, IdentitySpec | None]],
        value: IdentitySpec | None,
        *,
        id: str,  # noqa: A002  # Textual's own name
    ) -> None:
        """Without `value` among them the first one is taken."""
        known = [spec for _, spec in options]
        super().__init__(
            [(Text(visible(name)), spec) for name, spec in options],  # it finds what is typed in such texts only
            allow_blank=False,
            value=value if value in known else known[0],
            compact=True,
            id=id,
        )

    @property
    def chosen(self) -> IdentitySpec | None:
        """What is taken."""
        return self.selection
