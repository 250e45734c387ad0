"""Long listings that are read at several places at once."""
