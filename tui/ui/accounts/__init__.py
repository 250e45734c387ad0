"""The accounts screen and its forms: choose, add, name and keep an identity."""
