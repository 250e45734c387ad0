"""The operations of S3, one subject a file; each takes a `Call` and returns a `Response`."""
