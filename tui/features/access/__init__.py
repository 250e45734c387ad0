"""Access for another identity: planned, applied, tested, taken back; the role of jobs."""
