"""Versions of objects as commands."""
