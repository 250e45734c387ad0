"""The identity of this machine's file system: no request is sent, and no credentials are needed."""

from __future__ import annotations

import socket

from tui.accounts.ids import connection_id
from tui.core.identity import LOCAL_LABEL, AuthMethod, Identity, IdentitySpec


def file_system_name() -> str:
    """The local disk's name where S3 has an endpoint: ``file system of HOSTNAME``."""
    return f"file system of {socket.gethostname()}"


def local_identity(spec: IdentitySpec) -> Identity:
    """The user of this machine that runs the engine."""
    return Identity(
        connection=connection_id(spec),
        label=LOCAL_LABEL,
        method=AuthMethod.LOCAL,
        spec=spec,
        endpoint=file_system_name(),
    )
