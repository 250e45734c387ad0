"""How facts are asked: one request each, by an identity, and what is used again for the rows of one bucket."""
