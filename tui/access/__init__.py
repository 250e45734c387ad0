"""Access for another identity: the documents of the three ways, and whether they work."""
