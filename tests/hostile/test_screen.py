"""Nothing that a server sends acts on the terminal: every byte that the app writes is looked at, at a real pty."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit
from xml.sax.saxutils import escape

import pytest

from tests.e2e.terminal import Terminal
from tests.hostile.acting import FORMATS, MARK, SEQUENCES, smuggled
from tests.hostile.answers import CONTENT, ETAG, TIME, Answer, error, listing, row, xml
from tests.hostile.server import ACCESS_KEY, SECRET_KEY, HostileServer
from tests.servers.proxy.messages import Request
from tests.waiting import until

SIZES = [(80, 24), (200, 50)]
F5, F8, DOWN, ESCAPE, TAB = b"\x1b[15~", b"\x1b[19~", b"\x1b[B", b"\x1b", b"\t"

KEYS = [f"{number:02} {sequence}{MARK}.txt" for number, sequence in enumerate([*SEQUENCES, *FORMATS])]

OF_XML = "".join(
    f"{hostile}{MARK} " for hostile in [*SEQUENCES, *FORMATS] if not set(hostile) & set(map(chr, range(32)))
)
"""What XML can carry of it: no C0 control."""

BUCKETS = ["refusing", "terrible"]

OWNER = f"<Owner><ID>feed{escape(OF_XML)}</ID><DisplayName>{escape(OF_XML)}</DisplayName></Owner>"

POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Sid":"\\u001b[2J\\u009b\\u202ePWN","Effect":"Deny","Principal":"*",'
    '"Action":"s3:*\\u001b]0;PWN\\u0007","Resource":"*"}]}'
)


def teach(server: HostileServer) -> None:
    rows = "".join(row(quote(key, safe=""), extra=OWNER) for key in KEYS)
    head = (("ETag", ETAG), ("Last-Modified", "Fri, 02 Jan 2026 03:04:05 GMT"))
    told = (
        ("Content-Type", "text/\x9b2J" + MARK),
        ("x-amz-meta-\x9bnote", "\x9d0;" + MARK),
        ("x-amz-version-id", "\x85v"),
    )
    tags = f"<Tag><Key>{escape(OF_XML)}</Key><Value>{escape(OF_XML)}</Value></Tag>" * 3
    server.lie("terrible", "ListObjectsV2", listing(rows, before="<EncodingType>url</EncodingType>"))
    server.lie("terrible", "HeadObject", Answer(200, CONTENT, head + told))
    server.lie("terrible", "GetObjectTagging", xml(f"<Tagging><TagSet>{tags}</TagSet></Tagging>"))
    server.lie("terrible", "GetBucketPolicy", Answer(200, POLICY.encode()))
    for operation in ("GetBucketAcl", "GetObjectAcl", "GetBucketOwnershipControls", "ListMultipartUploads"):
        server.lie("terrible", operation, error(403, "AccessDenied", escape(OF_XML)))
    server.lie("terrible", "GET bucket", versions)
    server.lie("refusing", "ListObjectsV2", error(403, "AccessDenied", escape(OF_XML)))
    for name in [name for name in server.lies if name not in BUCKETS]:
        del server.lies[name]
    server.lies[f"named-\u202e\x9b{MARK}"] = {}


def versions(request: Request) -> Answer:
    prefix = parse_qs(urlsplit(request.head.first.split(" ")[1]).query).get("prefix", [""])[0]
    rows = "".join(
        f"<Version><Key>{quote(key, safe='')}</Key><VersionId>v{escape(OF_XML)}{latest}</VersionId>"
        f"<IsLatest>{latest}</IsLatest><LastModified>{TIME}</LastModified><ETag>{escape(ETAG)}</ETag><Size>5</Size>"
        f"<StorageClass>STANDARD</StorageClass>{OWNER}</Version>"
        for key in KEYS
        if key.startswith(prefix)
        for latest in ("true", "false")
    )
    head = f"<Name>terrible</Name><Prefix>{quote(prefix, safe='')}</Prefix><EncodingType>url</EncodingType>"
    return xml(f"<ListVersionsResult>{head}<IsTruncated>false</IsTruncated>{rows}</ListVersionsResult>")


def write_profile(server: HostileServer) -> None:
    lines = ["[profile hostile]", "region = us-east-1", f"endpoint_url = {server.endpoint}"]
    lines += [f"aws_access_key_id = {ACCESS_KEY}", f"aws_secret_access_key = {SECRET_KEY}"]
    Path(os.environ["AWS_CONFIG_FILE"]).write_text("\n".join(lines))


@asynccontextmanager
async def screen(server: HostileServer, size: tuple[int, int]) -> AsyncIterator[Screen]:
    teach(server)
    write_profile(server)
    with Terminal(
        ["--left", "hostile", "--right", "hostile", "s3://terrible/", "s3://refusing/"], dict(os.environ), *size
    ) as terminal:
        yield Screen(terminal)


class Screen:
    """The terminal, read while the server in the same loop answers."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        def look() -> bool:
            self.terminal.read(0.01)
            return condition()

        try:
            await until(look, what, 60)
        except AssertionError as failed:
            raise AssertionError(f"{failed}\n{self.terminal.text}") from None

    async def shows(self, text: str) -> None:
        await self.until(lambda: text in self.terminal.text, f"the screen shows {text!r}")

    async def press(self, *keys: bytes | str) -> None:
        for key in keys:
            self.terminal.send(key)
            await self.rests()

    async def rests(self) -> None:
        before = -1
        while before != len(self.terminal.output):
            before = len(self.terminal.output)
            for _ in range(30):
                self.terminal.read(0.01)
                await asyncio.sleep(0)


@pytest.mark.thorough
@pytest.mark.parametrize("size", SIZES, ids=["80x24", "200x50"])
async def test_nothing_from_a_server_acts_on_the_terminal(hostile: HostileServer, size: tuple[int, int]) -> None:
    async with screen(hostile, size) as shown:
        await shown.shows(f"{MARK}.txt")
        await shown.shows("access denied")
        await shown.press("i")  # the inspector, object by object
        for _ in range(4):
            await shown.press(DOWN)
        await shown.press("p", ESCAPE, "y", "i", "i")  # the policy in full, a key on the clipboard
        for _ in KEYS:
            shown.terminal.send(DOWN)
        await shown.press("/", MARK, b"\r", ESCAPE, "R", ESCAPE, "o", ESCAPE, "+", ESCAPE)
        await shown.press("f", MARK, b"\r")
        await shown.shows(f"{len(KEYS)} found")
        await shown.press(".", ESCAPE, ESCAPE, "g", "w")  # the menu of a row, and its versions
        await shown.shows("▾ ")
        await shown.press(DOWN, "i", "i", "w", "u")
        await shown.shows("Sizes below")
        await shown.press(ESCAPE, ESCAPE, "=", b"\r")
        await shown.shows("only left")
        await shown.press(ESCAPE, ESCAPE, "Z", ESCAPE)
        await shown.press(F5, ESCAPE, F8, "d", ESCAPE, ESCAPE, TAB, "e", ESCAPE, b"\x7f")  # cards, the error, buckets
        await shown.shows(f"named-<U+202E><U+009B>{MARK}")
        await shown.press(DOWN, DOWN, "y", "b", ESCAPE)
        written = shown.terminal.output.decode()
        assert not [form for form in ("␛", "␡", "<U+009B>", "<U+202E>", "<U+3164>") if form not in written]
        assert shown.terminal.process.poll() is None
        assert smuggled(bytes(shown.terminal.output)) == []


def test_what_would_act_is_found() -> None:
    for hostile in [*SEQUENCES, *FORMATS]:
        if hostile not in ("\r", "\n"):  # as characters the app writes them, too; with their mark they are found
            assert smuggled(f"name {hostile}x".encode()) or smuggled(f"name {hostile}{MARK}".encode())
    assert smuggled(b"\x1b[31m\x1b[12;3Hplain \xe2\x90\x9b[31mPWN\r\n\x1b]52;c;cGxhaW4=\x07") == []
