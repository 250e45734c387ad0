"""The engine's process. Only this folder knows all features."""
