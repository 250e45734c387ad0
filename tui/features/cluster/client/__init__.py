"""Dask's client in a process of its own, without credentials."""
