"""Copies verified again."""
