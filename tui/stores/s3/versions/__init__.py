"""Versions of objects on S3."""
