"""Comparing the panes."""
