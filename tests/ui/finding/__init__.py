"""Searches and sizes."""
