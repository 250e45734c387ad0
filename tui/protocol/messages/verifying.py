"""Verification: compares copies with their sources, and with what was recorded when they were made."""

from __future__ import annotations

from msgspec import Struct

from tui.link.request import Done, Feed, Request
from tui.model.verifying.verification import ReadPolicy, Verified, VerifyOrder, VerifyTally


class VerifyUpdate(Struct, frozen=True):
    """What was found out since the last update, and all in all."""

    tally: VerifyTally
    results: list[Verified] = []


class Verify(Feed[VerifyUpdate], frozen=True, tag="verify"):
    """Verify objects; stopping it stops the work. `name` is the client's own, for `AnswerReading`.

    First no content is read. With `ReadPolicy.ASK` the feed then waits for an answer if something is left to read.
    """

    name: str
    order: VerifyOrder
    read: ReadPolicy = ReadPolicy.ASK


class AnswerReading(Request[Done], frozen=True, tag="answer-reading"):
    """Whether the content of what is not proven is to be read. `ProblemError`: no such verification waits."""

    name: str
    read: bool


Requests = Verify | AnswerReading
"""All requests of this subject."""
