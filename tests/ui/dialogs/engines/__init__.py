"""Other engines than this machine, on screen."""
