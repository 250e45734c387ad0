"""Restores of archived objects: asked for, waited for."""
