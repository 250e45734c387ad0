"""Jobs of S3 Batch Operations, seen from a terminal, and through kills of the engine."""
