"""The settings file: defaults, values, and errors that name file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.model.problem import ProblemError
from tui.model.s3_limits import MAX_PART_SIZE, MIN_PART_SIZE
from tui.settings import AccountSettings, RoleSettings, Settings, TransferSettings, read_settings
from tui.settings.checks import part_size
from tui.settings.parsing import parse

ROLE = "arn:aws:iam::123456789012:role/deploy"


def test_no_file_gives_the_defaults(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "none.toml") == Settings()


def test_reads_values(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('theme = "nord"\n[transfers]\npart_size = 16777216\nmultipart_threshold = "1.5G"\n')
    transfers = TransferSettings(part_size=16777216, multipart_threshold=3 << 29)
    assert read_settings(path) == Settings(theme="nord", transfers=transfers)


def test_reads_tables_by_name() -> None:
    settings, mistakes = parse(
        f"""
[accounts]
123456789012 = {{ label = "prod", colour = "orange", read_only = true }}
[buckets."a.b"]
requester_pays = true
[identities.deploy]
profile = "me"
[[identities.deploy.roles]]
arn = "{ROLE}"
duration = 900
[[identities.deploy.roles]]
arn = "arn:aws:iam:::role/of-ceph"
"""
    )
    assert mistakes == []
    assert settings.accounts == {"123456789012": AccountSettings("prod", "orange", read_only=True)}
    assert settings.buckets["a.b"].requester_pays
    assert settings.identities["deploy"].roles == [
        RoleSettings(ROLE, duration=900),
        RoleSettings("arn:aws:iam:::role/of-ceph"),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("theme = 3", "config.toml:1: theme: Expected `str`"),
        ("\nthme = 'nord'", "config.toml:2: thme: unknown key; did you mean theme?"),
        ("x = 1", "known keys: theme, left_accent"),
        ("theme = 'nrod'", "no theme 'nrod': ansi"),
        ("left_accent = 'orage'", "left_accent: 'orage' is not a colour"),
        ("restore = 1", "restore: Expected `bool`"),
        ("transfers = 1", "transfers: a table is expected here"),
        ("[transfers]\npart_size = 'big'", "config.toml:2: transfers.part_size: 'big' is not a size"),
        ("[transfers]\npart_size = '4M'", "S3 allows 5M to 5G"),
        ("[transfers]\npart_size = -1", "transfers.part_size"),
        ("[transfers]\npart_size = []", "transfers.part_size"),
        ("[safety]\nread_only = '*prod*'", "safety.read_only: Expected `array`"),
        ("[safety]\nread_only = [\n'*prod*',\n'']", "config.toml:2: safety.read_only[1]: '' matches nothing"),
        ("[safety]\nread_only = ['[a']", "[ without ]"),
        ("[safety]\nwrite_accounts = ['123']", "account number of 12 digits"),
        (
            "[accounts.123]\n\ncolour = 'red'",
            "config.toml:1: accounts.\"123\": '123' is not an account number of 12 digits",
        ),
        ("[accounts.123456789012]\n\ncolour = 7", 'config.toml:3: accounts."123456789012".colour: Expected `str`'),
        ('[accounts.123456789012]\nlabel = "\\u001b"', "cannot be shown"),
        ("[accounts]\n123456789012.label='a'\n210987654321.label='a'", "config.toml:2: accounts."),
        ("[identities.'']", "is not a valid name"),
        (
            "[identities.x]\nprofile='a'\nanonymous=true",
            "config.toml:3: identities.x.anonymous: an identity can have only",
        ),
        ("[identities.x]\nanonymous=true\n[[identities.x.roles]]\narn='" + ROLE + "'", "cannot assume a role"),
        ("[identities.x]\nendpoint='10.0.0.1'", "write https://host"),
        ("[identities.x]\nendpoint='https://me:word@host'", "must not contain a name or password"),
        ("[[identities.x.roles]]\nexternal_id = 'ab'", "config.toml:1: identities.x.roles[0]: arn is missing"),
        ("[[identities.x.roles]]\narn = 'arn:aws:iam::1:user/x'", "is not a role"),
        (f"[[identities.x.roles]]\narn='{ROLE}'\n[[identities.x.roles]]\narn='{ROLE}'\nduration=5", "toml:5: "),
        (f"[[identities.x.roles]]\narn='{ROLE}'\npolicy='{{'", "it is not JSON"),
        (f"[[identities.x.roles]]\narn='{ROLE}'\nsession_name='a b'", "is not a session name"),
        (
            "[identities.x]\naccess_key='wJalrXUtnFEMIbK7MDENGbPxRfiCYabcdefghijk'",
            "this is not an access key ID and may",
        ),
        ("[identities.x]\nsecret_key='s'", "identities.x.secret_key: unknown key"),
        ("theme = ", "config.toml:1: not TOML"),
        ("a = 1\na = 2", "config.toml:2: not TOML"),
        ("\xff", "not TOML"),
    ],
)
def test_an_unusable_file_is_named_with_line_and_key(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ProblemError) as caught:
        read_settings(path)
    assert str(path) in caught.value.problem.title
    assert says in caught.value.problem.cause


def test_a_text_that_no_parser_gets_to_the_end_of_is_a_mistake() -> None:
    _, [mistake] = parse("a = " + "[" * 5000)
    assert "nested too deeply" in str(mistake)


def test_a_secret_in_the_wrong_place_is_not_repeated() -> None:
    secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYabcdefghij"
    for key in ("access_key", "secret_access_key", "endpoint"):
        value = f"https://me:{secret}@host" if key == "endpoint" else secret
        (mistake,) = parse(f'[identities.x]\n{key} = "{value}"\n')[1]
        assert secret not in str(mistake)


def test_all_mistakes_are_said_in_their_order(tmp_path: Path) -> None:
    text = "theme = 1\n\n[safety]\nread_onli = []\n[buckets.x]\nrequester_pays = 'yes'\n"
    assert [(each.line, each.key) for each in parse(text)[1]] == [
        (1, "theme"),
        (4, "safety.read_onli"),
        (6, "buckets.x.requester_pays"),
    ]
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ProblemError, match="cannot be used") as caught:
        read_settings(path)
    assert caught.value.problem.cause.endswith("(and 2 more: xs3-tui config --check)")


def test_a_part_has_the_sizes_that_s3_takes() -> None:
    for size in (MIN_PART_SIZE, MAX_PART_SIZE):
        assert part_size(size) == size
    for size in (MIN_PART_SIZE - 1, MAX_PART_SIZE + 1):
        with pytest.raises(ValueError, match="5M to 5G"):
            part_size(size)
