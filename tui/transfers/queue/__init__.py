"""The queue of transfers, and the life of each.

`queue` keeps the `jobs`; a `job` starts, pauses, resumes, retries and cancels one transfer, `job_status` is its state
between these steps, `job_end` ends it. `prepare` opens its stores; `run` lists the objects and gives them to the `work`
(copy or delete) in batches. `cursor` records how far the listing is complete, `results` and `receipts` what became of
each object, `pending_conflicts` what waits for the user's decision.
"""
