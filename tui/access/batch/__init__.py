"""The IAM role of a job of S3 Batch Operations: what it must be allowed, made, taken and checked."""
