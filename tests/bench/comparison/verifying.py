"""Whether a run did what it should have done. The stand-in reads no signatures, so plain requests are enough."""

from __future__ import annotations

import re
import ssl
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

from tests.bench.comparison.clients import Place
from tests.bench.comparison.running import RunError

S3 = "{http://s3.amazonaws.com/doc/2006-03-01/}"
SAMPLES = 16
NUMBER = re.compile(rb"event-(\d{8})")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads buckets of a stand-in, over TLS when there is a certificate."""

    certificate: Path | None = None

    def listed(self, place: Place) -> Iterator[tuple[str, int]]:
        """Every key and size of a bucket, in order."""
        query = {"list-type": "2"}
        while True:
            page = ElementTree.fromstring(self._get(f"{place.endpoint}/{place.bucket}?{urlencode(query)}"))
            for entry in page.iterfind(f"{S3}Contents"):
                yield entry.findtext(f"{S3}Key", ""), int(entry.findtext(f"{S3}Size", ""))
            token = page.findtext(f"{S3}NextContinuationToken")
            if token is None:
                return
            query["continuation-token"] = token

    def content(self, place: Place, key: str) -> bytes:
        """The whole body of an object."""
        return self._get(f"{place.endpoint}/{place.bucket}/{quote(key)}")

    def _get(self, url: str) -> bytes:
        context = ssl.create_default_context(cafile=self.certificate) if self.certificate else None
        with urllib.request.urlopen(url, timeout=60, context=context) as answer:
            body: bytes = answer.read()
        return body


def verify_copies(reader: Reader, source: Place, target: Place, *, count: int, size: int, contents: bool) -> None:
    """Number and sizes of the objects at the target, and some contents; raises `RunError`.

    Without `contents` the target is a bucket that has dropped them.
    """
    copies = list(reader.listed(target))
    if len(copies) != count:
        raise RunError(f"{len(copies)} objects at the target instead of {count}")
    if wrong := [key for key, copied in copies if copied != size]:
        raise RunError(f"{len(wrong)} copies are not {size} bytes, such as {wrong[0]}")
    step = max(1, count // SAMPLES)
    for key, _ in copies[::step] if contents else ():
        if reader.content(source, key) != reader.content(target, key):
            raise RunError(f"the copy of {key} is another one")


def verify_listing(output: Path, count: int) -> None:
    """The output is the number of keys or their names, each once; raises `RunError`."""
    printed = output.read_bytes()
    names = NUMBER.findall(printed)
    listed = len(set(names)) if names else int(printed or 0)
    if listed != count or len(names) not in (0, count):
        raise RunError(f"{listed} keys listed instead of {count}, in {len(names)} lines")
