"""Repairs of ownership."""
