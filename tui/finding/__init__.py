"""Searches below a location, and what is stored there by prefix, class, owner and age."""
