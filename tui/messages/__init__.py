"""Requests that several features send to the engine."""
