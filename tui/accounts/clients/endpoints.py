"""Where requests go: the endpoint and region that the settings name, and which setting it was."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import UnknownRegionError
from botocore.session import Session
from botocore.utils import ensure_boolean

from tui.core.identity import EndpointSource, IdentitySpec

FALLBACK_REGION = "us-east-1"
_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".aws.dev")


@dataclass(frozen=True, slots=True)
class EndpointSetting:
    """A configured endpoint URL (empty: AWS's default rules apply) and where it was configured."""

    url: str
    source: EndpointSource


def s3_endpoint(session: Session, spec: IdentitySpec) -> EndpointSetting:
    """The endpoint that S3 clients of this session use, looked for in botocore's order.

    Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
    """
    if spec.endpoint:
        return EndpointSetting(spec.endpoint, EndpointSource.FLAG)
    if ensure_boolean(session.get_config_variable("ignore_configured_endpoint_urls")):
        return EndpointSetting("", EndpointSource.RULES)
    places = (
        (os.environ.get("AWS_ENDPOINT_URL_S3"), EndpointSource.ENV_S3),
        (os.environ.get("AWS_ENDPOINT_URL"), EndpointSource.ENV),
        (services_endpoint(session.full_config, session.get_scoped_config()), EndpointSource.SERVICES),
        (session.get_scoped_config().get("endpoint_url"), EndpointSource.PROFILE),
    )
    return next(
        (EndpointSetting(url, source) for url, source in places if url), EndpointSetting("", EndpointSource.RULES)
    )


def services_endpoint(full: Mapping[str, Any], profile: Mapping[str, Any], service: str = "s3") -> str:
    """The endpoint of a service in the ``services`` section that a profile names, or nothing."""
    section = full.get("services", {}).get(profile.get("services", ""), {})
    of_service = section.get(service, {})
    return str(of_service.get("endpoint_url", "")) if isinstance(of_service, Mapping) else ""


def sts_endpoint(session: Session, s3: EndpointSetting) -> str | None:
    """The endpoint for STS; see `service_endpoint`."""
    return service_endpoint(session, s3, "sts")


def service_endpoint(session: Session, s3: EndpointSetting, service: str) -> str | None:
    """The endpoint for another service than S3, named as in the ``services`` section: ``sts``, ``iam``, ``s3_control``.

    None leaves it to the settings and AWS's rules. A server that is not AWS's knows its own identities only; AWS is
    never asked about keys of such a server.
    """
    configured = (
        os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}")
        or os.environ.get("AWS_ENDPOINT_URL")
        or services_endpoint(session.full_config, session.get_scoped_config(), service)
        or session.get_scoped_config().get("endpoint_url")
    )
    if configured and not ensure_boolean(session.get_config_variable("ignore_configured_endpoint_urls")):
        return None
    return s3.url if s3.url and not is_aws(s3.url) else None


def region_of(session: Session, spec: IdentitySpec) -> str:
    """The region: the flag's, that of a profile asked for by name, the environment's, the default profile's."""
    of_profile = session.get_scoped_config().get("region")
    of_environment = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    order = (of_profile, of_environment) if spec.profile else (of_environment, of_profile)
    return spec.region or order[0] or order[1] or FALLBACK_REGION


def partition_of(session: Session, region: str) -> str:
    """The AWS partition of a region; ``aws`` for regions that only another server knows."""
    try:
        return str(session.get_partition_for_region(region))
    except UnknownRegionError:
        return "aws"


@lru_cache(maxsize=64)
def is_aws(url: str) -> bool:
    """Whether a URL is one of AWS's own endpoints (VPC endpoints included)."""
    host = urlsplit(url).hostname or ""
    return host.endswith(_AWS_DOMAINS)


def service_of(url: str, partition: str) -> str:
    """What distinguishes object stores: AWS's S3 is one per partition, whatever the region or VPC endpoint."""
    if not is_aws(url):
        return url.rstrip("/")
    return "https://s3.amazonaws.com" + (
        ".cn" if partition == "aws-cn" else "" if partition == "aws" else f"#{partition}"
    )
