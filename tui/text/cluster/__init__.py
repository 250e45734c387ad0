"""The workers of a cluster in words."""
