"""The facts of a bucket or object, and the findings."""
