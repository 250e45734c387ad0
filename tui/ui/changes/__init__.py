"""Changes of settings documents on screen."""
