"""JSON that is read from outside, and JSON that is shown."""
