"""The EC2 instance that the engine runs on, by its metadata service."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from botocore.session import Session

from tests.servers.sign_in.imds import MetadataService, metadata_service
from tests.servers.surroundings import use
from tests.waiting import until
from tui.aws.vpc import SWITCHED_OFF, InstanceMetadata
from tui.core.facts import UnknownFact
from tui.core.network import Instance

PATIENT = 30.0
"""Seconds for which a busy machine is waited for."""
MAC = "0e:49:61:0f:c3:11"
INTERFACE = f"network/interfaces/macs/{MAC}"
DESCRIBED = {
    "mac": MAC,
    f"{INTERFACE}/vpc-id": "vpc-0123abc",
    f"{INTERFACE}/subnet-id": "subnet-0123abc",
    f"{INTERFACE}/owner-id": "111111111111",
    "placement/region": "eu-west-1",
    "placement/availability-zone": "eu-west-1b",
    "local-ipv4": "10.0.1.7",
    "public-ipv4": "198.51.100.9",
}
WHOLE = Instance("vpc-0123abc", "subnet-0123abc", "eu-west-1", "eu-west-1b", "111111111111", "10.0.1.7", "198.51.100.9")


@pytest_asyncio.fixture
async def service(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MetadataService]:
    async with metadata_service() as running:
        running.described = dict(DESCRIBED)
        use(monkeypatch, running.environment)
        yield running


async def asked() -> Instance | UnknownFact:
    return await InstanceMetadata(PATIENT).instance(Session())


async def why() -> str:
    found = await asked()
    assert isinstance(found, UnknownFact)
    return found.why


async def test_all_that_it_says(service: MetadataService) -> None:
    assert await asked() == WHOLE


async def test_it_is_asked_once_however_many_ask(service: MetadataService) -> None:
    metadata = InstanceMetadata(PATIENT)
    found = await asyncio.gather(*(metadata.instance(Session()) for _ in range(5)))
    assert set(found) == {WHOLE}
    assert await metadata.instance(Session()) == WHOLE
    assert service.asked.count("PUT /latest/api/token") == 1
    assert len(service.asked) == 1 + len(DESCRIBED)


async def test_who_leaves_does_not_end_it_for_the_others(service: MetadataService) -> None:
    service.held = asyncio.Event()
    metadata = InstanceMetadata(PATIENT)
    first = asyncio.create_task(metadata.instance(Session()))
    await until(lambda: bool(service.asked), "the service is asked")
    first.cancel()
    service.held.set()
    assert await metadata.instance(Session()) == WHOLE
    assert first.cancelled()


async def test_nothing_is_asked_where_it_is_switched_off(
    service: MetadataService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert await why() == SWITCHED_OFF
    assert service.asked == []


async def test_a_service_that_does_not_answer_is_not_waited_for_as_long_as_the_settings_say(
    service: MetadataService, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.held = asyncio.Event()
    monkeypatch.setenv("AWS_METADATA_SERVICE_TIMEOUT", "3600")
    monkeypatch.setenv("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "5")
    asking = asyncio.create_task(InstanceMetadata().instance(Session()))
    try:
        await until(asking.done, "it is given up")
    finally:
        service.held.set()
    found = await asking
    assert isinstance(found, UnknownFact)
    assert found.why.startswith("no instance metadata: ")


async def test_where_nothing_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9")
    assert await why() == "no instance metadata: http://127.0.0.1:9 gives no token"


async def test_an_answer_that_gets_lost_on_its_way_into_a_container(service: MetadataService) -> None:
    service.too_far = True
    assert await why() == f"no instance metadata: {service.endpoint} gives no token"
    assert not [one for one in service.asked if one.startswith("GET")], "IMDSv1 is not asked"


async def test_settings_that_make_no_sense(service: MetadataService, monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
    for name, value, words in (
        (prefix, "no address", "Invalid endpoint EC2 Instance Metadata endpoint: no address"),
        (f"{prefix}_MODE", "IPv5", "Invalid EC2 Instance Metadata endpoint mode: IPv5"),
        ("AWS_METADATA_SERVICE_TIMEOUT", "soon", "soon"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert words in await why()
    assert service.asked == []


async def test_without_a_vpc_there_is_no_instance(service: MetadataService) -> None:
    for path in ("mac", f"{INTERFACE}/vpc-id", f"{INTERFACE}/subnet-id"):
        for value in ("\x1b[31mvpc", "vpc-0" * 200, "../../iam/info"):
            service.described[path] = value
            assert await why() == "instance metadata names no VPC and subnet"
        del service.described[path]
        assert await why() == "instance metadata names no VPC and subnet"
        service.described[path] = DESCRIBED[path]


async def test_what_it_does_not_say_is_not_known(service: MetadataService) -> None:
    fields = {"owner-id": "account", "local-ipv4": "local_ip", "public-ipv4": "public_ip", "availability-zone": "zone"}
    for path in DESCRIBED:
        if field := fields.get(path.rpartition("/")[2]):
            service.described[path] = "\x1bnonsense"
            assert getattr(await asked(), field) == ""
            del service.described[path]
            assert getattr(await asked(), field) == ""
            service.described[path] = DESCRIBED[path]


async def test_the_region_by_its_zone(service: MetadataService) -> None:
    """As before the service told regions."""
    del service.described["placement/region"]
    assert await asked() == WHOLE
    service.described["placement/availability-zone"] = "us-west-2-lax-1a"
    found = await asked()
    assert isinstance(found, Instance)
    assert (found.region, found.zone) == ("", "")


async def test_only_who_learned_nothing_asks_again(service: MetadataService) -> None:
    metadata = InstanceMetadata(PATIENT)
    service.too_far = True
    assert isinstance(await metadata.instance(Session()), UnknownFact)
    service.too_far = False
    assert isinstance(await metadata.instance(Session()), UnknownFact), "remembered"
    metadata.forget_failures()
    assert await metadata.instance(Session()) == WHOLE
    asked_so_far = list(service.asked)
    metadata.forget_failures()
    assert await metadata.instance(Session()) == WHOLE
    assert service.asked == asked_so_far
