"""Deletions of objects, versions and markers."""
