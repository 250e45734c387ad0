"""Transfers by jobs of S3 Batch Operations, carried out by the demo."""
