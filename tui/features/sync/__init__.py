"""Compare and sync two locations."""
