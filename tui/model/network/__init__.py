"""The way of requests: the endpoint they go by, and the path they take to it."""
