"""The path of requests to S3, in words."""
