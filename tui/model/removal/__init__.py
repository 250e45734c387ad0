"""The removal of a bucket with everything in it."""
