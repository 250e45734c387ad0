"""Two places compared."""
