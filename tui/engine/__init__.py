"""The engine's process: it alone knows what all features answer."""
