"""The models of services are those that botocore reads, and the user's own come first."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import create_loader

from tui.accounts.clients.models import SERVICES, ModelLoader, load_models


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("kind", ["service-2", "endpoint-rule-set-1", "paginators-1"])
def test_a_model_is_the_one_that_botocore_reads(service: str, kind: str) -> None:
    assert ModelLoader(None).load_service_model(service, kind) == create_loader().load_service_model(service, kind)


@pytest.mark.parametrize("name", ["endpoints", "partitions", "sdk-default-configuration"])
def test_data_of_all_services_are_those_that_botocore_reads(name: str) -> None:
    assert ModelLoader(None).load_data(name) == create_loader().load_data(name)


def test_the_order_of_a_model_is_kept() -> None:
    ours, theirs = (loader.load_service_model("s3", "service-2") for loader in (ModelLoader(None), create_loader()))
    assert list(ours["shapes"]) == list(theirs["shapes"])


def test_a_model_in_a_directory_of_the_users_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELS", str(tmp_path))
    for version, text in (("2006-03-01", b'{"own": 1}'), ("2030-01-01", b'{"own": 2}')):
        directory = tmp_path / "s3" / version
        directory.mkdir(parents=True)
        (directory / "service-2.json.gz").write_bytes(gzip.compress(text))
    loader = ModelLoader(f"{tmp_path / 'nothing'}{os.pathsep}$MODELS")
    assert loader.load_service_model("s3", "service-2") == {"own": 2}
    assert loader.load_service_model("sts", "service-2") == create_loader().load_service_model("sts", "service-2")


def test_what_is_not_there_is_not_found() -> None:
    loader = ModelLoader(None)
    with pytest.raises(UnknownServiceError, match="s4"):
        loader.load_service_model("s4", "service-2")
    with pytest.raises(DataNotFoundError):
        loader.load_service_model("s3", "service-3")


def test_a_model_that_is_no_json_is_named(tmp_path: Path) -> None:
    directory = tmp_path / "s3" / "2030-01-01"
    directory.mkdir(parents=True)
    (directory / "service-2.json").write_text("{")
    with pytest.raises(ValueError, match=r"2030-01-01/service-2\.json"):
        ModelLoader(str(tmp_path)).load_service_model("s3", "service-2")


def test_the_models_are_read_once() -> None:
    assert load_models(None) is load_models(None)
