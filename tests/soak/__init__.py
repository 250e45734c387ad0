"""The whole engine against a model: random orders, kills and faults, and what must be true when all has settled."""
