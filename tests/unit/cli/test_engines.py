"""What carries a transfer out, as it is written."""

import re

import pytest

from tui.model.engines import EngineKind, read_engine


@pytest.mark.parametrize(
    ("text", "kind", "host", "port", "encrypted"),
    [
        ("local", EngineKind.LOCAL, "", 0, False),
        ("batch", EngineKind.BATCH, "", 0, False),
        ("dask://scheduler:8786", EngineKind.DASK, "scheduler", 8786, False),
        ("tls://10.0.0.7:8786", EngineKind.DASK, "10.0.0.7", 8786, True),
        ("tls://[::1]:1", EngineKind.DASK, "::1", 1, True),
    ],
)
def test_what_is_written_is_read_and_written_again(
    text: str, kind: EngineKind, host: str, port: int, encrypted: bool
) -> None:
    engine = read_engine(text)
    assert (engine.kind, engine.host, engine.port, engine.encrypted) == (kind, host, port, encrypted)
    assert engine.text == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' is no engine: write local, batch, dask://HOST:PORT or tls://HOST:PORT"),
        ("Batch", "is no engine"),
        ("tcp://scheduler:8786", "is no engine"),
        ("dask://scheduler", "names no scheduler: write dask://HOST:PORT"),
        ("dask://:8786", "names no scheduler"),
        ("tls://user@host:8786", "names no scheduler"),
        ("tls://[]:8786", "names no scheduler"),
        ("tls://host:", "has no port: write tls://host:8786"),
        ("tls://host:0", "has no port"),
        ("tls://host:65536", "has no port"),
        ("tls://host:８７", "has no port"),
        ("tls://host:8786/path", "has no port"),
    ],
)
def test_what_is_none_is_refused_with_how_to_write_it(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        read_engine(text)
