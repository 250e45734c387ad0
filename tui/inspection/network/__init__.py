"""The path of requests to S3: found out, classified, and what policies see of it."""
