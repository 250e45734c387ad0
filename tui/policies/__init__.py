"""What policies and ACLs allow: evidence, statements, conditions, principals."""
