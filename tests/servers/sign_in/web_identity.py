"""STS's AssumeRoleWithWebIdentity on loopback: a token that it knows is worth a role."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aiohttp import web

from tests.servers.loopback import loopback

ROLE_ARN = "arn:aws:iam::111111111111:role/ci"

_ANSWER = """\
<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials>
<AccessKeyId>ASIAWEB</AccessKeyId><SecretAccessKey>s3cr3t</SecretAccessKey><SessionToken>session</SessionToken>
<Expiration>{ends:%Y-%m-%dT%H:%M:%SZ}</Expiration>
</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"""

_ERROR = """\
<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<Error><Type>Sender</Type><Code>InvalidIdentityToken</Code><Message>No OpenIDConnect provider found</Message></Error>
</ErrorResponse>"""


@dataclass
class WebIdentityService:
    endpoint: str = ""
    token: str = "t0ken"
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """AssumeRoleWithWebIdentity; nothing else is asked here."""
        said = await request.post()
        self.asked.append(str(said["RoleArn"]))
        if said["WebIdentityToken"] != self.token:
            return web.Response(text=_ERROR, status=400, content_type="text/xml")
        ends = datetime.now(UTC) + timedelta(hours=1)
        return web.Response(text=_ANSWER.format(ends=ends), content_type="text/xml")


@asynccontextmanager
async def web_identity_service() -> AsyncIterator[WebIdentityService]:
    service = WebIdentityService()
    async with loopback([web.post("/", service.answer)]) as service.endpoint:
        yield service
