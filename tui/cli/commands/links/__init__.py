"""Commands about links, archived objects and whole buckets."""
