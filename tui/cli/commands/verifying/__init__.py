"""The commands that compare copies with what they should be."""
