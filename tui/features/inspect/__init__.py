"""The facts of a bucket or object, and what follows from them."""
