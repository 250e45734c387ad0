"""Buckets listed, made, emptied and removed."""
