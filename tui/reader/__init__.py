"""Parses untrusted content in a confined process: a reader, one for each content."""
