"""The demo's world: two accounts, their buckets, policies and objects, identical in every run."""

from tui.demo.cloud.cloud import Cloud
from tui.demo.cloud.models import DemoStore
from tui.demo.world_analytics import make_analytics
from tui.demo.world_media import make_media
from tui.demo.world_people import make_identities


def make_world() -> Cloud:
    """Takes about a second."""
    store = DemoStore()
    make_media(store)
    make_analytics(store)
    return Cloud(store, make_identities())
