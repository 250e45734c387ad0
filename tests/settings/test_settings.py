"""The settings file: defaults, values, errors, changes; and what is remembered beside it."""

import os
import resource
import stat
from pathlib import Path

import msgspec
import pytest
from botocore.configloader import load_config
from msgspec import structs
from textual._color_constants import COLOR_NAME_TO_RGB
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from tests.tables import problem_in
from tui.core.identity import Address, AddressBook, IdentitySpec, RoleSpec, Safety
from tui.core.location import Location
from tui.core.naming import MAX_PART_SIZE, MIN_PART_SIZE
from tui.core.problem import ProblemError, ProblemKind
from tui.saved.bookmarks import Bookmark, Bookmarks
from tui.saved.kept_identities import Ways, append_profile, config_file, no_profile, profile_text
from tui.saved.last_session import MOST_PAIRS, IdentityPair, LastSession, read_last, write_last
from tui.settings import (
    AccountSettings,
    BucketSettings,
    IdentitySettings,
    PaneStart,
    RoleSettings,
    SafetySettings,
    Settings,
    TransferSettings,
    forget_identity,
    keep_identity,
    read_settings,
    set_account,
    set_bucket,
)
from tui.settings.checks import ANSI, NAMES, THEMES, colour, part_size
from tui.settings.parsing import parse
from tui.settings.schema import without_settings
from tui.settings.toml_lines import key_lines, line_of

ROLE = "arn:aws:iam::123456789012:role/deploy"


def test_reads_values(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('theme = "nord"\n[transfers]\npart_size = 16777216\nmultipart_threshold = "1.5G"\n')
    transfers = TransferSettings(part_size=16777216, multipart_threshold=3 << 29)
    assert read_settings(path) == Settings(theme="nord", transfers=transfers)
    assert read_settings(tmp_path / "none.toml") == Settings()


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


def test_an_unusable_file_is_named_with_line_and_key(tmp_path: Path) -> None:
    path, wrong = tmp_path / "config.toml", list[tuple[str, str]]()
    for text, says in (
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
        (f"[[identities.x.roles]]\narn='{ROLE}'\npolicy='[]'", "it is not a policy"),
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
    ):
        path.write_bytes(text.encode("latin-1"))
        problem = problem_in(read_settings, path)
        if str(path) not in problem.title or says not in problem.cause:
            wrong.append((says, problem.cause))
    assert wrong == []


def test_a_text_that_no_parser_gets_to_the_end_of_is_a_mistake() -> None:
    for text in ("a = " + "[" * 5000, ".".join("a" * 2_000) + " = 1"):
        _, [mistake] = parse(text)
        assert "nested too deeply" in str(mistake)
    _, [mistake] = parse("[transfers]\npart_size = " + "9" * 5000)
    assert "limit" in str(mistake)


def test_settings_that_never_end_are_not_read(tmp_path: Path) -> None:
    endless, pipe = tmp_path / "endless.toml", tmp_path / "pipe.toml"
    endless.symlink_to("/dev/zero")
    os.mkfifo(pipe)
    for path in (endless, pipe):
        assert "not a file" in problem_in(read_settings, path).cause


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
    problem = problem_in(read_settings, path)
    assert "cannot be used" in problem.title
    assert problem.cause.endswith("(and 2 more: xs3-tui config --check)")


def test_a_part_has_the_sizes_that_s3_takes() -> None:
    for size in (MIN_PART_SIZE, MAX_PART_SIZE):
        assert part_size(size) == size
    for size in (MIN_PART_SIZE - 1, MAX_PART_SIZE + 1):
        with pytest.raises(ValueError, match="5M to 5G"):
            part_size(size)


# The line of a key, whatever stands before it.
TEXT = '''# a comment with [a.table] in it
theme = "nord"

[safety]
read_only = [
  "*prod*", # [not.a.table]
  "x = 1",
]
note = """
theme = 'in a text'
[accounts]
"""
[identities."a b"] # another
profile = "p"
[[identities."a b".roles]]
arn = "1"
[[identities."a b".roles]]
arn = "2"
buckets.x.requester_pays = true
inline = { one = { two = 1 } }
'''


def test_every_kind_of_key_has_its_line() -> None:
    lines = key_lines(TEXT)
    roles = ("identities", "a b", "roles")
    assert {
        ("theme",): 2,
        ("safety",): 4,
        ("safety", "read_only"): 5,
        ("safety", "read_only", 1): 5,
        ("safety", "note"): 9,
        ("identities", "a b", "profile"): 14,
        (*roles, 0, "arn"): 16,
        (*roles, 1): 17,
        (*roles, 1, "arn"): 18,
        (*roles, 1, "buckets", "x", "requester_pays"): 19,
        (*roles, 1, "inline", "one", "two"): 20,
    }.items() <= lines.items()
    assert ("accounts",) not in lines
    assert line_of(("safety", "write_accounts"), lines) == 4, "that of its table"
    assert line_of(("none",), lines) == 0


# The names of colours and themes in the settings are those that the screen knows.


def test_the_names_are_textuals() -> None:
    assert {*COLOR_NAME_TO_RGB} == NAMES | ANSI
    assert {*BUILTIN_THEMES} == THEMES


def test_a_colour_is_one_for_textual_too() -> None:
    for text in ("", "orange", "#5fafff", "#fff", "rgb(1, 2, 3)", "hsl(200, 50%, 50%)"):
        assert colour(text) == text
        assert not text or Color.parse(text)
    for text in ("blurple", "#5", "#12345", "red; rm", "rgb(1"):
        with pytest.raises(ValueError, match="is not a colour"):
            colour(text)


# What the settings make of an identity.
SETTINGS = Settings(
    safety=SafetySettings(["*prod*"], ["111111111111"]),
    accounts={"222222222222": AccountSettings("b", read_only=True), "333333333333": AccountSettings("c")},
    buckets={"theirs": BucketSettings(requester_pays=True), "mine": BucketSettings()},
    identities={
        "deploy": IdentitySettings(profile="me", region="eu-west-1", roles=[RoleSettings("arn", external_id="xy")]),
        "looking": IdentitySettings(profile="me", read_only=True),
    },
)


def test_every_spec_gets_its_read_only_rules_and_requester_pays() -> None:
    applied = SETTINGS.apply(IdentitySpec("p"))
    assert applied.safety == Safety(patterns=("*prod*", "222222222222"), accounts=("111111111111",))
    assert applied.requester_pays == ("theirs",)
    assert SETTINGS.apply(applied) == applied
    assert without_settings(applied) == IdentitySpec("p")
    local = IdentitySpec(local=True)
    assert SETTINGS.apply(local) == local, "the local disk has no rules"
    labelled = structs.replace(SETTINGS, accounts={"444444444444": AccountSettings("PRODUCTION")})
    assert labelled.apply(IdentitySpec("p")).safety.patterns == ("*prod*", "444444444444"), "a pattern means labels too"
    plain = IdentitySpec("p")
    assert msgspec.json.encode(Settings().apply(plain)) == msgspec.json.encode(plain), (
        "without settings nothing is added"
    )


def test_read_only_is_kept_and_an_identity_of_the_settings_can_be_read_only() -> None:
    assert SETTINGS.apply(IdentitySpec("p", safety=Safety(read_only=True))).safety.read_only
    looking = SETTINGS.identity("looking")
    assert looking is not None
    assert not looking.safety.read_only
    assert SETTINGS.apply(looking).safety.read_only
    role = RoleSpec("arn", external_id="xy")
    assert SETTINGS.identity("deploy") == IdentitySpec("me", region="eu-west-1", roles=(role,), name="deploy")
    assert SETTINGS.identity("me") is None


def test_labels_of_accounts_are_stronger_than_what_the_address_book_says() -> None:
    ours, other = Address("aaa", "222222222222", "profile"), Address("bbb", "444444444444", "other")
    book = SETTINGS.name_accounts(AddressBook({"aaa": ours, "bbb": other}, {"444444444444": "other"}))
    assert (book.name("aaa"), book.name("bbb")) == ("b", "other")
    assert (book.account_label("333333333333"), book.account_label("444444444444")) == ("c", "other")


# Changes to the settings file: what the user wrote stays, what cannot be kept is refused, nothing is half written.
ROLES = [
    RoleSettings("arn:aws:iam::123456789012:role/one", external_id="of:us", duration=900),
    RoleSettings("arn:aws:iam::210987654321:role/two", policy='{"Statement": []}'),
]
DEPLOY = IdentitySettings(profile="me", region="us-east-2", roles=ROLES)
SPEC = DEPLOY.spec("deploy")

WRITTEN = """# my colours
theme = "nord"   # dark

[identities.old] # from long ago
profile = "me" # that is me
region = "eu-west-1"

[transfers]
part_size = "16M" # as large as a cup
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "xs3-tui" / "config.toml"


def test_a_missing_file_is_made_for_the_user_alone(path: Path) -> None:
    assert keep_identity(path, "de ploy", SPEC) == read_settings(path) == Settings(identities={"de ploy": DEPLOY})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_comments_and_order_stay(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(WRITTEN)
    keep_identity(path, "old", IdentitySpec("me", safety=Safety(read_only=True)))
    keep_identity(path, "deploy", SPEC)
    set_bucket(path, "theirs", requester_pays=True)
    set_account(path, "123456789012", AccountSettings("prod", "red", read_only=True))
    text = path.read_text()
    assert [line for line in WRITTEN.splitlines() if line and line not in text] == ['region = "eu-west-1"']
    settings = read_settings(path)
    assert settings.identities == {"old": IdentitySettings(profile="me", read_only=True), "deploy": DEPLOY}
    assert settings.buckets == {"theirs": BucketSettings(requester_pays=True)}
    assert settings.accounts["123456789012"].label == "prod"
    assert settings.transfers.part_size == 16 << 20


def test_what_is_forgotten_takes_nothing_else_with_it(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(WRITTEN)
    keep_identity(path, "deploy", SPEC)
    set_bucket(path, "theirs", requester_pays=True)
    forget_identity(path, "deploy")
    forget_identity(path, "never there")
    assert set_bucket(path, "theirs", requester_pays=False).identities.keys() == {"old"}
    assert path.read_text().startswith(WRITTEN)


@pytest.mark.parametrize(
    "tables",
    ["identities = {}", 'identities.old.profile = "me"', '[identities]\nold = { profile = "me" }', "[identities]"],
)
def test_tables_of_every_form_take_one_more(path: Path, tables: str) -> None:
    path.parent.mkdir()
    path.write_text(tables + "\n")
    before = read_settings(path).identities
    keep_identity(path, "deploy", SPEC)
    set_bucket(path, "theirs", requester_pays=True)
    assert read_settings(path).identities == {**before, "deploy": DEPLOY}


def test_a_link_to_a_file_kept_elsewhere_stays_one(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    elsewhere = tmp_path / "dotfiles.toml"
    path.symlink_to(elsewhere)
    set_bucket(path, "theirs", requester_pays=True)
    assert path.is_symlink()
    assert "theirs" in elsewhere.read_text()


def test_what_is_no_identity_is_refused_and_the_file_stays(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(WRITTEN)
    problem = problem_in(keep_identity, path, "x", IdentitySpec(roles=(RoleSpec("arn:aws:iam::1:user/x"),)))
    assert problem.cause.startswith("identities.x.roles[0].arn: 'arn:aws:iam::1:user/x' is not a role")
    assert path.read_text() == WRITTEN


def test_a_file_that_cannot_be_used_is_not_written_over(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("theme = 1\n")
    with pytest.raises(ProblemError, match="cannot be used"):
        set_bucket(path, "theirs", requester_pays=True)
    assert path.read_text() == "theme = 1\n"


# What is remembered: kept for this user only, and never an obstacle; and profiles for the AWS config file.
DEPLOYED = IdentitySpec("prod", roles=(RoleSpec("arn:aws:iam::123456789012:role/x", mfa_serial="m"),), name="deploy")
DRESSED = IdentitySpec(
    "prod", roles=DEPLOYED.roles, name="deploy", safety=Safety(patterns=("*",)), requester_pays=("theirs",)
)
LEFT, RIGHT = (
    PaneStart(DEPLOYED, Location("bucket", "a/b\x1b/")),
    PaneStart(IdentitySpec(local=True), Location("/", "x/")),
)


@pytest.fixture
def remembered(tmp_path: Path) -> Path:
    return tmp_path / "xs3-tui" / "kept.json"


def test_bookmarks_are_restored_as_plain_specs_in_order(remembered: Path) -> None:
    bookmarks = Bookmarks(remembered)
    assert bookmarks.read() == []
    bookmarks.add(Bookmark("one", PaneStart(DRESSED, LEFT.location), RIGHT))
    bookmarks.add(Bookmark("two"))
    assert bookmarks.read() == [Bookmark("one", LEFT, RIGHT), Bookmark("two")]
    assert "safety" not in remembered.read_text()
    assert stat.S_IMODE(remembered.stat().st_mode) == 0o600
    assert stat.S_IMODE(remembered.parent.stat().st_mode) == 0o700
    assert list(remembered.parent.iterdir()) == [remembered]


def test_a_bookmark_replaces_that_of_the_same_name_where_it_stood(remembered: Path) -> None:
    remembered.parent.mkdir()
    remembered.write_text('{"bookmarks": [{"name": "one", "tint": "red"}], "of": "tomorrow"}')
    bookmarks = Bookmarks(remembered)
    assert bookmarks.read() == [Bookmark("one")]
    for bookmark in (Bookmark("two"), Bookmark("one", LEFT)):
        bookmarks.add(bookmark)
    assert bookmarks.read() == [Bookmark("one", LEFT), Bookmark("two")]
    bookmarks.remove("one")
    bookmarks.remove("never there")
    assert bookmarks.read() == [Bookmark("two")]


@pytest.mark.parametrize("broken", [b"", b"{", b'{"bookmarks": [{"nam', b"\xff", b'{"bookmarks": 7}', b"[]"])
def test_a_broken_file_is_set_aside_and_is_empty(remembered: Path, broken: bytes) -> None:
    remembered.parent.mkdir()
    remembered.write_bytes(broken)
    assert Bookmarks(remembered).read() == []
    assert not remembered.exists()
    assert remembered.with_name("kept.json.broken").read_bytes() == broken


def test_what_cannot_be_read_is_not_replaced(remembered: Path, tmp_path: Path) -> None:
    """Such as a pipe in its place, which also is not waited for."""
    Bookmarks(remembered).add(Bookmark("every day"))
    aside = remembered.rename(remembered.with_name("aside"))
    os.mkfifo(remembered)
    with pytest.raises(ProblemError, match="cannot be written"):
        Bookmarks(remembered).add(Bookmark("new"))
    with pytest.raises(ProblemError, match="cannot be written"):
        Bookmarks(remembered).remove("every day")
    assert read_last(remembered) == LastSession()
    assert read_last(tmp_path) == LastSession(), "nor is a directory"
    aside.replace(remembered)
    assert [each.name for each in Bookmarks(remembered).read()] == ["every day"]


def test_what_cannot_be_written_is_named_and_leaves_what_was(remembered: Path) -> None:
    write_last(remembered, LEFT, RIGHT)
    before = remembered.read_bytes()
    with pytest.raises(ProblemError, match="UTF-8"):
        write_last(remembered, PaneStart(DEPLOYED, Location("/", "\udcff")), RIGHT)
    assert remembered.read_bytes() == before
    assert list(remembered.parent.iterdir()) == [remembered]
    with pytest.raises(ProblemError, match="cannot be written"):
        write_last(remembered / "below a file", LEFT, RIGHT)


def test_the_last_session_comes_back_with_the_newest_pair_first(remembered: Path) -> None:
    assert read_last(remembered) == LastSession()
    write_last(remembered, LEFT, PaneStart())
    assert read_last(remembered) == LastSession(LEFT, PaneStart(), []), "a pane without an identity makes no pair"
    for number in range(MOST_PAIRS + 2):
        write_last(remembered, PaneStart(IdentitySpec(f"p{number}")), RIGHT)
    write_last(remembered, PaneStart(IdentitySpec("p5")), RIGHT)
    write_last(remembered, PaneStart(DRESSED, LEFT.location), RIGHT)
    last = read_last(remembered)
    assert (last.left, last.right) == (LEFT, RIGHT)
    assert len(last.pairs) == MOST_PAIRS
    assert last.pairs[0] == IdentityPair(DEPLOYED, IdentitySpec(local=True))
    assert [pair.left.profile for pair in last.pairs[1:4]] == ["p5", "p9", "p8"]


# A profile for the AWS config file: its lines, read again by botocore, and their way into the file.
PARTNER_ROLE = RoleSpec(
    "arn:aws:iam::111111111111:role/deploy",
    external_id="partner-7",
    session_name="ann",
    duration=3600,
    mfa_serial="arn:aws:iam::222222222222:mfa/ann",
)
PROFILE = IdentitySpec("analytics", "https://s3.example.com", "eu-west-1", roles=(PARTNER_ROLE,))


def test_botocore_reads_what_is_written(tmp_path: Path) -> None:
    remembered = tmp_path / ".aws" / "config"
    append_profile(remembered, "media", profile_text("media", structs.replace(PROFILE, path_style=True)))
    assert load_config(str(remembered))["profiles"]["media"] == {
        "role_arn": PARTNER_ROLE.arn,
        "source_profile": "analytics",
        "external_id": "partner-7",
        "role_session_name": "ann",
        "duration_seconds": "3600",
        "mfa_serial": PARTNER_ROLE.mfa_serial,
        "region": "eu-west-1",
        "endpoint_url": "https://s3.example.com",
        "s3": {"addressing_style": "path"},
    }
    assert remembered.stat().st_mode & 0o777 == 0o600
    assert remembered.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_not_given_is_not_written() -> None:
    spec = IdentitySpec("analytics", roles=(RoleSpec("arn:aws:iam::1:role/x"),))
    assert profile_text("default", spec) == "[default]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = analytics\n"


SOURCE: Ways = {
    "region": "us-east-1",
    "endpoint_url": "http://127.0.0.1:1",
    "services": "lab",
    "s3": {"use_accelerate_endpoint": "true"},
}


def test_what_the_source_says_of_the_way_is_repeated(tmp_path: Path) -> None:
    remembered = tmp_path / "config"
    spec = IdentitySpec("analytics", roles=(RoleSpec("arn:aws:iam::1:role/x"),), path_style=True)
    append_profile(remembered, "media", profile_text("media", spec, SOURCE))
    written = load_config(str(remembered))["profiles"]["media"]
    assert {key: written[key] for key in SOURCE} == {
        **SOURCE,
        "s3": {"use_accelerate_endpoint": "true", "addressing_style": "path"},
    }
    append_profile(remembered, "given", profile_text("given", PROFILE, SOURCE))
    written = load_config(str(remembered))["profiles"]["given"]
    assert (written["region"], written["endpoint_url"]) == (PROFILE.region, PROFILE.endpoint), (
        "what is given is stronger"
    )
    assert "services" not in written


def test_what_no_profile_can_express_is_said() -> None:
    for spec, reason in (
        (structs.replace(PROFILE, profile=None), "not a named profile"),
        (structs.replace(PROFILE, profile=None, access_key="AKIA"), "secret"),
        (structs.replace(PROFILE, roles=()), "only a role"),
        (structs.replace(PROFILE, roles=(PARTNER_ROLE, PARTNER_ROLE)), "one role"),
        (structs.replace(PROFILE, roles=(structs.replace(PARTNER_ROLE, policy="{}"),)), "session policy"),
        (structs.replace(PROFILE, region="x\n[profile other]"), "control characters"),
        (IdentitySpec(anonymous=True), "anonymous"),
    ):
        assert reason in no_profile(spec), reason
    assert not no_profile(PROFILE)


def test_the_file_is_the_one_that_the_environment_names() -> None:
    assert config_file({"AWS_CONFIG_FILE": "/etc/aws"}) == Path("/etc/aws")
    assert config_file({}) == Path("~/.aws/config").expanduser()


def test_what_stands_there_stays_with_its_mode(tmp_path: Path) -> None:
    target, remembered = tmp_path / "dotfiles", tmp_path / "config"
    target.write_text("# mine\n[default]\nregion = eu-west-1")
    target.chmod(0o644)
    remembered.symlink_to(target)
    append_profile(remembered, "media", profile_text("media", PROFILE))
    assert remembered.is_symlink()
    assert target.read_text() == (
        "# mine\n[default]\nregion = eu-west-1\n\n[profile media]\n"
        "role_arn = arn:aws:iam::111111111111:role/deploy\nsource_profile = analytics\nexternal_id = partner-7\n"
        "role_session_name = ann\nduration_seconds = 3600\nmfa_serial = arn:aws:iam::222222222222:mfa/ann\n"
        "region = eu-west-1\nendpoint_url = https://s3.example.com\n"
    )
    assert target.stat().st_mode & 0o777 == 0o644
    assert set(load_config(str(remembered))["profiles"]) == {"default", "media"}


def test_a_section_that_exists_is_never_written_again(tmp_path: Path) -> None:
    remembered = tmp_path / "config"
    for head in ("[profile media]", '[profile "media"]', "[ profile   media ]", "[profile 'media'] # x"):
        remembered.write_text(before := f"{head}\nregion = eu-west-1\n")
        assert (
            problem_in(append_profile, remembered, "media", profile_text("media", PROFILE)).kind is ProblemKind.EXISTS
        )
        assert remembered.read_text() == before


def test_a_file_that_has_no_room_for_all_of_it_is_left_as_it_was(tmp_path: Path) -> None:
    assert str(tmp_path) in problem_in(append_profile, tmp_path, "media", profile_text("media", PROFILE)).title
    remembered = tmp_path / "config"
    remembered.write_text("[default]\n")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (15, limits[1]))  # five bytes more than it has
    try:
        refused = problem_in(append_profile, remembered, "media", profile_text("media", PROFILE))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert refused.remedy == "nothing was changed"
    assert remembered.read_text() == "[default]\n"
