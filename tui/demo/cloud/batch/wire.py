"""Requests to S3 Control read, and its answers written, by botocore's own model of the service."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.exceptions import ParamValidationError
from botocore.validate import ParamValidator
from moto.core.model import OperationModel
from moto.core.parse import RestXMLParser
from moto.core.serialize import RestXMLSerializer
from moto.core.utils import get_service_model
from werkzeug.datastructures import MultiDict

from tui.demo.cloud.call import Call
from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.messages import Response


@cache
def operation_model(name: str) -> OperationModel:
    """The model of an operation of S3 Control."""
    model: OperationModel = get_service_model("s3control").operation_model(name)
    return model


def parameters(call: Call, operation: str, **in_path: str) -> dict[str, Any]:
    """What a request asks for, in the shape of the model. Raises `CloudError` (BadRequestException)."""
    model, request = operation_model(operation), call.request
    source: Any = {
        "body": request.body,
        "headers": request.headers,
        "method": request.method,
        "url_params": in_path,
        "url_path": request.path,
        "values": MultiDict(request.query),
    }
    try:
        found: dict[str, Any] = RestXMLParser(model).parse(source)
    except Exception as error:  # moto's parser raises whatever its readers do
        raise CloudError("MalformedXML", "The XML you provided was not well-formed") from error
    shown = {name: value for name, value in found.items() if value is not None}
    if model.input_shape is None:
        return shown
    report = ParamValidator().validate(shown, model.input_shape)
    if report.has_errors():
        raise CloudError("BadRequestException", str(ParamValidationError(report=report.generate_report())))
    return shown


def answer(operation: str, result: Mapping[str, Any]) -> Response:
    """An answer in the shape of the model."""
    written = RestXMLSerializer(operation_model(operation)).serialize(result)
    body = written["body"]
    headers = {name.lower(): str(value) for name, value in written["headers"].items()}
    return Response(written["status_code"], headers, body.encode() if isinstance(body, str) else bytes(body))
