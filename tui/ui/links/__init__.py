"""Dialogs about links, archived objects and whole buckets."""
