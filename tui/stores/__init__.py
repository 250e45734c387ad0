"""What a pane can show and a copy can read or write."""
