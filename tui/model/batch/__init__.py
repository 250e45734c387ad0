"""Jobs of S3 Batch Operations: what is ordered, and where a job stands."""
