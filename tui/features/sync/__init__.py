"""Two places compared, and made alike."""
