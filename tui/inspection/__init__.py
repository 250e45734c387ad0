"""What is known about an object or a bucket across two accounts, and what follows from it."""
