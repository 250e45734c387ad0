"""Settings documents of buckets, objects, IAM and KMS: read, checked, changed, taken back."""
