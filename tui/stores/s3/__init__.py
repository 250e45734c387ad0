"""S3 as one identity sees it."""
