"""What a path is classified by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from tui.aws.vpc import VpcAnswers
from tui.core.facts import Unknown
from tui.core.network import Certainty, EffectiveEndpoint, Instance, NetworkPath, PathKind, SeenKey, VpcEndpoint
from tui.policies.endpoint_policy import not_known

NOT_ASKED = Unknown("it was not asked")


@dataclass(frozen=True, slots=True)
class Observed:
    """The endpoint as it was used, what DNS gives for its host, and what IMDS and EC2 say, or why they do not."""

    endpoint: EffectiveEndpoint
    resolved: Sequence[str] = ()
    instance: Instance | Unknown = NOT_ASKED
    vpc: VpcAnswers | Unknown = NOT_ASKED

    @property
    def address(self) -> str:
        """The IP address connected to, without its port."""
        return self.endpoint.address.rpartition(":")[0].strip("[]")

    @property
    def host(self) -> str:
        """The host that the URL names."""
        return urlsplit(self.endpoint.url).hostname or ""

    @property
    def region(self) -> str:
        """The bucket's region: as the server named it, else as requests are signed for it."""
        return self.endpoint.bucket_region or self.endpoint.signing_region

    @property
    def endpoints(self) -> Sequence[VpcEndpoint] | Unknown:
        """The VPC endpoints that EC2 showed, or why they are not known."""
        return self.vpc if isinstance(self.vpc, Unknown) else self.vpc.endpoints

    def shown(self, kind: PathKind) -> list[VpcEndpoint]:
        """Those of a kind that work; none if they are not known."""
        found = self.endpoints
        return [] if isinstance(found, Unknown) else [one for one in found if one.kind is kind and one.works]

    def find(self, endpoint: str) -> VpcEndpoint | None:
        """The endpoint of an id, if EC2 showed it."""
        found = self.endpoints
        return None if isinstance(found, Unknown) else next((one for one in found if one.id == endpoint), None)

    def local_ip(self, vpc: str) -> str:
        """This machine's address in a VPC, empty if it is not known to be in that one."""
        return self.instance.local_ip if isinstance(self.instance, Instance) and self.instance.vpc == vpc else ""

    @property
    def missing(self) -> list[str]:
        """Why something is not known, one clause each."""
        found: list[object] = [self.instance, self.vpc, self.endpoints]
        if isinstance(self.vpc, VpcAnswers):
            found.append(self.vpc.table)
        return list(dict.fromkeys(one.why for one in found if isinstance(one, Unknown) and one != NOT_ASKED))

    def path(
        self, kind: PathKind, certainty: Certainty, why: str, keys: list[SeenKey], endpoint: str = ""
    ) -> NetworkPath:
        """The path that this is, `endpoint` its VPC endpoint."""
        passed = self.find(endpoint)
        instance = self.instance if isinstance(self.instance, Instance) else None
        others = [] if isinstance(self.endpoints, Unknown) else [one for one in self.endpoints if one != passed]
        return NetworkPath(
            kind=kind,
            certainty=certainty,
            why=why,
            endpoint=endpoint,
            vpc=passed.vpc if passed else instance.vpc if instance else "",
            instance=instance,
            endpoints=[*([passed] if passed else []), *others],
            resolved=list(self.resolved),
            keys=keys,
            missing=self.missing,
            covers_region=passed.region == self.region if passed and self.region else None,
        )

    def unknown(self, why: str) -> NetworkPath:
        """A path that is not known, and why."""
        return self.path(PathKind.UNKNOWN, Certainty.UNKNOWN, why, not_known(why))
