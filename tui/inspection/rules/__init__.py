"""The rules of the diagnosis, by subject. Each takes the evidence and gives what follows from it; all are pure."""
