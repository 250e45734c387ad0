"""The access assistant: lets another identity into a bucket, shows what that changes, applies it, tests it."""
