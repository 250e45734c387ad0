"""The commands about what is in objects: cat, head, edit, and cp from and to a stream."""
