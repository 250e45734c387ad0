"""The demo: an embedded S3 with two accounts, in a process of its own; `launch` and `serve` start it."""
