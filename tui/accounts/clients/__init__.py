"""HTTP clients of AWS: session, endpoints, retries, redirects, and what servers were seen to support."""
