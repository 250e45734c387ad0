"""``xs3-tui endpoint``: each line with its certainty and its source; the engine is a process of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.cli.conftest import Ended, Run
from tests.servers.proxy.forward import forwarding_to
from tests.servers.server import S3Server
from tests.servers.sign_in.imds import metadata_service
from tests.servers.vpc.ec2 import Vpc, running_ec2
from tui.demo.profiles import MEDIA_PROD


def test_the_way_to_a_server_on_this_machine(run: Run, demo_environment: S3Server) -> None:
    ended = run("endpoint", "--profile", "analytics", "s3://media-prod-assets/some/key")
    assert ended.code == 0
    lines = [line.strip() for line in ended.out.splitlines()]
    endpoint = demo_environment.endpoint
    assert lines[0] == "s3://media-prod-assets/some/key"
    assert f"endpoint  {endpoint}/media-prod-assets  (certain, endpoint_url of the profile)" in lines
    assert f"bucket region  {MEDIA_PROD.region}  (certain, HeadBucket)" in lines
    assert f"connected to  {endpoint.removeprefix('http://')}: this machine  (certain, HeadBucket)" in lines
    assert "path  this machine: the server runs on this machine  (certain, from the above)" in lines
    assert "aws:SourceIp  127.0.0.1  (certain, from the above)" in lines
    assert all(line.endswith(")") for line in lines[1:])


def test_the_way_as_json(run: Run, demo_environment: S3Server) -> None:
    (found,) = run("endpoint", "--profile", "analytics", "s3://media-prod-assets", "--json").objects
    assert found["uri"] == "s3://media-prod-assets/"
    assert found["endpoint"]["signing_name"] == "s3"
    assert (found["path"]["kind"], found["path"]["certainty"]) == ("this machine", "certain")
    assert found["condition"]["condition"] == {"IpAddress": {"aws:SourceIp": "127.0.0.1/32"}}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("s3://media-prod-private",), 0, ""),
        (("s3://no-such-bucket-here",), 4, "there is no bucket no-such-bucket-here"),
        (("s3://",), 2, "name a bucket: s3://bucket"),
        (("/tmp",), 2, ""),
        (("s3://media-prod-assets", "--endpoint", "http://127.0.0.1:9"), 1, "cannot reach"),
    ],
)
def test_how_it_ends(run: Run, demo_environment: S3Server, arguments: tuple[str, ...], code: int, words: str) -> None:
    """A bucket that denies everything has a way, too."""
    ended = run("endpoint", "--profile", "analytics", *arguments)
    assert ended.code == code
    assert words in ended.err


def by_the_name_of(endpoint: str, server: S3Server, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have profile `media-prod` reach the server by a name of an interface endpoint."""
    account = server.a
    config = directory / "config"
    config.write_text(
        f"[profile media-prod]\nregion = {account.region}\naws_access_key_id = {account.access_key}\n"
        f"aws_secret_access_key = {account.secret_key}\ns3 =\n  addressing_style = path\nservices = here\n"
        f"[services here]\ns3 =\n  endpoint_url = http://bucket.{endpoint}-1b2c.s3.{account.region}.vpce.amazonaws.com\n"
        f"sts =\n  endpoint_url = {server.endpoint}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(directory / "none"))


async def test_the_way_through_an_interface_endpoint(
    run: Run, demo_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name is looked up by a proxy, which leads to the demo; EC2 and instance metadata are real servers, too."""
    async with (
        running_ec2() as ec2,
        metadata_service() as metadata,
        forwarding_to(demo_server.endpoint) as proxy,
    ):
        vpc = await asyncio.to_thread(Vpc.made, ec2, MEDIA_PROD.region)
        endpoint, _ = await asyncio.to_thread(vpc.interface_endpoint)
        vpc.client.close()
        metadata.described = vpc.described(MEDIA_PROD.number)
        by_the_name_of(endpoint, demo_server, tmp_path, monkeypatch)
        for name, value in {
            **ec2.environment,
            **metadata.environment,
            "HTTP_PROXY": proxy.endpoint,
            "NO_PROXY": "127.0.0.1",
        }.items():
            monkeypatch.setenv(name, value)
        ended: Ended = await asyncio.to_thread(run, "endpoint", "--profile", "media-prod", "s3://media-prod-assets")
        assert ended.code == 0, ended.err
        lines = [line.strip() for line in ended.out.splitlines()]
        host = f"bucket.{endpoint}-1b2c.s3.{MEDIA_PROD.region}.vpce.amazonaws.com"
        assert set(proxy.hosts) == {host}
        assert f"endpoint  http://{host}/media-prod-assets  (certain, services section of the profile)" in lines
        assert f"proxy  {proxy.endpoint}  (certain, HeadBucket)" in lines
        assert f"path  interface endpoint {endpoint}: the URL names {endpoint}  (certain, from the above)" in lines
        assert "PUT /latest/api/token" in metadata.asked
        assert f"aws:SourceVpce  {endpoint}  (certain, from the above)" in lines
        assert f"aws:SourceVpc  {vpc.id}  (certain, from the above)" in lines
        assert "aws:SourceIp  none  (certain, from the above)" in lines
        assert any(
            line.startswith(f"VPC endpoint  {endpoint}, interface endpoint of {vpc.id} for S3 in {MEDIA_PROD.region}")
            for line in lines
        )
        assert any(line.startswith('its policy  {"Version"') for line in lines)
        assert any(
            line.startswith(f'condition  {{"StringEquals": {{"aws:SourceVpce": "{endpoint}"}}}}') for line in lines
        )
