"""Changes of settings documents in words, as files, and as scripts for somebody else."""
