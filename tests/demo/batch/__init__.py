"""S3 Batch Operations of the demo."""
