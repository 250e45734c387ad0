"""What screen and engine say to each other over the Unix socket."""
