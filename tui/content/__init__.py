"""The content of objects: read by ranges of bounded size, decompressed, searched, written back."""
