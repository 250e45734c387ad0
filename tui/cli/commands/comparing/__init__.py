"""Commands about two places."""
