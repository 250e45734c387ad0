"""Everything that can be set: each field is a key of the file, each struct a table, and both say what they mean.

The meaning of a key stands in its annotation, where ``xs3-tui config --schema`` and the JSON schema read it; a key
whose type allows more than its meaning has a check beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from msgspec import Meta, Struct, structs

from tui.core.identity import AddressBook, IdentitySpec, RoleSpec, Safety
from tui.core.location import Location
from tui.settings import checks

CHECK = "check"
"""Key in a `Meta` of the function that converts the file's value, or raises `ValueError`."""


def _key(meaning: str, check: Callable[[Any], object] | None = None, example: object = None) -> Meta:
    """`example` replaces an empty default in the documented file."""
    return Meta(description=meaning, examples=[example] if example else None, extra={CHECK: check} if check else None)


Glob = Annotated[str, _key("A glob pattern; * matches any text.", checks.glob)]
AccountNumber = Annotated[str, _key("A 12-digit AWS account number.", checks.account_number, "123456789012")]
BucketName = Annotated[str, _key("A bucket name.", checks.name, "their-bucket")]
ColumnName = Annotated[str, _key("A column.", checks.column)]
CommandName = Annotated[str, _key("A command of the screen: xs3-tui config --keys lists them.", None, "copy")]
KeyBindings = Annotated[
    str | list[str], _key("A key or a list of keys; an empty list for none.", checks.keys, ["f5", "C"])
]
StorageClassName = Annotated[str, _key("A storage class.", checks.one_word, "GLACIER")]
Price = Annotated[float, _key("USD for a GB and month.", checks.price, 0.0036)]
IdentityName = Annotated[str, _key("The name of an identity.", checks.name, "deploy")]


class TransferSettings(Struct, frozen=True, omit_defaults=True):
    """How copies are made; sizes that are not set are chosen for each object."""

    multipart_threshold: Annotated[
        int | None, _key("Larger objects use multipart copies. Bytes, or a size such as 64M.", checks.size, "64M")
    ] = None
    part_size: Annotated[int | None, _key("Part size: 5M to 5G.", checks.part_size, "16M")] = None
    on_conflict: Annotated[
        str, _key("What cp, mv and rename do without --on-conflict: ask, overwrite, skip…", checks.conflict, "ask")
    ] = "ask"


class ScaleSettings(Struct, frozen=True, omit_defaults=True):
    """From when on the route card shows other engines than this machine, and what they are given."""

    objects: Annotated[int, _key("From this many objects on.", checks.count, 1_000_000)] = 1_000_000
    hours: Annotated[
        float, _key("Or if this machine would take longer than this, at the rate measured.", checks.hours, 6.0)
    ] = 6.0
    batch_role: Annotated[
        str,
        _key(
            "The IAM role of jobs of S3 Batch Operations.", checks.optional_role, "arn:aws:iam::123456789012:role/batch"
        ),
    ] = ""
    batch_reports: Annotated[
        str, _key("Where manifests and reports of these jobs go.", checks.bucket_or_prefix, "s3://our-bucket/batch/")
    ] = ""
    dask: Annotated[
        str, _key("A Dask scheduler: tls://host:port, or dask://host:port.", checks.scheduler, "tls://scheduler:8786")
    ] = ""
    workers: Annotated[int, _key("How many workers it has, for estimates.", checks.count, 4)] = 4


class EngineSettings(Struct, frozen=True, omit_defaults=True):
    """The process that sends the requests and runs the transfers."""

    stay: Annotated[
        float, _key("Seconds that it stays after its last client, so that the next command starts fast.", checks.stay)
    ] = 300.0
    workers: Annotated[
        int | str,
        _key(
            "Processes that help with copies of thousands of small objects: a number, 0 for none, "
            'or "auto", by the processors.',
            checks.engine_workers,
        ),
    ] = "auto"


class SafetySettings(Struct, frozen=True, omit_defaults=True):
    """What the app refuses to write, before any request."""

    read_only: Annotated[
        list[Glob],
        _key(
            "Read-only: identities and buckets whose name, account number, label or ARN matches a pattern.",
            None,
            ["*prod*"],
        ),
    ] = []
    write_accounts: Annotated[
        list[AccountNumber],
        _key("Only these accounts write and are written to. Empty: all accounts.", None, ["123456789012"]),
    ] = []


class AccountSettings(Struct, frozen=True, omit_defaults=True):
    """How an account is shown wherever it appears."""

    label: Annotated[str, _key("The label of the account.", checks.label, "production")] = ""
    colour: Annotated[str, _key("Colour of the label: #5fafff, or a name such as orange.", checks.colour, "red")] = ""
    read_only: Annotated[bool, _key("Read-only: the account writes nothing, and its buckets are not written to.")] = (
        False
    )


class BucketSettings(Struct, frozen=True, omit_defaults=True):
    """A bucket of anybody's."""

    requester_pays: Annotated[
        bool,
        _key("Send x-amz-request-payer: you pay for the requests. Requester Pays buckets deny requests without it."),
    ] = False


class RoleSettings(Struct, frozen=True, omit_defaults=True):
    """A role to assume; several are assumed one after another."""

    arn: Annotated[str, _key("The role's ARN.", checks.role_arn, "arn:aws:iam::123456789012:role/deploy")]
    external_id: Annotated[str, _key("The ExternalId that the trust policy requires.", checks.external_id)] = ""
    session_name: Annotated[str, _key("Session name, as shown in CloudTrail and ARNs.", checks.session_name)] = ""
    duration: Annotated[int | None, _key("Session duration in seconds. Default: 3600.", checks.duration, 3600)] = None
    mfa_serial: Annotated[
        str, _key("Serial number or ARN of the MFA device; its code is asked for.", checks.one_word)
    ] = ""
    policy: Annotated[str, _key("A session policy as JSON; it limits what the session can do.", checks.policy)] = ""


class IdentitySettings(Struct, frozen=True, omit_defaults=True):
    """An identity of our own, beside the AWS profiles; stronger than a profile of the same name. It has no secret."""

    profile: Annotated[
        str, _key("The AWS profile it starts from. Default: the default credential chain.", None, "default")
    ] = ""
    endpoint: Annotated[str, _key("Endpoint URL. Default: as configured for AWS.", checks.endpoint)] = ""
    region: Annotated[str, _key("Region. Default: the profile's region.", checks.region)] = ""
    anonymous: Annotated[bool, _key("Anonymous: requests are not signed.")] = False
    access_key: Annotated[
        str, _key("An access key ID; its secret is asked for and never saved.", checks.access_key)
    ] = ""
    path_style: Annotated[bool, _key("Path-style URLs: https://host/bucket instead of https://bucket.host.")] = False
    read_only: Annotated[bool, _key("Read-only: it writes nothing.")] = False
    roles: Annotated[list[RoleSettings], _key("The roles it assumes, in this order (role chaining).")] = []

    @classmethod
    def of(cls, spec: IdentitySpec) -> IdentitySettings:
        return cls(
            profile=spec.profile or "",
            endpoint=spec.endpoint or "",
            region=spec.region or "",
            anonymous=spec.anonymous,
            access_key=spec.access_key,
            path_style=spec.path_style,
            read_only=spec.safety.read_only,
            roles=[RoleSettings(**structs.asdict(role)) for role in spec.roles],
        )

    def spec(self, name: str) -> IdentitySpec:
        """The identity, with its own settings only: `Settings.apply` adds the rest."""
        return IdentitySpec(
            profile=self.profile or None,
            endpoint=self.endpoint or None,
            region=self.region or None,
            anonymous=self.anonymous,
            access_key=self.access_key,
            roles=tuple(RoleSpec(**structs.asdict(role)) for role in self.roles),
            path_style=self.path_style,
            name=name,
        )


class ColumnSettings(Struct, frozen=True, omit_defaults=True):
    """The columns beside the name."""

    shown: Annotated[
        list[ColumnName],
        _key(
            "size, modified, class, owner, in this order from left to right; name: no other. Empty: what there is room "
            "for.",
            None,
            ["size", "modified"],
        ),
    ] = []


class PaneSettings(Struct, frozen=True, omit_defaults=True):
    """How both panes show what is in them."""

    columns: ColumnSettings = ColumnSettings()
    parent_row: Annotated[bool, _key("Whether the first row is .., which opens the place above.")] = True


class Settings(Struct, frozen=True, omit_defaults=True):
    """Everything that can be set."""

    theme: Annotated[str, _key("The colour theme, one of Textual's.", checks.theme)] = "textual-dark"
    left_accent: Annotated[str, _key("Colour of the left account. Default: from the theme.", checks.colour)] = ""
    right_accent: Annotated[str, _key("Colour of the right account.", checks.colour)] = ""
    restore: Annotated[bool, _key("Restore the last session at the start if no profile or location is given.")] = True
    panes: PaneSettings = PaneSettings()
    mouse: Annotated[bool, _key("Whether the terminal reports the mouse; without, it selects text.")] = True
    ascii: Annotated[
        bool | str,
        _key('ASCII instead of symbols and frames: true, false, or "auto", by TERM and locale.', checks.ascii_only),
    ] = "auto"
    keys: Annotated[dict[CommandName, KeyBindings], _key("Keys of commands, in place of their own.")] = {}
    prices: Annotated[dict[StorageClassName, Price], _key("Prices of storage, in place of AWS's list prices.")] = {}
    transfers: TransferSettings = TransferSettings()
    scale: ScaleSettings = ScaleSettings()
    engine: EngineSettings = EngineSettings()
    safety: SafetySettings = SafetySettings()
    accounts: Annotated[dict[AccountNumber, AccountSettings], _key("By account number.")] = {}
    buckets: Annotated[dict[BucketName, BucketSettings], _key("By bucket name.")] = {}
    identities: Annotated[dict[IdentityName, IdentitySettings], _key("By name.")] = {}

    def identity(self, name: str) -> IdentitySpec | None:
        """The settings' identity with this name, before `apply`; None: there is none."""
        found = self.identities.get(name)
        return found.spec(name) if found else None

    def apply(self, spec: IdentitySpec) -> IdentitySpec:
        """`spec` with the settings' read-only rules and requester pays buckets; unchanged for the local disk.

        What was read-only before stays so. Applying them twice changes nothing.
        """
        if not spec.kind.has_accounts:
            return spec
        ours = self.identities.get(spec.name) if spec.name else None
        patterns = tuple(self.safety.read_only)
        meant = Safety(patterns=patterns).pattern_for  # the labels are known here alone, the numbers everywhere
        shut = (number for number, account in self.accounts.items() if account.read_only or meant(account.label))
        safety = Safety(
            read_only=spec.safety.read_only or bool(ours and ours.read_only),
            patterns=(*patterns, *shut),
            accounts=tuple(self.safety.write_accounts),
        )
        paid = tuple(name for name, bucket in self.buckets.items() if bucket.requester_pays)
        return structs.replace(spec, safety=safety if safety != _NONE else _NONE, requester_pays=paid)

    def name_accounts(self, book: AddressBook) -> AddressBook:
        """`book` with the settings' labels of accounts, which replace its own."""
        labels = {number: account.label for number, account in self.accounts.items() if account.label}
        entries = {
            known: structs.replace(line, label=labels.get(line.account, line.label))
            for known, line in book.entries.items()
        }
        return AddressBook(entries, book.accounts | labels)


_NONE = IdentitySpec().safety
"""No rules. The default object itself, which is omitted from a spec's JSON."""


def without_settings(spec: IdentitySpec) -> IdentitySpec:
    """`spec` as it is saved, without the settings: they may have changed when it is read."""
    return structs.replace(spec, safety=_NONE, requester_pays=())


class PaneStart(Struct, frozen=True, omit_defaults=True):
    """What a pane shows first; without a `spec`, the accounts screen asks."""

    spec: IdentitySpec | None = None
    location: Location = Location()
    locked: bool = False
    """The user has made the pane read-only."""


class TabList(Struct, frozen=True, omit_defaults=True):
    """The tabs of one pane, from left to right; empty where it has one only."""

    tabs: list[PaneStart] = []
    front: int = 0
    """Which of them is shown, from 0 on."""


class AppStart(Struct, frozen=True):
    """One start of the app."""

    left: PaneStart = PaneStart()
    right: PaneStart = PaneStart()
    left_tabs: TabList = TabList()
    """All tabs of the left pane; `left` is the one in front."""
    right_tabs: TabList = TabList()
    demo: bool = False
    restore: bool = True
    """Open panes for which nothing was named as in the last session."""
    read_only: frozenset[str] = frozenset()
    """The panes, ``left`` and ``right``, that must not write."""
