"""What every test shares: the servers and the surroundings of `tests/servers/fixtures.py`."""

pytest_plugins = ["tests.servers.fixtures"]
