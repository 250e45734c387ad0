"""Settings of buckets: what changes them."""
