"""The demo's operations of S3."""
