"""Dask's client, in a process of its own that has no credentials."""
