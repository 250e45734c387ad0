"""What the AWS config files and variables hold, and what of it takes effect in the requests that are sent."""

import re
from pathlib import Path

import pytest
from aiobotocore.session import AioSession
from botocore.session import Session

from tests.aws.conftest import WriteSettings
from tests.servers.surroundings import use
from tests.stores.faults import Sent, answer, certificate, error, faulty_server, sent_by
from tests.stores.refusals import problem_of
from tui import __version__
from tui.aws.connection import ONE_ATTEMPT, is_aws, partition_of, region_of, s3_endpoint, service_endpoint, service_of
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.aws.profiles import environment_profile, label_of, list_profiles, method_and_detail, no_profile
from tui.core.identity import AuthMethod, EndpointSource, IdentitySpec, ProfileSummary, RoleSpec
from tui.core.problem import ProblemError, ProblemKind
from tui.stores.s3.s3_store import S3Store

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


SETTINGS: list[tuple[IdentitySpec, dict[str, str], str, EndpointSource]] = [
    (IdentitySpec("default"), {}, "", EndpointSource.RULES),
    (IdentitySpec("global"), {}, "http://profile.example", EndpointSource.PROFILE),
    (IdentitySpec("services"), {}, "http://services.example", EndpointSource.SERVICES),
    (IdentitySpec("ignoring"), {}, "", EndpointSource.RULES),
    (IdentitySpec("services"), {"AWS_ENDPOINT_URL": "http://env.example"}, "http://env.example", EndpointSource.ENV),
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
]


async def test_the_strongest_setting_wins(write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    write_settings(CONFIG, "")
    for spec, environment, url, source in SETTINGS:
        with monkeypatch.context() as patch:
            use(patch, environment)
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
    assert service_endpoint(plain, s3_endpoint(plain, spec), "sts") == "http://127.0.0.1:9000"
    vpce = IdentitySpec("default", endpoint="https://bucket.vpce-1.s3.eu-west-3.vpce.amazonaws.com")
    assert service_endpoint(plain, s3_endpoint(plain, vpce), "sts") is None
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://sts.example")
    assert service_endpoint(plain, s3_endpoint(plain, spec), "sts") is None


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


KEYS = "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = s3cr3t\n"
OTHER_KEYS = "[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = s3cr3t\n"
WEST = "[default]\nregion = us-west-2\n"
EAST = "[default]\nregion = us-east-1\n"
HERE, THERE = "http://here.example", "http://there.example"


async def sent(connections: Connections, spec: IdentitySpec | None = None) -> Sent:
    """The HeadObject of ``bucket/k`` that an identity, the default one if none is given, sends."""
    connection = await connections.get(connection_id(spec or IdentitySpec()))
    return await sent_by(connection, S3Store(connection).head("bucket", "k"))


async def test_the_profile_and_the_region_of_the_environment(
    write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings(f"{WEST}[profile other]\nregion = eu-west-3\n", KEYS + OTHER_KEYS)
    for variable in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        request = await sent_with(monkeypatch, {variable: "other"})
        assert "AKIAOTHER" in request.headers["authorization"]
        assert request.signing_region == "eu-west-3"
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        request = await sent_with(monkeypatch, {variable: "eu-west-3"})
        assert request.url == "https://bucket.s3.eu-west-3.amazonaws.com/k"
        assert request.signing_region == "eu-west-3"


async def sent_with(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> Sent:
    """The same HeadObject, with these variables."""
    made = Connections()
    with monkeypatch.context() as patch:
        use(patch, environment)
        request = await sent(made)
    await made.close()
    return request


async def test_the_files_of_the_environment(
    connections: Connections, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, text in (("AWS_CONFIG_FILE", WEST), ("AWS_SHARED_CREDENTIALS_FILE", KEYS)):
        (tmp_path / variable).write_text(text)
        monkeypatch.setenv(variable, str(tmp_path / variable))
    request = await sent(connections)
    assert "AKIADEFAULT" in request.headers["authorization"]
    assert request.signing_region == "us-west-2"


SERVICES = f"{WEST}endpoint_url = {THERE}\nservices = local\n[services local]\ns3 =\n  endpoint_url = {HERE}\n"
FIPS, DUAL = "https://bucket.s3-fips.us-west-2.amazonaws.com/k", "https://bucket.s3.dualstack.us-west-2.amazonaws.com/k"
REGIONAL, GLOBAL = "https://bucket.s3.us-east-1.amazonaws.com/k", "https://bucket.s3.amazonaws.com/k"
ACCELERATED = "https://bucket.s3-accelerate.amazonaws.com/k"
PLAIN = "https://bucket.s3.us-west-2.amazonaws.com/k"
VIRTUAL, PATH = "http://bucket.here.example/k", "http://here.example/bucket/k"


PLACES: list[tuple[str, dict[str, str], str]] = [
    (WEST, {}, PLAIN),
    (f"{WEST}endpoint_url = {HERE}\n", {}, PATH),
    (SERVICES, {}, PATH),
    (f"{WEST}use_fips_endpoint = true\n", {}, FIPS),
    (WEST, {"AWS_USE_FIPS_ENDPOINT": "true"}, FIPS),
    (f"{WEST}use_dualstack_endpoint = true\n", {}, DUAL),
    (WEST, {"AWS_USE_DUALSTACK_ENDPOINT": "true"}, DUAL),
    (f"{WEST}s3 =\n  use_dualstack_endpoint = true\n", {}, DUAL),
    (f"{WEST}s3 =\n  addressing_style = path\n", {}, "https://s3.us-west-2.amazonaws.com/bucket/k"),
    (f"{WEST}endpoint_url = {HERE}\ns3 =\n  addressing_style = virtual\n", {}, VIRTUAL),
    (f"{WEST}s3 =\n  use_accelerate_endpoint = true\n", {}, ACCELERATED),
    (EAST, {}, GLOBAL),
    (f"{EAST}s3 =\n  us_east_1_regional_endpoint = regional\n", {}, REGIONAL),
    (EAST, {"AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": "regional"}, REGIONAL),
]


async def test_where_requests_go(write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for config, environment, _ in PLACES:
        write_settings(config, KEYS)
        found.append((config, environment, (await sent_with(monkeypatch, environment)).url))
    assert found == PLACES


async def test_path_style_of_the_spec_leaves_the_rest_of_the_settings(
    connections: Connections, write_settings: WriteSettings
) -> None:
    write_settings(f"{WEST}s3 =\n  use_dualstack_endpoint = true\n  addressing_style = virtual\n", KEYS)
    asked = await sent(connections, IdentitySpec(path_style=True))
    assert asked.url == "https://s3.dualstack.us-west-2.amazonaws.com/bucket/k"
    assert (await sent(connections, IdentitySpec(path_style=True, endpoint=HERE))).url == PATH
    assert (await sent(connections, IdentitySpec(endpoint=HERE))).url == VIRTUAL


async def test_the_certificates_to_trust(
    connections: Connections, write_settings: WriteSettings, tmp_path: Path
) -> None:
    file, tls = certificate(tmp_path)
    write_settings(f"{WEST}ca_bundle = {file}\n", KEYS)
    async with faulty_server(answer("200 OK"), tls=tls) as server:
        connection = await connections.get(connection_id(IdentitySpec(endpoint=server.endpoint)))
        await S3Store(connection).head("bucket", "k")
    assert server.requests == ["HEAD /bucket/k HTTP/1.1"]


async def test_requests_name_the_program_its_libraries_and_the_users_application(
    write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings(WEST, KEYS)
    agent = (await sent_with(monkeypatch, {})).headers["user-agent"]
    assert agent.startswith(f"xs3-tui/{__version__} aiobotocore/")
    assert " botocore/" in agent
    assert "app/" not in agent
    agent = (await sent_with(monkeypatch, {"AWS_SDK_UA_APP_ID": "nightly copies\r\n"})).headers["user-agent"]
    assert agent.endswith(" app/nightly-copies--")


async def test_hosts_that_need_no_proxy(
    connections: Connections, write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings(WEST, KEYS)
    async with faulty_server(answer("403 Forbidden")) as proxy, faulty_server(answer("200 OK")) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.endpoint)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        connection = await connections.get(connection_id(IdentitySpec(endpoint=server.endpoint)))
        await S3Store(connection).head("bucket", "k")
    assert (len(server.requests), proxy.requests) == (1, [])


RETRIES: list[tuple[str, dict[str, str], str]] = [
    ("max_attempts = 2\n", {}, "standard"),
    ("", {"AWS_MAX_ATTEMPTS": "2"}, "standard"),
    ("max_attempts = 2\nretry_mode = legacy\n", {}, "legacy"),
    ("max_attempts = 2\n", {"AWS_RETRY_MODE": "adaptive"}, "adaptive"),
]


async def test_how_often_and_how_is_retried(write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    for config, environment, mode in RETRIES:
        write_settings(WEST + config, KEYS)
        made = Connections()
        with monkeypatch.context() as patch:
            use(patch, environment)
            async with faulty_server(error("503 Slow Down", "SlowDown")) as server:
                spec = connection_id(IdentitySpec(endpoint=server.endpoint))
                watched = await made.get(spec)
                await problem_of(S3Store(watched).settings.bucket_acl("bucket"))
                assert (len(server.requests), watched.attempts) == (2, 2)
                assert watched.client.meta.config.retries["mode"] == mode  # type: ignore[attr-defined]  # not in its stub
                counted = await made.get(spec, attempts=ONE_ATTEMPT)
                await problem_of(S3Store(counted).settings.bucket_acl("bucket"))
                assert len(server.requests) == 3, "transfers count their retries themselves"
        await made.close()


async def test_retries_that_cannot_be(connections: Connections, write_settings: WriteSettings) -> None:
    for config, says in (
        ("max_attempts = many\n", "many"),
        ("max_attempts = 0\n", "1 or more"),
        ("retry_mode = harder\n", "harder"),
    ):
        write_settings(WEST + config, KEYS)
        problem = await problem_of(connections.get(connection_id(IdentitySpec())))
        assert problem.kind is ProblemKind.INVALID
        assert says in problem.cause


async def test_whether_parameters_are_validated_here(connections: Connections, write_settings: WriteSettings) -> None:
    for validates in (True, False):
        write_settings(f"{WEST}parameter_validation = {str(validates).lower()}\n", KEYS)
        async with faulty_server(answer("403 Forbidden")) as server:
            name = connection_id(IdentitySpec(endpoint=server.endpoint, name=str(validates)))
            problem = await problem_of(S3Store(await connections.get(name)).tags("bucket", ""))
        assert (problem.kind is ProblemKind.INVALID) == validates
        assert len(server.requests) == (0 if validates else 1)


PROFILES = """\
[default]
region = eu-central-1

[profile role]
role_arn = arn:aws:iam::111111111111:role/deploy
source_profile = default
endpoint_url = https://all.example

[profile sso]
sso_session = corp
sso_account_id = 222222222222
sso_role_name = ReadOnly
services = local

[profile process]
credential_process = /usr/bin/vault --token s3cr3t

[profile process-with-keys]
credential_process = /usr/bin/vault

[profile web]
role_arn = arn:aws:iam::111111111111:role/ci
web_identity_token_file = /token

[profile "with blanks"]
aws_access_key_id = AKIA
aws_secret_access_key = s3cr3t

[profile empty]

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1

[services local]
s3 =
  endpoint_url = http://127.0.0.1:9000
"""

CREDENTIALS = """\
[default]
aws_access_key_id = AKIA
aws_secret_access_key = s3cr3t

[process-with-keys]
aws_access_key_id = AKIA
aws_secret_access_key = s3cr3t

[only-here]
aws_access_key_id = AKIA
aws_secret_access_key = s3cr3t
"""


def test_every_way_to_credentials(write_settings: WriteSettings) -> None:
    files = write_settings(PROFILES, CREDENTIALS)
    profiles, read = list_profiles()
    assert read == [str(file) for file in files]
    assert [(each.name, each.method, each.detail) for each in profiles] == [
        ("default", AuthMethod.KEYS, ""),
        ("role", AuthMethod.ROLE, "arn:aws:iam::111111111111:role/deploy from default"),
        ("sso", AuthMethod.SSO, "222222222222 ReadOnly via corp"),
        ("process", AuthMethod.PROCESS, "/usr/bin/vault"),
        ("process-with-keys", AuthMethod.KEYS, ""),
        ("web", AuthMethod.WEB_IDENTITY, "arn:aws:iam::111111111111:role/ci"),
        ("with blanks", AuthMethod.KEYS, ""),
        ("empty", AuthMethod.UNKNOWN, ""),
        ("only-here", AuthMethod.KEYS, ""),
    ]
    assert "s3cr3t" not in repr(profiles)
    by_name = {each.name: each for each in profiles}
    assert by_name["default"].region == "eu-central-1"
    assert (by_name["role"].endpoint, by_name["sso"].endpoint) == ("https://all.example", "http://127.0.0.1:9000")


def test_no_files_is_no_profiles(surroundings: Path) -> None:
    assert list_profiles() == ([], [])


def test_a_broken_file_is_named(write_settings: WriteSettings) -> None:
    for broken in ("[default\nregion = x", "[default]\ns3 =\n  not a pair\n", "region = no section"):
        for which, texts in enumerate(((broken, ""), ("", broken))):
            files = write_settings(*texts)
            with pytest.raises(ProblemError) as caught:
                list_profiles()
            assert caught.value.problem.kind is ProblemKind.INVALID
            assert str(files[which]) in caught.value.problem.cause


def test_a_broken_line_is_named_and_not_shown(write_settings: WriteSettings) -> None:
    for text in ("[default]\n[oops\nx", "[default]\nhush\n", "[a]\nx = 1\nx = 2\n", "hush\n[default]"):
        write_settings("", text)
        with pytest.raises(ProblemError) as caught:
            list_profiles()
        assert re.search(r"credentials, line [123]$", caught.value.problem.cause)
        assert "hush" not in caught.value.problem.sentence()


def test_a_binary_file_is_named(write_settings: WriteSettings) -> None:
    files = write_settings("", "")
    files[0].write_bytes(b"\xff\xfe\x00[")
    with pytest.raises(ProblemError, match="AWS config"):
        list_profiles()


def test_the_endpoint_is_listed_and_no_secret(write_settings: WriteSettings) -> None:
    ways = "region = eu-west-1\nservices = lab\ns3 =\n  addressing_style = path\n"
    write_settings(f"[default]\n{ways}aws_secret_access_key = hush\n", "[default]\naws_session_token = hush\n")
    [profile], _ = list_profiles()
    assert profile.ways == {"region": "eu-west-1", "services": "lab", "s3": {"addressing_style": "path"}}


def test_a_missing_profile_names_near_ones() -> None:
    problem = no_profile("media-prd", ["media-prod", "analytics", "media-dev"])
    assert problem.kind is ProblemKind.NO_PROFILE
    assert "media-prod" in problem.remedy
    assert "analytics" not in problem.remedy
    assert no_profile("zzz", ["analytics"]).remedy == "choose another: analytics"
    assert no_profile("zzz", list("abcdef")).remedy == "choose another: a, b, c, d, e, …"
    assert "aws configure" in no_profile("zzz", []).remedy


DEPLOY, READ = (RoleSpec(f"arn:aws:iam::111111111111:role/{name}") for name in ("ops/deploy", "read"))
TYPED = "AKIATYPEDTYPED"
WEB = {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": DEPLOY.arn}
KEY_VARIABLES = {"AWS_ACCESS_KEY_ID": "AKIAENVIRONMENT1", "AWS_SECRET_ACCESS_KEY": "s3cr3t"}
RELATIVE = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/role"}
FULL = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/role"}


NAMED = [
    (IdentitySpec(), "default", AuthMethod.KEYS, ""),
    (IdentitySpec("process"), "process", AuthMethod.PROCESS, "/usr/bin/vault"),
    (IdentitySpec("process", name="vault"), "vault", AuthMethod.PROCESS, "/usr/bin/vault"),
    (IdentitySpec("process", anonymous=True), "anonymous", AuthMethod.ANONYMOUS, ""),
    (IdentitySpec("process", roles=(DEPLOY,)), "deploy", AuthMethod.ROLE, f"{DEPLOY.arn} from process"),
    (IdentitySpec(roles=(DEPLOY, READ)), "read", AuthMethod.ROLE, f"{READ.arn} from deploy from default"),
    (IdentitySpec(roles=(READ,), name="ours"), "ours", AuthMethod.ROLE, f"{READ.arn} from default"),
    (IdentitySpec(access_key=TYPED), "AKIA…YPED", AuthMethod.KEYS, "AKIA…YPED, typed"),
    (IdentitySpec(access_key=TYPED, roles=(READ,)), "read", AuthMethod.ROLE, f"{READ.arn} from AKIA…YPED"),
]
GIVEN: list[tuple[dict[str, str], AuthMethod, str]] = [
    (KEY_VARIABLES, AuthMethod.ENVIRONMENT, "AWS_ACCESS_KEY_ID AKIA…ENT1"),
    (KEY_VARIABLES | WEB | FULL, AuthMethod.ENVIRONMENT, "AWS_ACCESS_KEY_ID AKIA…ENT1"),
    (WEB | RELATIVE, AuthMethod.WEB_IDENTITY, DEPLOY.arn),
    (RELATIVE, AuthMethod.CONTAINER, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
    (FULL, AuthMethod.CONTAINER, "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
]


def test_names_and_methods(write_settings: WriteSettings) -> None:
    write_settings(
        "[profile process]\ncredential_process = /usr/bin/vault --token s3cr3t\n",
        "[default]\naws_access_key_id = AKIA\naws_secret_access_key = s3cr3t\n",
    )
    sessions = [(case[0], Session(profile=case[0].profile)) for case in NAMED]
    assert [(spec, label_of(spec, each), *method_and_detail(spec, each)) for spec, each in sessions] == NAMED


def test_what_the_environment_gives(write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "http://127.0.0.1:9000"
    write_settings("[default]\nregion = eu-west-1\n", "")
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    for variables, method, detail in GIVEN:
        with monkeypatch.context() as patch:
            use(patch, variables)
            assert environment_profile() == ProfileSummary("environment", method, "eu-west-1", url, detail)
            session = Session()
            assert label_of(IdentitySpec(), session) == "environment"
            assert method_and_detail(IdentitySpec(), session) == (method, detail)
            assert "s3cr3t" not in repr(environment_profile())


def test_an_environment_that_gives_nothing(write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    for profile, variables in (
        ("", {}),
        (f"[default]\nrole_arn = {READ.arn}\nsource_profile = default\n", WEB),
        ("[default]\ncredential_process = /usr/bin/vault\n", RELATIVE),
        ("[default]\naws_access_key_id = AKIA\naws_secret_access_key = s3cr3t\n", FULL),
    ):
        write_settings(profile, "")
        with monkeypatch.context() as patch:
            use(patch, variables)
            assert environment_profile() is None


def test_a_profile_that_is_named_is_no_environment(
    write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings("[profile process]\ncredential_process = /usr/bin/vault\n", "")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT1")
    spec = IdentitySpec("process")
    assert method_and_detail(spec, Session(profile="process")) == (AuthMethod.PROCESS, "/usr/bin/vault")
    assert label_of(spec, Session(profile="process")) == "process"
