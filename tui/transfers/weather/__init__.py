"""What transfers do about failures that pass: slow servers, cut lines, expired credentials, a network that is away.

A transfer asks its stores through `Weather.sheltered`. There `verdicts` tells what a failure means: what passes is
asked again (`backoff`) as long as the object's `Budget` lasts, an endpoint that is overburdened is asked by fewer at
once (`lanes`), and what nothing here can mend, credentials or the network, is an `Interrupted` that unwinds the
objects of a transfer. `standing` knows which identities are out, and finds out, once for all transfers, when they work
again.
"""

from tui.transfers.weather.backoff import Backoff
from tui.transfers.weather.budgets import Allowance, Budget, budget
from tui.transfers.weather.interrupted import Interrupted
from tui.transfers.weather.weather import Weather

__all__ = ["Allowance", "Backoff", "Budget", "Interrupted", "Weather", "budget"]
