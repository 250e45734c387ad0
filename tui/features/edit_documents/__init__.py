"""Settings documents on screen and command line: policies, ACLs, tags, properties."""
