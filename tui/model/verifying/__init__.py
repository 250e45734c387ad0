"""What a verification compares, and what it finds."""
