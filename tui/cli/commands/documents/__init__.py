"""The commands that read and change settings documents: policy, tags, ACL."""
