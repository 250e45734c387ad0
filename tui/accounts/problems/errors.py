"""What our HTTP session raises beside botocore's own errors."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError


class AnswerTooLargeError(BotoCoreError):
    """An answer of more than `MAX_ANSWER` bytes, of which the rest was not read, or of more than `MOST_TAGS` tags.

    It is not asked for again.
    """

    fmt = "the response has more than {most}, which S3 never sends"


class ForeignHostError(BotoCoreError):
    """A request was to go to a host that is not the endpoint's. Nothing was sent."""

    fmt = "the server redirects to {host}, which does not belong to {endpoint}"


class UnreadableAnswerError(ValueError):
    """What came is no HTTP; the message is the parser's."""
