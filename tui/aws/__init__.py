"""Identities at AWS: profiles, credentials and their renewal, connections, clients, what their errors mean."""
