"""Copies and moves: the route card, the command, streams."""
