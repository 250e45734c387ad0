"""Jobs of S3 Batch Operations by command, carried out by the demo."""
