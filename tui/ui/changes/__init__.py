"""Changes of settings documents on screen: the difference that is confirmed, and the editor."""
