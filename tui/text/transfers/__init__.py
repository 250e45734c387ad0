"""Transfers in words: how much of them is carried out, as far as that is known."""
