"""The demo's S3 Batch Operations."""
