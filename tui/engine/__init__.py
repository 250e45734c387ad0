"""The engine: everything that touches AWS, behind a Unix socket, for the screen and the commands alike."""
