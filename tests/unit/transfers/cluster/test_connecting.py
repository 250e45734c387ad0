"""Certificates that cannot be used are said; nobody waits for a scheduler because of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.model.cluster import ClusterOptions
from tui.model.engines import read_engine
from tui.model.problem import ProblemError
from tui.transfers.cluster.connecting import scheduler_client


async def refused(options: ClusterOptions) -> str:
    """Why."""
    with pytest.raises(ProblemError, match="certificates for the Dask cluster cannot be used") as refusal:
        async with scheduler_client(read_engine("tls://127.0.0.1:1"), options):
            pass
    return refusal.value.problem.cause


async def test_certificates_that_are_not_named() -> None:
    assert "not all are named" in await refused(ClusterOptions())
    assert "not all are named" in await refused(ClusterOptions(ca="ca.pem"))


async def test_certificates_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "pem"
    options = ClusterOptions(ca=str(file), certificate=str(file), key=str(file))
    assert "No such file" in await refused(options)
    file.write_text("no certificate")
    assert "no certificate or crl found" in await refused(options)
