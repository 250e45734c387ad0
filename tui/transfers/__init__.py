"""Copying: what it would do, the routes it can take, and the queue that carries it out."""
