"""Dialogs for moving about: the columns of the tables, locations by name."""
