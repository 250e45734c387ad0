"""Commands about the workers of a cluster."""
