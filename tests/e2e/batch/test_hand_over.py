"""A marked prefix is handed over to S3 Batch Operations in a terminal: card, dialog, role, job, results."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.cli.places import write_settings
from tests.e2e.terminal import Terminal
from tests.servers.buckets import fresh_bucket
from tests.servers.server import S3Server

ENTER, ESCAPE, F5, MAKE_ROLE = "\r", "\x1b", "\x1b[15~", "\x12"
OBJECTS = 12


@pytest.fixture
def places(demo_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """A source with objects, and a target; reports are kept in the target. From 10 objects on a job is offered."""
    for name, value in demo_server.environment.items():
        monkeypatch.setenv(name, value)
    client = demo_server.client(demo_server.a)
    with ExitStack() as stack:
        source, target = (stack.enter_context(fresh_bucket(demo_server, demo_server.a)) for _ in range(2))
        for number in range(OBJECTS):
            client.put_object(Bucket=source, Key=f"in/{number:02}", Body=b"hello world")
        write_settings(f'[scale]\nobjects = 10\nbatch_reports = "s3://{target}/jobs-{secrets.token_hex(2)}/"\n')
        yield source, target


def test_from_the_card_to_the_results(demo_server: S3Server, places: tuple[str, str]) -> None:
    source, target = places
    ends = ("--left", "media-prod", "--right", "media-prod", f"s3://{source}/", f"s3://{target}/")
    with Terminal(ends, dict(os.environ)) as terminal:

        def choose(key: str, label: str) -> None:
            terminal.until_shown(label)
            terminal.send(key)

        terminal.until_shown("▸ in/")
        choose(" ", "▸ in/")
        choose(F5, "F5 copy")
        terminal.until_shown(f"Copy {OBJECTS} objects")
        choose("ee", "( ) overwrite")
        terminal.until_shown("batch ✓ 1 min to 30 min, $0.25")
        assert "AWS list prices" in terminal.text
        choose("b", "( ) batch")
        terminal.until_shown("(•) batch")
        choose(ENTER, "Hand over…  enter")
        terminal.until_shown("type the role of the job")
        assert "in/" in terminal.text
        choose(MAKE_ROLE, "Make role  ctrl+r")
        terminal.until_shown("media-prod applies: role trust policy")
        while "checked: the role" not in terminal.text:
            terminal.send(ENTER)  # the next page, or apply; nothing while it is applied and checked
            terminal.read(0.5)
        terminal.send(ESCAPE)
        terminal.until_gone("A role for S3 Batch Operations")
        terminal.until_shown("role     arn:aws:iam::111111111111:role/xs3-tui-batch-")
        choose(ENTER, "Hand over  enter")
        terminal.until_gone("Hand over to S3")
        terminal.until_shown(f"the job waits for your confirmation: {OBJECTS} objects")
        terminal.send("t")
        terminal.until_shown("copy batch")
        terminal.send("p")
        choose("y", "Begin  y")
        terminal.until_shown(f"{OBJECTS} of {OBJECTS} obj")
        terminal.until_shown("done")
        terminal.send(ENTER)
        terminal.until_shown(f"copied {OBJECTS}")
        assert "✓ in/00" in terminal.text
        assert f"verified {OBJECTS} of {OBJECTS} copies" in " ".join(terminal.text.split())
    listed = demo_server.client(demo_server.a).list_objects_v2(Bucket=target, Prefix="in/")["Contents"]
    assert len(listed) == OBJECTS
    role(demo_server, source, target)


def test_by_mouse_in_a_large_terminal(demo_server: S3Server, places: tuple[str, str]) -> None:
    source, target = places
    ends = ("--left", "media-prod", "--right", "media-prod", f"s3://{source}/", f"s3://{target}/")
    with Terminal(ends, dict(os.environ), 200, 50) as terminal:

        def click(label: str) -> None:
            terminal.until_shown(label)
            terminal.click(terminal.find(label))

        terminal.until_shown("▸ in/")
        terminal.send(" ")
        click("F5 copy")
        terminal.until_shown(f"Copy {OBJECTS} objects")
        click("( ) skip")
        terminal.until_shown("batch ✓ 1 min to 30 min, $0.25")
        click("( ) batch")
        terminal.until_shown("(•) batch")
        click("Hand over…  enter")
        terminal.until_shown("type the role of the job")
        click("Make role  ctrl+r")
        terminal.until_shown("media-prod applies: role trust policy")
        while "checked: the role" not in terminal.text:
            terminal.send(ENTER)  # the next page, or apply; nothing while it is applied and checked
            terminal.read(0.5)
        terminal.send(ESCAPE)
        terminal.until_gone("A role for S3 Batch Operations")
        terminal.until_gone("Make role")  # the line above is gone as well, so the buttons have moved
        click("Hand over  enter")
        terminal.until_gone("Hand over to S3")
        terminal.until_shown(f"the job waits for your confirmation: {OBJECTS} objects")
    listed = demo_server.client(demo_server.a).list_objects_v2(Bucket=target, Prefix="in/")
    assert "Contents" not in listed, "nothing is copied before it is confirmed"


def role(server: S3Server, source: str, target: str) -> None:
    """What was made lets the job do no more than this copy."""
    name = f"xs3-tui-batch-{target}"[:64]
    iam = server.client(server.a, "iam")
    document = iam.get_role_policy(RoleName=name, PolicyName="xs3-tui-batch")["PolicyDocument"]
    shown = json.dumps(document)
    assert f"arn:aws:s3:::{source}/in/*" in shown
    assert f"arn:aws:s3:::{target}/in/*" in shown
    assert f"arn:aws:s3:::{source}/*" not in shown
