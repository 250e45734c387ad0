"""What is searched for and measured: criteria, progress, sizes; no I/O."""
