"""Two places compared on screen."""
