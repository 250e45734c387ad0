"""The viewer: what is in an object, a screen of it at a time."""
