"""Two places compared on screen, and made alike."""
