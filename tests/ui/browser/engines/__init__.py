"""Copies by other engines than this machine."""
