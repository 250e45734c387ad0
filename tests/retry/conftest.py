"""The threads of relays are started beforehand, as for the transfers."""

from tests.transfers.conftest import relay_threads as relay_threads
