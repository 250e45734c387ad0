"""Contents that somebody else wrote, parsed in a process that has nothing to lose: a reader, one for each content."""
