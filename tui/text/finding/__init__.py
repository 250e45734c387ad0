"""Searches and sizes in words."""
