"""Takes out of an answer what says whose it is: accounts, keys, IDs, names, hosts, tokens, signatures.

What a run made stays readable; the same ID becomes the same stand-in everywhere, so that owners can still be compared.
Texts within texts are scrubbed, too: URL-encoded ones (IAM's policies) and Base64.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final
from urllib.parse import quote, unquote

RUN: Final = "xs3-tui-test"
"""Stands for the name of a run; what begins with it is of the run itself."""

_KEPT_HEADERS: Final = re.compile(
    r"content-(type|length|range|encoding|language|disposition)|cache-control|expires|etag|last-modified|allow"
    r"|accept-ranges|location|x-amz-(?!request-id|id-2|cf-id)[a-z0-9-]+"
)
"""All others are left out: they say which server answered, and when."""

_SECRET: Final = (
    r"(?:SecretAccessKey|SessionToken|HostId|RequestId|StringToSign(?:Bytes)?|CanonicalRequest(?:Bytes)?"
    r"|SignatureProvided|Token)"
)
_LEFT_OUT: Final = re.compile(rf"(<({_SECRET})>)[^<]*(</\2>)|(\"(?:{_SECRET})\"\s*:\s*\")[^\"]*(\")")
"""Elements, and members of JSON, whose whole text goes."""
_QUERY: Final = re.compile(
    r"((?:X-Amz-(?:Signature|Credential|Security-Token)|AWSAccessKeyId|Signature)=)[^&\s\"'<]+", re.I
)
_PERSON: Final = re.compile(
    r"(arn:[\w-]+:(?:iam|sts)::[^:\s]*:(?:user|role|group|assumed-role|federated-user|policy|mfa|saml-provider)/)"
    rf"(?!{RUN})[^\s\"'<>&,;]+"
)
_NAME: Final = re.compile(
    rf"(<(Name|Bucket|BucketName|DisplayName|UserName|RoleName|UserId|Email(?:Address)?)>)(?!{RUN})[^<]+(</\2>)"
)
_BUCKET_ARN: Final = re.compile(rf"(arn:[\w-]+:s3:::)(?!{RUN})[^\s\"'<>&,;]+")
_NUMBER: Final = re.compile(r"(?<!\d)\d{12}(?!\d)")
_CANONICAL: Final = re.compile(r"(?<![0-9a-fA-F])[0-9a-f]{64}(?![0-9a-fA-F])")
_KEY: Final = re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA|AIDA|AROA|AGPA|ANPA|ANVA|AIPA|ABIA|ACCA|APKA)[A-Z0-9]{8,}")
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_ADDRESS: Final = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])")
_NETWORK: Final = re.compile(r"\b(vpce|vpc|subnet|eni|i|sg|rtb|pl)-(?:[0-9a-f]{8}|[0-9a-f]{17})\b")
_HOST: Final = re.compile(r"(?<=//)[\w.-]+(?::\d+)?")
_PUBLIC_HOSTS: Final = ("amazonaws.com", "amazonaws.com.cn", "www.w3.org", "example.com")
_LONG: Final = re.compile(r"[\w+/=.~-]{80,}")
"""Tokens of all kinds. Nothing that a run writes is as long."""
_ENCODED: Final = re.compile(r"(?:[\w.~+-]|%[0-9A-Fa-f]{2})*%[0-9A-Fa-f]{2}(?:[\w.~+-]|%[0-9A-Fa-f]{2})*")
_BASE64: Final = re.compile(r"(?<![\w+/=])[A-Za-z0-9+/]{16,}={0,2}(?![\w+/=])")
_DEPTH: Final = 3
"""Texts within texts within texts."""


class Scrubber:
    """Of one run. `name` is its name; `secrets` are texts and their stand-ins, as the IDs of the two accounts."""

    def __init__(self, name: str, secrets: Mapping[str, str]) -> None:
        self._exact = {name: RUN} | {secret: stand_in for secret, stand_in in secrets.items() if len(secret) >= 8}
        self._known = {stand_in: stand_in for stand_in in secrets.values()}

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        kept = {name.lower(): str(value) for name, value in headers.items()}
        return {name: self.text(value) for name, value in sorted(kept.items()) if _KEPT_HEADERS.fullmatch(name)}

    def text(self, text: str, depth: int = _DEPTH) -> str:
        for secret in sorted(self._exact, key=len, reverse=True):
            text = text.replace(secret, self._exact[secret])
        text = _LEFT_OUT.sub(
            lambda found: "".join(part or "" for part in (found[1], found[3], found[4], found[5])), text
        )
        text = _QUERY.sub(r"\1-", text)
        if depth:
            text = _ENCODED.sub(partial(self._within, unquote, partial(quote, safe=""), depth), text)
            text = _BASE64.sub(partial(self._within, _decoded, _encoded, depth), text)
        text = _PERSON.sub(r"\1person", text)
        text = _NAME.sub(r"\1other\3", text)
        text = _BUCKET_ARN.sub(r"\1other", text)
        text = _NUMBER.sub(partial(self._numbered, "{:012}"), text)
        text = _CANONICAL.sub(partial(self._numbered, "{:064x}"), text)
        text = _HOST.sub(_host, text)
        text = _EMAIL.sub("person@example.com", text)
        text = _ADDRESS.sub("192.0.2.1", text)
        text = _NETWORK.sub(r"\1-0", text)
        text = _LONG.sub(partial(self._numbered, "long-text-{}"), text)
        return _KEY.sub(partial(self._numbered, "KEY{:09}"), text)

    def _within(
        self, decode: Callable[[str], str], encode: Callable[[str], str], depth: int, found: re.Match[str]
    ) -> str:
        """A text within the text: as it was, if nothing had to be taken out of it."""
        inner = decode(found[0])
        scrubbed = self.text(inner, depth - 1) if inner != found[0] else inner
        return found[0] if scrubbed == inner else encode(scrubbed)

    def _numbered(self, form: str, found: re.Match[str]) -> str:
        """The same stand-in for the same text, wherever it stands."""
        if found[0] not in self._known:
            stand_in = form.format(len(self._known) + 1)
            self._known |= {found[0]: stand_in, stand_in: stand_in}
        return self._known[found[0]]


def _host(found: re.Match[str]) -> str:
    """A host of AWS without another bucket's name before it; another host is nobody's business."""
    if not found[0].endswith(_PUBLIC_HOSTS):
        return "s3.example.com"
    before, _, rest = found[0].rpartition(".s3")
    return found[0] if not before or before.startswith(RUN) else f"other.s3{rest}"


def _decoded(text: str) -> str:
    """The text that this is Base64 of; itself, if it is of none."""
    try:
        inner = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return text
    return inner if inner.isprintable() else text


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
