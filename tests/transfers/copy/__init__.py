"""Copies of objects, against a server: each route, what is verified, what is refused."""
