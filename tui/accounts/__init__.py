"""Identities: profiles, credentials and their expiry, connections, the address book of canonical IDs."""

from tui.accounts.ids import connection_id, spec_of

__all__ = ["connection_id", "spec_of"]
