"""The path of requests to S3: found out, classified, what policies see of it."""
