"""What runs in the workers of a cluster: `station` for the process, a `session` for each transfer of it."""
