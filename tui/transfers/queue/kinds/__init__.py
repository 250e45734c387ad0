"""Kinds of work that a queue does besides copies, deletions, repairs: restores, removals of buckets."""
