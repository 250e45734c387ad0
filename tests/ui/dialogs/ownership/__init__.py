"""The dialogs about whose objects are."""
