"""Route cards, dry runs, new prefixes and buckets, against a server."""
