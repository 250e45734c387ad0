"""What decides about one request of one principal, and what has to change."""
