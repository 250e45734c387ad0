"""Settings documents of AWS: read, compared, written after a confirmed diff, and taken back."""
