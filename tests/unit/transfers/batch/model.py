"""What botocore's model of S3 Control says against a request: as its validator does, and enums and patterns besides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.validate import ParamValidator


@cache
def _model() -> Any:
    return botocore.session.get_session().get_service_model("s3control")


def objections(operation: str, parameters: dict[str, Any]) -> list[str]:
    """Each objection; none: S3 can read the request."""
    shape = _model().operation_model(operation).input_shape
    report = ParamValidator().validate(parameters, shape)
    return [*([report.generate_report()] if report.has_errors() else []), *_values(shape, parameters, operation)]


def members(operation: str) -> set[str]:
    """The names of the parameters that there are."""
    return set(_model().operation_model(operation).input_shape.members)


def _values(shape: Any, value: Any, where: str) -> Iterator[str]:
    """Values that are none of an enum, and that do not match a pattern. The validator does not look at these."""
    match value:
        case dict() if shape.type_name == "structure":
            for name, each in value.items():
                if name in shape.members:
                    yield from _values(shape.members[name], each, f"{where}.{name}")
        case list():
            for each in value:
                yield from _values(shape.member, each, f"{where}[]")
        case str():
            enum, pattern = shape.metadata.get("enum"), shape.metadata.get("pattern")
            if enum and value not in enum:
                yield f"{where}: {value!r} is none of {enum}"
            if pattern and not re.fullmatch(_of_python(pattern), value):
                yield f"{where}: {value!r} does not match {pattern}"
            if re.search("[\0-\x08\x0b-\x1f\ufffe\uffff]", value):
                yield f"{where}: {value!r} has a character that XML does not have"


def _of_python(pattern: str) -> str:
    """A pattern of the model with the classes that Python has."""
    for name, same in ((r"\p{L}", r"\w"), (r"\p{Z}", r"\s"), (r"\p{N}", r"\d")):
        pattern = pattern.replace(name, same)
    return pattern.removeprefix("^").removesuffix("$")
