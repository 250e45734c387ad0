"""One object copied: decision, route, parts, checksums."""
