"""Settings documents on screen and on the command line: policies, ACLs, tags, properties."""
