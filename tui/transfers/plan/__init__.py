"""What an order would do, found out before anything is written.

`route_card` grows a card from counts and `probes`; `card_state` keeps what is known so far, `route_choice` picks the
route, `preserved` says what a copy keeps. `dry_run` says what would happen to each object. `create` makes prefixes and
buckets.
"""
