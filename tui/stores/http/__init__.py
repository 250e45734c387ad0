"""The frequent requests to S3, signed and sent without botocore."""
