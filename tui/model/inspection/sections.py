"""The sections that the facts are shown in, and which facts are asked only with their section."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from tui.model.facts import FactName
from tui.model.location import Location


class Section(StrEnum):
    """The sections in the order in which they are shown."""

    OBJECT = "object"
    ACCESS = "access"
    PROTECTION = "protection"
    BUCKET = "bucket"
    ENDPOINT = "endpoint"


SECTIONS: Mapping[Section, tuple[FactName, ...]] = {
    Section.OBJECT: (
        FactName.SIZE,
        FactName.MODIFIED,
        FactName.PATH,
        FactName.MODE,
        FactName.LEADS_TO,
        FactName.STORAGE_CLASS,
        FactName.RESTORE,
        FactName.EXPIRES,
        FactName.REPLICATION_STATUS,
        FactName.CONTENT_TYPE,
        FactName.HEADERS,
        FactName.ETAG,
        FactName.CHECKSUMS,
        FactName.VERSION,
        FactName.METADATA,
        FactName.TAGS,
    ),
    Section.ACCESS: (
        FactName.OBJECT_OWNER,
        FactName.BUCKET_OWNER,
        FactName.OWNERSHIP,
        FactName.GRANTS,
        FactName.BUCKET_GRANTS,
        FactName.POLICY,
        FactName.POLICY_STATUS,
        FactName.PUBLIC_ACCESS,
        FactName.ACCOUNT_PUBLIC_ACCESS,
        FactName.ACCESS_POINTS,
    ),
    Section.PROTECTION: (
        FactName.ENCRYPTION,
        FactName.DEFAULT_ENCRYPTION,
        FactName.LOCK,
        FactName.RETENTION,
        FactName.LEGAL_HOLD,
        FactName.BUCKET_LOCK,
        FactName.VERSIONING,
        FactName.REPLICATION,
        FactName.LIFECYCLE,
    ),
    Section.BUCKET: (
        FactName.BUCKET_TAGS,
        FactName.LOGGING,
        FactName.WEBSITE,
        FactName.CORS,
        FactName.PAYER,
    ),
    Section.ENDPOINT: (FactName.ENDPOINT, FactName.NETWORK_PATH),
}
"""Each fact stands in one section, in the order in which it is shown."""

ORDER = tuple(name for names in SECTIONS.values() for name in names)
"""All facts, in the order in which they are shown."""

LATER = frozenset(
    {
        FactName.RETENTION,
        FactName.LEGAL_HOLD,
        FactName.POLICY_STATUS,
        FactName.ACCOUNT_PUBLIC_ACCESS,
        FactName.ACCESS_POINTS,
        FactName.DEFAULT_ENCRYPTION,
        FactName.VERSIONING,
        FactName.BUCKET_LOCK,
        FactName.REPLICATION,
        FactName.LIFECYCLE,
        *SECTIONS[Section.BUCKET],
    }
)
"""Facts that no finding needs: they are asked with their section. All others are asked at once."""

LOCAL_FACTS = (FactName.SIZE, FactName.MODIFIED, FactName.PATH, FactName.MODE)
"""What is known of every file of a local disk."""

WHERE_THERE_IS_ONE = (FactName.LOCK, FactName.RESTORE, FactName.EXPIRES, FactName.REPLICATION_STATUS)
"""Shown only for objects that have it."""

LOCAL_ONLY = (FactName.PATH, FactName.MODE, FactName.LEADS_TO)
"""What no object of S3 has."""

_OF_OBJECTS = (
    *SECTIONS[Section.OBJECT],
    FactName.OBJECT_OWNER,
    FactName.GRANTS,
    FactName.ENCRYPTION,
    FactName.LOCK,
    FactName.RETENTION,
    FactName.LEGAL_HOLD,
)

BUCKET_FACTS = tuple(name for name in ORDER if name not in _OF_OBJECTS)
"""What is known of a bucket, and so of all that is in it."""


def facts_awaited(location: Location) -> tuple[FactName, ...]:
    """The facts that a location has, in their order."""
    if location.is_local:
        return tuple(name for name in LOCAL_FACTS if name is not FactName.SIZE or not location.is_prefix)
    return (
        BUCKET_FACTS
        if location.is_prefix
        else tuple(name for name in ORDER if name not in (*LOCAL_ONLY, *WHERE_THERE_IS_ONE))
    )


def sections_to_ask(location: Location) -> tuple[Section, ...]:
    """The sections of a location with facts that are asked only with them."""
    awaited = facts_awaited(location)
    return tuple(each for each in Section if any(name in LATER for name in SECTIONS[each] if name in awaited))


def names_in(sections: Collection[Section]) -> frozenset[FactName]:
    """The facts that are asked with these sections."""
    return frozenset(name for each in sections for name in SECTIONS[each] if name in LATER)
