"""Typed access keys: kept in memory alone, shown nowhere, and used from the moment they are given."""

from itertools import product

import pytest

from tests.accounts.demo import last_identity, problem_of
from tests.servers.server import S3Server
from tui.accounts import connection_id
from tui.accounts.connections import Connections
from tui.accounts.credentials.typed_keys import KeyName, TypedKeyStore
from tui.demo.profiles import ANALYTICS, MEDIA_PROD, ROLE_ARN
from tui.model.identity import AuthMethod, IdentitySpec, RoleSpec
from tui.model.problem import Need, ProblemError, ProblemKind
from tui.protocol.messages.identities import GiveKeys, Secret

KEY, SECRET = ANALYTICS.access_key_id, ANALYTICS.secret_access_key


def typed(demo: S3Server, **more: object) -> IdentitySpec:
    return IdentitySpec(endpoint=demo.endpoint, region="us-east-1", access_key=KEY, **more)  # type: ignore[arg-type]  # fields


async def test_keys_that_were_not_typed(connections: Connections, demo: S3Server) -> None:
    spec = typed(demo)
    problem = await problem_of(connections, spec)
    assert (problem.kind, problem.needs, problem.subject) == (ProblemKind.NO_CREDENTIALS, Need.KEYS, KEY)
    assert problem.connection == connection_id(spec)


async def test_typed_keys_are_an_identity(connections: Connections, demo: S3Server) -> None:
    connections.give_keys(KEY, SECRET, endpoint=demo.endpoint)
    who = await last_identity(connections, typed(demo))
    assert (who.method, who.label, who.detail) == (AuthMethod.KEYS, "AKIA…S002", "AKIA…S002, typed")
    assert (who.arn, who.expires, who.problem) == (ANALYTICS.user_arn, None, None)


async def test_typed_keys_of_a_session(connections: Connections, demo: S3Server) -> None:
    made = demo.client(demo.b, "sts").assume_role(RoleArn=ROLE_ARN, RoleSessionName="typed")["Credentials"]
    connections.give_keys(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"], endpoint=demo.endpoint)
    spec = IdentitySpec(endpoint=demo.endpoint, access_key=made["AccessKeyId"])
    assert (await last_identity(connections, spec)).principal == "role/partner-read"


async def test_the_settings_name_is_the_label(connections: Connections, demo: S3Server) -> None:
    connections.give_keys(KEY, SECRET, endpoint=demo.endpoint)
    assert (await last_identity(connections, typed(demo, name="partner"))).label == "partner"


async def test_keys_entered_again_serve_existing_connections(connections: Connections, demo: S3Server) -> None:
    connections.give_keys(KEY, "mistyped", endpoint=demo.endpoint)
    spec = typed(demo)
    assert (await last_identity(connections, spec)).problem is not None
    made = await connections.get(connection_id(spec))
    connections.give_keys(KEY, SECRET, endpoint=demo.endpoint)
    assert (await made.client.list_buckets())["Owner"]["ID"] == ANALYTICS.canonical_id
    who = await connections.identity(connection_id(spec))
    assert (who.canonical_id, who.problem) == (ANALYTICS.canonical_id, None)


async def test_a_role_is_assumed_by_typed_keys(connections: Connections, demo: S3Server) -> None:
    spec = typed(demo, roles=(RoleSpec(ROLE_ARN),))
    assert (await problem_of(connections, spec)).needs is Need.KEYS
    connections.give_keys(KEY, SECRET, endpoint=demo.endpoint)
    who = await last_identity(connections, spec)
    assert (who.method, who.account, who.detail) == (AuthMethod.ROLE, MEDIA_PROD.number, f"{ROLE_ARN} from AKIA…S002")


async def test_typed_keys_are_no_other_than_the_ones_named(
    connections: Connections, demo: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys of the environment, which botocore takes first, are not meant."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", MEDIA_PROD.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", MEDIA_PROD.secret_access_key)
    assert (await problem_of(connections, typed(demo))).needs is Need.KEYS
    connections.give_keys(KEY, SECRET, endpoint=demo.endpoint)
    assert (await last_identity(connections, typed(demo))).arn == ANALYTICS.user_arn


async def test_the_keys_of_one_server_are_not_those_of_another(connections: Connections, demo: S3Server) -> None:
    """Many servers know an ``admin``."""
    connections.give_keys(KEY, SECRET, endpoint=demo.endpoint)
    connections.give_keys(KEY, "of-another-server", endpoint="http://127.0.0.1:9000")
    assert (await last_identity(connections, typed(demo))).arn == ANALYTICS.user_arn
    nowhere = await problem_of(connections, IdentitySpec(access_key=KEY, endpoint="http://127.0.0.1:9001"))
    assert (nowhere.needs, nowhere.subject, nowhere.endpoint) == (Need.KEYS, KEY, "http://127.0.0.1:9001")


@pytest.mark.parametrize(
    ("wrong", "field"), [("", 0), ("", 1), *product(("two words", "line\nend", "s\u00e9cret"), range(3))]
)
def test_what_can_be_no_keys(wrong: str, field: int) -> None:
    texts = [KEY, SECRET, "token"]
    texts[field] = wrong
    with pytest.raises(ProblemError) as caught:
        TypedKeyStore().give(KeyName(texts[0]), *texts[1:])
    assert caught.value.problem.kind is ProblemKind.INVALID
    assert SECRET not in repr(caught.value.problem)


async def test_no_repr_shows_a_secret(connections: Connections, demo: S3Server) -> None:
    connections.give_keys(KEY, SECRET, "t0ken", endpoint=demo.endpoint)
    made = await connections.get(connection_id(typed(demo)))
    store = TypedKeyStore()
    store.give(KeyName(KEY), SECRET, "t0ken")
    shown: list[object] = [made, made.settings, made.credentials, vars(made.credentials), store, vars(store)]
    shown.append(GiveKeys(KEY, Secret(SECRET), Secret("t0ken")))
    assert not any(SECRET in repr(each) or "t0ken" in repr(each) for each in shown)


async def test_a_session_that_is_no_more(connections: Connections, demo: S3Server) -> None:
    made = demo.client(demo.b, "sts").assume_role(RoleArn=ROLE_ARN, RoleSessionName="typed")["Credentials"]
    connections.give_keys(made["AccessKeyId"], made["SecretAccessKey"], "another-token", endpoint=demo.endpoint)
    who = await last_identity(connections, IdentitySpec(endpoint=demo.endpoint, access_key=made["AccessKeyId"]))
    assert who.problem
    assert (who.problem.kind, who.problem.code) == (ProblemKind.BAD_CREDENTIALS, "InvalidToken")
    assert "choose the identity again" in who.problem.remedy
