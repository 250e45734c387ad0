"""How tests say that a call must be refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from botocore.exceptions import ClientError


@dataclass(slots=True)
class Refusal:
    status: int = 0
    message: str = ""


@contextmanager
def refused(code: str) -> Iterator[Refusal]:
    """The block must fail with this error code (`403` and such where HEAD has no body)."""
    refusal = Refusal()
    with pytest.raises(ClientError) as caught:
        yield refusal
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    refusal.status = caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
    refusal.message = error.get("Message", "")
