"""Search below a location, and storage statistics."""
