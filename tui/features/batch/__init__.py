"""Jobs of S3 Batch Operations: made, watched, reported."""
