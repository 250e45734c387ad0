"""Presigned links."""
