"""Retries: slow servers, dropped connections, expired credentials, an unreachable network.

A transfer asks its stores through `Retries.retrying`, which gives a `RetryingStore` (`store`). `classify` says what a
failure means. Transient errors are retried (`calls`, with the waits of `backoff`) as long as the object's `Budget`
lasts. An endpoint that throttles gets fewer requests at once (`limits.endpoint_concurrency`). What no retry can mend,
credentials or the network, raises `Interrupted`, which ends the attempts of a transfer's objects; `connection_health`
knows which identities cannot be used, and finds out, once for all transfers, when they can again.
"""

from tui.transfers.retry.backoff import Allowance, Backoff, Budget, budget
from tui.transfers.retry.classify import Interrupted
from tui.transfers.retry.retries import Retries

__all__ = ["Allowance", "Backoff", "Budget", "Interrupted", "Retries", "budget"]
