"""How an identity is had: profiles, credentials and their lifetime, connections, the address book of canonical ids."""

from tui.accounts.ids import connection_id, spec_of

__all__ = ["connection_id", "spec_of"]
