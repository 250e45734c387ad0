"""Transfers: copies, moves and deletions, from the route card to the receipt.

plan/      before anything is written: the route card, the dry run, new prefixes and buckets
queue/     the queue and the life of its transfers: run, pause, resume, retry, cancel, receipts
copy/      one object: the decision on a conflict, the routes, multipart uploads, verification, the source of a move
delete/    deleting a selection
order/     what an order asks for: selection, filters, target keys, attributes, ownership, the two sides
limits/    how much runs at once: objects, parts, requests to one endpoint, memory, bandwidth
retry/     which errors are retried, how often, and when an unusable identity works again
journal/   what outlives the engine, in SQLite: transfers, results, uploads, pending deletes

`progress` counts what a transfer has done, `rate_meter` measures its speed, `snapshots` sends both to watchers, `tasks`
runs coroutines side by side.

A copy passes through queue/queue → queue/job → queue/job_run → queue/object_work → copy/object_copy →
copy/decision → copy/routes → copy/attempt.
What happens to an object is decided in copy/decision alone, for the copy and for the dry run.
"""
