"""Storage classes as they are typed."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from tui.model.naming.storage_classes import STORAGE_CLASSES, storage_class


def test_the_classes_are_those_that_s3_has() -> None:
    shape: Any = botocore.session.get_session().get_service_model("s3").shape_for("StorageClass")
    assert sorted(STORAGE_CLASSES) == sorted(shape.enum)


@pytest.mark.parametrize(
    ("text", "meant"), [("GLACIER", "GLACIER"), ("standard_ia", "STANDARD_IA"), ("other:Cold", "Cold")]
)
def test_what_is_typed(text: str, meant: str) -> None:
    assert storage_class(text) == meant


@pytest.mark.parametrize("text", ["GLACEIR", "COLD", "", "other:"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="no storage class of S3"):
        storage_class(text)
