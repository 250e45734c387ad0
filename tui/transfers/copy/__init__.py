"""Copying one object, from its listing to its result.

`object_copy` does it from end to end. `decision` says what to do with the object, `conflict_policy` what if one
exists at the target. `routes` tries the routes, best first; `attempt` copies the bytes by one of them, in parts through
`multipart`, whose sizes come from `part_sizes`. `upload_records`, `resume` and `abandoned` keep, continue and abort
uploads after an interruption; `incomplete` lists those of a bucket. `checksums`, `read_back` and `verify` compare the
copy with its source. `move_source` deletes the source of a move, and `move_recovery` finds out after a crash whether
that was done.
"""
