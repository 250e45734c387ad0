"""What transfers are made of: selections, targets, retries, limits, progress."""
