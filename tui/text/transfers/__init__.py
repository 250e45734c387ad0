"""Transfers in words."""
