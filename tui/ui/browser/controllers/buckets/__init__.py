"""What the browser changes of buckets: who may use them, their settings, who owns their objects."""
