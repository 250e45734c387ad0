"""Jobs of S3 Batch Operations: what is written and read without a server."""
