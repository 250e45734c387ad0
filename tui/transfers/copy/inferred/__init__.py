"""What is not asked for each object, because others of the same transfer have shown it: owners of copies."""
