"""Copying: what it would do, the routes it can take, and the queue that carries it out.

Where to read: `planning` writes the route card (`access` asks, `choice` and `ownership` judge, `counting` counts,
`surviving` says what a copy keeps). What is done with an object is decided in `deciding` alone, for the copy and for
`dry_run`; `filters` say which objects are meant. `removing` ends the source of a move, `departing` knows about it if
the engine ends in that moment, `deleting` is the work of a deletion, `making` makes prefixes and buckets.
A transfer goes down from `queue` to `job` (its life: put down and taken up again) to `run` (one go at it) to `work`
to `delivering` (one object, with its conflict and its comparison) to `routes` (the ladder of pull, push and relay) to
`moving` (bytes). What it may be taken up by is in the `journal`: `reach` says how far a listing has got,
`upload_book` knows the uploads, `resuming` which parts stay, `leftovers` clears up. `uploads`, `gates` and
`cancellation` see to it that nothing is left behind or grows without bound; `weather` asks again, and waits, for what
passes; `ledger`, `results`, `conflicts` and `changes` are what watchers see.
"""
