"""The demo's server: S3, STS and IAM as far as the product asks."""
