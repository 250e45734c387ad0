"""Commands against texts and answers that no honest user or server gives: words and an exit code, no traceback."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.cli.conftest import Ended, Run
from tests.hostile.server import HostileServer


@pytest.mark.parametrize("link", ["https://[x", "http://[::1"])
@pytest.mark.parametrize("command", ["ls", "open"])
def test_a_link_that_is_none_is_a_usage_error(run: Run, command: str, link: str) -> None:
    ended = run(command, link)
    assert (ended.code, ended.out) == (2, ""), ended


async def listed(run: Run, *arguments: str) -> Ended:
    return await asyncio.to_thread(run, "ls", *arguments)


@pytest.mark.parametrize("bucket", ["year-one", "month-99"])
async def test_a_time_that_no_calendar_has_is_unknown(run: Run, hostile: HostileServer, bucket: str) -> None:
    text = await listed(run, f"s3://{bucket}/")
    lines = await listed(run, f"s3://{bucket}/", "--json")
    assert "Traceback" not in text.err + lines.err
    assert text.code == lines.code
    if text.code == 0:
        assert text.out.endswith("  a\n")
        assert json.loads(lines.out)["key"] == "a"
    else:
        assert "xs3-tui: " in text.err
