"""S3 Batch Operations: jobs, and what carries them out with the permissions of their roles."""
