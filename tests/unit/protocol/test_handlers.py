"""Every message of the protocol is answered, by the module that is called as the message's own."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import get_args

import pytest

from tui.engine import answers
from tui.engine.answers import greeting
from tui.engine.handlers import Handlers
from tui.protocol import messages
from tui.protocol.messages import AnyRequest, base
from tui.protocol.messages.base import Feed, Request

SUBJECTS = sorted({each.name for each in iter_modules(messages.__path__)} - {"base"})


def _messages(module: ModuleType) -> set[type]:
    found = {each for each in vars(module).values() if isinstance(each, type) and each.__module__ == module.__name__}
    return {each for each in found if issubclass(each, Request | Feed)}


def test_each_subject_has_a_module_that_answers_it() -> None:
    assert sorted(each.name for each in iter_modules(answers.__path__)) == SUBJECTS


@pytest.mark.parametrize("subject", SUBJECTS)
def test_what_a_subject_asks_is_answered_by_its_module(subject: str) -> None:
    asked = import_module(f"{messages.__name__}.{subject}")
    assert import_module(f"{answers.__name__}.{subject}").HANDLERS.kinds == _messages(asked)
    assert set(get_args(asked.Requests)) == _messages(asked)


def test_two_answers_to_one_message_are_refused() -> None:
    with pytest.raises(ValueError, match=r"two functions answer .*Hello"):
        Handlers([greeting.HANDLERS, greeting.HANDLERS])


def test_a_client_may_send_all_of_them_and_all_are_answered() -> None:
    every = set[type]().union(*(_messages(import_module(f"{messages.__name__}.{each}")) for each in SUBJECTS))
    assert set(get_args(AnyRequest)) == every == answers.HANDLERS.kinds
    assert not _messages(base) - {Request, Feed}
