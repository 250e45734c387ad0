"""Settings documents of buckets, objects, IAM and KMS: read, check, change, undo."""
