"""Versions of objects: deleted ones brought back, transfers taken back."""
