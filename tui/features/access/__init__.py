"""Access grants for another identity: plan, apply, test, undo. Roles for S3 Batch Operations."""
