"""The basis of all answers: handlers, rooms, the log."""
