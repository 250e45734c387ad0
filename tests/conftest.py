"""What every test shares: servers and surroundings (`tests.servers.fixtures`), signals, profiles of Hypothesis."""

import os
import signal

from hypothesis import HealthCheck, settings

from tests import stylesheets

pytest_plugins = ["tests.leaks", "tests.workers", "tests.skips", "tests.servers.fixtures"]

settings.register_profile("long", max_examples=5_000, deadline=None, print_blob=True)
# The machine may be busy: how long examples take says nothing.
settings.register_profile("quick", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("short", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("long" if os.environ.get("XS3_FUZZ") == "long" else "short")

for number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(number) is signal.SIG_IGN:  # as below nohup: programs that tests start would ignore it, too
        signal.signal(number, signal.default_int_handler if number is signal.SIGINT else lambda *_: None)

stylesheets.share()
