"""What controllers do about links, archived objects and whole buckets."""
