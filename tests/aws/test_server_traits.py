"""What is learned of servers is kept for later engines, for a while."""

from pathlib import Path

from tui.aws.connections import Connections
from tui.aws.server_traits import FORGOTTEN_AFTER, MOST_SERVERS, TraitsFile


def learned(path: Path, *names: str) -> tuple[Connections, TraitsFile]:
    connections = Connections()
    for name in names:
        connections.services[name].learned.answered("MinIO", "object")
        connections.services[name].learned.show("a", holds=False)
    return connections, TraitsFile(path, connections.services)


async def test_traits_are_kept_for_a_week_and_for_the_same_server(tmp_path: Path) -> None:
    path = tmp_path / "deeper" / "server-traits.json"
    _, file = learned(path, "http://one", "http://user:secret@two")
    await file.save()
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"secret" not in path.read_bytes()
    connections, file = learned(path)
    await file.start()
    traits = connections.services["http://one"].learned
    assert traits.holds("a") is False
    traits.show("a", holds=True)
    assert traits.holds("a") is False, "a refutation is kept"
    traits.answered("MinIO", "object")
    traits.answered("MinIO, amazon.com", "list")
    traits.answered("MinIO", "object")
    assert traits.shown, "answers of another kind may name another server"
    traits.answered("other", "object")
    assert not traits.shown
    traits.show("b", holds=True)
    await file.save()
    traits.since -= FORGOTTEN_AFTER + 1
    traits.answered("other", "object")
    assert not traits.shown
    connections.services["http://one"].learned.since = 1.0
    connections.services["http://one"].learned.show("c", holds=True)
    await file.save()
    connections, file = learned(path)
    await file.start()
    assert not connections.services["http://one"].learned.shown


async def test_the_file_is_bounded_and_one_that_is_broken_is_none(tmp_path: Path) -> None:
    path = tmp_path / "server-traits.json"
    path.write_text("[not a file of ours")
    connections, file = learned(path, *(f"http://{number}" for number in range(MOST_SERVERS + 20)))
    await file.start()
    await file.save()
    assert not path.read_text().startswith("{"), "nothing was learned since"
    connections.services["http://new"].learned.answered("", "object")
    connections.services["http://new"].learned.show("a", holds=True)
    await file.save()
    connections, file = learned(path)
    await file.start()
    assert len(connections.services) == MOST_SERVERS
    assert connections.services["http://new"].learned.holds("a")
