"""Moves, against a server: when a source is deleted, and when it stays."""
