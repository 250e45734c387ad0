"""Searches below a location, and what is stored there."""
