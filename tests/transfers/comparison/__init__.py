"""Two places compared and synchronised."""
