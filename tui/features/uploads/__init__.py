"""Unfinished multipart uploads, and uploads from streams."""
