"""Prices, and what the engines would take."""
