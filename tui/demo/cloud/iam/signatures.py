"""Verifies AWS Signature Version 4 in the Authorization header and in presigned URLs.

Rules: Amazon S3 API reference, "Authenticating Requests (AWS Signature Version 4)".
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, quote

from tui.demo.cloud.iam.iam_identities import DemoIdentities, DemoIdentity
from tui.demo.cloud.messages import CloudError, DemoRequest

ALLOWED_SKEW: Final = timedelta(minutes=15)
LONGEST_LINK: Final = timedelta(days=7)
_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_AUTHORIZATION: Final = re.compile(
    rf"{_ALGORITHM}\s+Credential=(?P<credential>[^,\s]+),\s*SignedHeaders=(?P<headers>[^,\s]+),"
    r"\s*Signature=(?P<signature>[0-9a-f]+)"
)
_HEX_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Claim:
    """The parts of a request's signature."""

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: str
    lifetime: timedelta | None
    """The validity of a presigned URL; None for the header."""

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def claim_of(request: DemoRequest) -> Claim | None:
    """A request's signature; None if it is anonymous. Raises `CloudError` if the signature is malformed."""
    authorization = request.header("authorization")
    if authorization:
        found = _AUTHORIZATION.match(authorization)
        if found is None:
            raise CloudError("InvalidRequest", f"Please use {_ALGORITHM}.")
        timestamp = request.header("x-amz-date")
        return _claim(found["credential"], found["headers"], found["signature"], timestamp, None)
    query = request.query
    if "X-Amz-Signature" not in query:
        return None
    lifetime = query.get("X-Amz-Expires", "0")
    return _claim(
        query.get("X-Amz-Credential", ""),
        query.get("X-Amz-SignedHeaders", ""),
        query["X-Amz-Signature"],
        query.get("X-Amz-Date", ""),
        timedelta(seconds=int(lifetime) if lifetime.isdigit() else 0),
    )


def _claim(credential: str, headers: str, signature: str, timestamp: str, lifetime: timedelta | None) -> Claim:
    parts = credential.split("/")
    if len(parts) != 5:
        raise CloudError("InvalidRequest", "The credential scope is malformed.")
    signed = tuple(headers.split(";"))
    return Claim(parts[0], parts[1], parts[2], parts[3], signed, signature, timestamp, lifetime)


def authenticate(request: DemoRequest, identities: DemoIdentities, now: datetime) -> DemoIdentity | None:
    """The identity that signed the request; None if it is anonymous.

    Raises `CloudError`: InvalidAccessKeyId, SignatureDoesNotMatch, RequestTimeTooSkewed, AccessDenied (expired
    URL), InvalidToken, ExpiredToken, XAmzContentSHA256Mismatch.
    """
    claim = claim_of(request)
    if claim is None:
        return None
    identity = identities.by_access_key(claim.access_key_id)
    if identity is None:
        raise _unknown_key(claim)
    _check_time(claim, now)
    canonical = hashlib.sha256(_canonical_request(request, claim).encode("latin-1")).hexdigest()
    to_sign = f"{_ALGORITHM}\n{claim.timestamp}\n{claim.scope}\n{canonical}"
    key = _signing_key(identity.secret_access_key, claim.date, claim.region, claim.service)
    expected = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, claim.signature):
        raise CloudError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
        )
    token = request.header("x-amz-security-token") or request.query.get("X-Amz-Security-Token", "")
    if identity.session_token and not token:
        raise _unknown_key(claim)
    if not hmac.compare_digest(token, identity.session_token):
        raise CloudError("InvalidToken", "The provided token is malformed or otherwise invalid.")
    if identity.expires is not None and now >= identity.expires:
        raise CloudError("ExpiredToken", "The provided token has expired.")
    stated = request.header("x-amz-content-sha256")
    if _HEX_DIGEST.fullmatch(stated) and hashlib.sha256(request.body).hexdigest() != stated:
        raise CloudError(
            "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."
        )
    return identity


def _unknown_key(claim: Claim) -> CloudError:
    if claim.service == "sts":
        return CloudError("InvalidClientTokenId", "The security token included in the request is invalid.")
    return CloudError(
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        AWSAccessKeyId=claim.access_key_id,
    )


def _check_time(claim: Claim, now: datetime) -> None:
    try:
        signed_at = datetime.strptime(claim.timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise CloudError("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header") from None
    if claim.lifetime is not None and claim.lifetime > LONGEST_LINK:
        message = "X-Amz-Expires must be less than a week (in seconds); that is, it must be less than 604800 seconds"
        raise CloudError("AuthorizationQueryParametersError", message)
    if claim.lifetime is not None and now > signed_at + claim.lifetime:
        raise CloudError("AccessDenied", "Request has expired")
    if claim.lifetime is None and abs(now - signed_at) > ALLOWED_SKEW:
        raise CloudError(
            "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."
        )


@lru_cache(maxsize=64)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for word in (date, region, service, "aws4_request"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    return key


def _canonical_request(request: DemoRequest, claim: Claim) -> str:
    headers = "".join(f"{name}:{' '.join(request.header(name).split())}\n" for name in claim.signed_headers)
    return "\n".join(
        [
            request.method,
            quote(request.path, safe="/-_.~"),
            _canonical_query(request.raw_query),
            headers,
            ";".join(claim.signed_headers),
            _payload_hash(request, claim),
        ]
    )


def _canonical_query(raw_query: str) -> str:
    pairs = parse_qsl(raw_query, keep_blank_values=True)
    encoded = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in pairs if name != "X-Amz-Signature"
    )
    return "&".join(f"{name}={value}" for name, value in encoded)


def _payload_hash(request: DemoRequest, claim: Claim) -> str:
    if claim.lifetime is not None:
        return request.header("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
    stated = request.header("x-amz-content-sha256")
    return stated or hashlib.sha256(request.body).hexdigest()
