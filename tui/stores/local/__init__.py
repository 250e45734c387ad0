"""This machine's file system as a store: the bucket ``/``, keys that are paths without their leading ``/``."""
