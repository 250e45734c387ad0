"""Restores of archived objects in words: how long they take, what they cost."""
