"""What we use of Textual's private parts is there: a release that drops it fails here, by name, and not on a screen."""

from __future__ import annotations

import inspect

from textual.app import App
from textual.message_pump import MessagePump
from textual.notifications import Notifications
from textual.widgets import Input, OptionList


def test_what_we_override_takes_what_it_took() -> None:
    """`XS3App._fatal_error` and `AccountOptionList._on_click`."""
    assert list(inspect.signature(App._fatal_error).parameters) == ["self"]
    assert list(inspect.signature(OptionList._on_click).parameters) == ["self", "event"]


def test_what_we_read_is_there() -> None:
    """`tui.ui.input_order` looks whether a widget has messages that it did not take yet, `XS3App` at the toasts."""
    assert "_message_queue" in vars(MessagePump)
    assert isinstance(App[None]()._notifications, Notifications)


def test_what_we_name_ourselves_is_still_what_it_was() -> None:
    """`NameInput._value` takes the place of Textual's."""
    assert "_value" in vars(Input)
