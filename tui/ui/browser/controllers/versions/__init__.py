"""Versions of objects: shown, restored, compared, and transfers taken back by them."""
