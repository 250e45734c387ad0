"""Archived objects."""
