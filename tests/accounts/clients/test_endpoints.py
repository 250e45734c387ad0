"""Where the endpoint and the region come from: told apart as botocore finds them."""

import pytest
from aiobotocore.session import AioSession

from tests.accounts.conftest import WriteSettings
from tui.accounts.clients.endpoints import is_aws, partition_of, region_of, s3_endpoint, service_of, sts_endpoint
from tui.model.identity import EndpointSource, IdentitySpec

CONFIG = """\
[default]
region = eu-west-3

[profile global]
endpoint_url = http://profile.example

[profile services]
endpoint_url = http://profile.example
services = local
region = eu-central-1

[profile ignoring]
endpoint_url = http://profile.example
ignore_configured_endpoint_urls = true

[services local]
s3 =
  endpoint_url = http://services.example
"""


async def endpoint_of_botocore(session: AioSession, spec: IdentitySpec) -> str:
    async with session.create_client(
        "s3",
        region_name="eu-central-1",
        endpoint_url=spec.endpoint,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    ) as client:
        return client.meta.endpoint_url


@pytest.mark.parametrize(
    ("spec", "environment", "url", "source"),
    [
        (IdentitySpec("default"), {}, "", EndpointSource.RULES),
        (IdentitySpec("global"), {}, "http://profile.example", EndpointSource.PROFILE),
        (IdentitySpec("services"), {}, "http://services.example", EndpointSource.SERVICES),
        (IdentitySpec("ignoring"), {}, "", EndpointSource.RULES),
        (
            IdentitySpec("services"),
            {"AWS_ENDPOINT_URL": "http://env.example"},
            "http://env.example",
            EndpointSource.ENV,
        ),
        (
            IdentitySpec("services"),
            {"AWS_ENDPOINT_URL": "http://env.example", "AWS_ENDPOINT_URL_S3": "http://s3.example"},
            "http://s3.example",
            EndpointSource.ENV_S3,
        ),
        (
            IdentitySpec("global"),
            {"AWS_ENDPOINT_URL": "http://env.example", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
            "",
            EndpointSource.RULES,
        ),
        (
            IdentitySpec("ignoring", endpoint="http://flag.example"),
            {"AWS_ENDPOINT_URL_S3": "http://s3.example"},
            "http://flag.example",
            EndpointSource.FLAG,
        ),
    ],
)
async def test_the_strongest_setting_wins(
    write_settings: WriteSettings,
    monkeypatch: pytest.MonkeyPatch,
    spec: IdentitySpec,
    environment: dict[str, str],
    url: str,
    source: EndpointSource,
) -> None:
    write_settings(CONFIG, "")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    session = AioSession(profile=spec.profile)
    setting = s3_endpoint(session, spec)
    assert (setting.url, setting.source) == (url, source)
    assert await endpoint_of_botocore(session, spec) == (url or "https://s3.eu-central-1.amazonaws.com")


def test_the_region(write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    write_settings(CONFIG, "")
    assert region_of(AioSession(profile="services"), IdentitySpec("services", region="sa-east-1")) == "sa-east-1"
    assert region_of(AioSession(profile="services"), IdentitySpec("services")) == "eu-central-1"
    assert region_of(AioSession(profile="global"), IdentitySpec("global")) == "us-east-1"
    assert region_of(AioSession(), IdentitySpec()) == "eu-west-3"
    monkeypatch.setenv("AWS_REGION", "ap-south-1")
    assert region_of(AioSession(profile="services"), IdentitySpec("services")) == "eu-central-1"
    assert region_of(AioSession(profile="global"), IdentitySpec("global")) == "ap-south-1"
    assert region_of(AioSession(), IdentitySpec()) == "ap-south-1"


def test_sts_is_asked_where_the_keys_are_known(write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    write_settings(CONFIG, "")
    plain, spec = AioSession(profile="default"), IdentitySpec("default", endpoint="http://127.0.0.1:9000")
    assert sts_endpoint(plain, s3_endpoint(plain, spec)) == "http://127.0.0.1:9000"
    vpce = IdentitySpec("default", endpoint="https://bucket.vpce-1.s3.eu-west-3.vpce.amazonaws.com")
    assert sts_endpoint(plain, s3_endpoint(plain, vpce)) is None
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://sts.example")
    assert sts_endpoint(plain, s3_endpoint(plain, spec)) is None


def test_which_endpoints_are_one_service() -> None:
    tokyo, vpce = "https://s3.ap-northeast-1.amazonaws.com", "https://bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com"
    assert service_of(tokyo, "aws") == service_of(vpce, "aws")
    assert service_of("https://s3.cn-north-1.amazonaws.com.cn", "aws-cn") != service_of(tokyo, "aws")
    assert service_of("https://s3.us-gov-west-1.amazonaws.com", "aws-us-gov") != service_of(tokyo, "aws")
    assert service_of("http://127.0.0.1:1/", "aws") == service_of("http://127.0.0.1:1", "aws")
    assert service_of("http://127.0.0.1:1", "aws") != service_of("http://127.0.0.1:2", "aws")
    assert not is_aws("https://amazonaws.com.evil.example")


def test_partitions() -> None:
    session = AioSession()
    assert [partition_of(session, region) for region in ("eu-west-1", "cn-north-1", "home")] == ["aws", "aws-cn", "aws"]
