"""What is run as a process of its own: the launcher, and clients of libraries."""
