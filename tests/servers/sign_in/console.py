"""AWS Sign-In on loopback: the renewal of what ``aws login`` has given, with its proof of possession (RFC 9449)."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.servers.loopback import loopback

SESSION = "arn:aws:iam::222222222222:user/ann"
QUARTER = 900


@dataclass
class Console:
    endpoint: str = ""
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    refresh: str = "refresh-0"
    """The one refresh token that is good; each renewal replaces it."""
    renewals: int = 0
    refusal: str = ""
    """The error that renewals get."""
    odd: dict[str, Any] = field(default_factory=dict)
    """Fields of the answer that are not as they should be."""
    between: Callable[[], object] = lambda: None
    """Called before a renewal is answered."""
    proofs: set[str] = field(default_factory=set)
    """The ids of the proofs; none may be used twice."""

    def write_cache(self, directory: Path, *, seconds: float, number: int = 0, **changes: Any) -> Path:
        """Write the cache as `aws login` does, with credentials that live for so many seconds."""
        pem = self.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
        token = {
            "accessToken": {
                "accessKeyId": f"ASIACONSOLE{number}",
                "secretAccessKey": f"s3cr3t-{number}",
                "sessionToken": f"session-{number}",
                "accountId": "222222222222",
                "expiresAt": f"{datetime.fromtimestamp(time.time() + seconds, UTC):%Y-%m-%dT%H:%M:%SZ}",
            },
            "tokenType": "aws_sigv4",
            "clientId": "arn:aws:signin:::devtools/same-device",
            "refreshToken": self.refresh,
            "idToken": "id",
            "dpopKey": pem,
        }
        directory.mkdir(parents=True, exist_ok=True)
        file = directory / f"{hashlib.sha256(SESSION.encode()).hexdigest()}.json"
        file.write_text(json.dumps(token | changes))
        return file

    async def token(self, request: web.Request) -> web.Response:
        said = await request.json()
        if why := self._wrong_with(request.headers.get("DPoP", ""), f"{self.endpoint}/v1/token"):
            return _refused("INVALID_REQUEST", why)
        self.between()
        if self.refusal or said["refreshToken"] != self.refresh:
            return _refused(self.refusal or "TOKEN_EXPIRED", "the refresh token is not good")
        self.renewals += 1
        self.refresh = f"refresh-{self.renewals}-{secrets.token_hex(4)}"
        keys = {
            "accessKeyId": f"ASIACONSOLE{self.renewals}",
            "secretAccessKey": f"s3cr3t-{self.renewals}",
            "sessionToken": f"session-{self.renewals}",
        }
        answer = {"accessToken": keys, "tokenType": "aws_sigv4", "expiresIn": QUARTER, "refreshToken": self.refresh}
        return web.json_response(answer | self.odd)

    def _wrong_with(self, proof: str, url: str) -> str:
        try:
            head, body, signature = proof.split(".")
            header, claims, octets = json.loads(_decoded(head)), json.loads(_decoded(body)), _decoded(signature)
        except ValueError:
            return "no proof"
        numbers = self.key.public_key().public_numbers()
        ours = {"kty": "EC", "crv": "P-256", "x": _encoded(numbers.x), "y": _encoded(numbers.y)}
        if header != {"typ": "dpop+jwt", "alg": "ES256", "jwk": ours}:
            return "another key"
        if (claims["htm"], claims["htu"]) != ("POST", url) or abs(claims["iat"] - time.time()) > 60:
            return "another request"
        if claims["jti"] in self.proofs:
            return "used before"
        self.proofs.add(claims["jti"])
        der = encode_dss_signature(int.from_bytes(octets[:32]), int.from_bytes(octets[32:]))
        try:
            self.key.public_key().verify(der, f"{head}.{body}".encode(), ec.ECDSA(SHA256()))
        except InvalidSignature:
            return "not signed by its key"
        return ""


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encoded(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32)).rstrip(b"=").decode()


def _refused(reason: str, message: str) -> web.Response:
    body = {"error": reason, "message": message}
    return web.json_response(body, status=403, headers={"x-amzn-ErrorType": "AccessDeniedException"})


@asynccontextmanager
async def console() -> AsyncIterator[Console]:
    service = Console()
    async with loopback([web.post("/v1/token", service.token)]) as service.endpoint:
        yield service
