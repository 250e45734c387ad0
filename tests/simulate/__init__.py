"""Copies by many workers, simulated: the scheduler of ranges against a model of S3.

`keyspace` lists keys that are nowhere stored, `service` is the model of S3, `run` one simulated copy, `picture` draws.
"""
