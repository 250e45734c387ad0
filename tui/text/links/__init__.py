"""Presigned links in words, and as QR codes."""
