"""Archived objects: how they are restored."""
