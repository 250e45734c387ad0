"""The servers of these tests as scenes, and what each of them lacks."""

import json
from pathlib import Path
from typing import Any, Final

from tests.assumptions.registry import Assumption, Outcome, Verdict, lacking
from tests.assumptions.scene import Client, Need, Party, Scene
from tests.servers.server import Account, S3Server, client_with_keys

LACKS: Final[dict[str, dict[Need, str]]] = {
    "demo": {
        Need.KMS: "it encrypts nothing",
        Need.ANALYZER: "it has no Access Analyzer",
        Need.SIMULATOR: "it does not simulate policies",
        Need.OBJECT_LOCK: "no bucket of it has Object Lock",
    },
    "ministack": {
        Need.ACCOUNT_SETTINGS: "it is started without S3 Control",
        Need.BATCH: "it is started without S3 Control",
        Need.ANALYZER: "it has no Access Analyzer",
        Need.ANNOTATIONS: "it has no annotations",
    },
    "ceph": {
        Need.IAM: "its users are not made by IAM",
        Need.STS: "it has no GetCallerIdentity, and sessions of roles act as who assumed them",
        Need.OWNERSHIP: "it has no Object Ownership, and takes its removal as that of the bucket",
        Need.ACCOUNT_SETTINGS: "it has no S3 Control",
        Need.SECOND_REGION: "it has one region",
        Need.BATCH: "it has no Batch Operations",
        Need.KMS: "it has no KMS",
        Need.ANALYZER: "it has no Access Analyzer",
        Need.SIMULATOR: "it does not simulate policies",
        Need.ANNOTATIONS: "it has no annotations",
    },
}


DIFFERENCES: Final = Path(__file__).with_name("differences.json")
"""What each server does instead, by assumption. `make verification` writes it."""


def known() -> dict[str, dict[str, str]]:
    """The differences of each server."""
    found: dict[str, dict[str, str]] = json.loads(DIFFERENCES.read_text(encoding="utf-8"))
    return found


def expected(server: str, assumption: Assumption) -> Outcome:
    """What is known of a server."""
    if said := lacking(assumption, LACKS[server]):
        return Outcome(Verdict.NOT_APPLICABLE, said)
    said = known()[server].get(assumption.name, "")
    return Outcome(Verdict.DIFFERS, said) if said else Outcome(Verdict.AGREES)


def scene_of(server: S3Server) -> Scene:
    accounts = {"a": server.a, "b": server.b}

    def clients(party: Party | None, service: str, **config: Any) -> Client:
        if party is None:
            return server.client(None, service, **config)
        own = accounts[party.name]
        keys = party.keys or (own.access_key, own.secret_key, "")
        client = client_with_keys(service, server.endpoint, party.region, keys, tuple(config.items()))
        client.meta.events.register("before-sign.s3-control", _at_the_host_itself, unique_id="host")
        return client

    return Scene(_party("a", server.a), _party("b", server.b), clients, LACKS[server.name])


def _at_the_host_itself(request: Any, **_: Any) -> None:
    """Only AWS has a host for each account, which botocore would use."""
    account = request.headers.get("x-amz-account-id", "")
    request.url = request.url.replace(f"://{account}.", "://", 1)


def _party(name: str, account: Account) -> Party:
    number = account.principal.split(":")[4]
    return Party(name, account.canonical_id, number, account.principal, account.region)
