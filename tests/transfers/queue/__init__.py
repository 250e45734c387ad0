"""The life of transfers in their queue, against a server."""
