"""Versions on screen: the list of what can be undone, and two versions compared."""
