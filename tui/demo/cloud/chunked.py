"""Bodies in `aws-chunked` encoding: chunks with or without signatures, then trailers.

Rules: Amazon S3 API reference, "Signature Calculations for the Authorization Header: Transferring Payload in
Multiple Chunks". The signature of the request's head is checked elsewhere; those of the chunks are not.
"""

from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.messages import Request


def decoded(request: Request) -> Request:
    """The request with its body decoded and its trailers among the headers; any other request as it is."""
    if not request.header("x-amz-content-sha256").startswith("STREAMING-"):
        return request
    try:
        body, rest = _chunks(request.body)
    except ValueError as error:
        raise CloudError("InvalidRequest", "The aws-chunked body is malformed") from error
    stated = request.header("x-amz-decoded-content-length")
    if stated and stated != str(len(body)):
        raise CloudError("InvalidRequest", "The body does not have its x-amz-decoded-content-length")
    return request.with_body(body, _trailers(rest))


def _chunks(encoded: bytes) -> tuple[bytes, bytes]:
    """The joined chunks, and what follows the last one. Raises `ValueError`."""
    chunks: list[memoryview] = []
    position = 0
    while True:
        end = encoded.index(b"\r\n", position)
        size = int(encoded[position:end].partition(b";")[0], 16)
        position = end + 2
        if size == 0:
            return b"".join(chunks), encoded[position:]
        chunks.append(memoryview(encoded)[position : position + size])
        position += size + 2


def _trailers(text: bytes) -> dict[str, str]:
    lines = (line.partition(":") for line in text.decode("latin-1").split("\r\n") if ":" in line)
    return {name.strip().lower(): value.strip() for name, _, value in lines}
