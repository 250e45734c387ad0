"""Transfers on screen: the panel, one transfer in full, and what can be done to it."""
