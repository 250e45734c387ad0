"""Deleting a selection, and counting what that would delete."""
