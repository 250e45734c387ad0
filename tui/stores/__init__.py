"""Where objects are: S3 and the local disk as stores, with one table of operations."""
