"""Deletions, against a server."""
