"""The commands about whose objects are."""
