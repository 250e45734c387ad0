"""What answers are made with: handlers, rooms, the log."""
