"""A verification in words."""
