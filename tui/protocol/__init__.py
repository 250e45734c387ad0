"""The messages between screen and engine over the Unix socket."""
