"""Restores of archived objects: planned and asked for."""
