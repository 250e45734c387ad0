"""S3 as one identity sees it."""

from tui.stores.s3.store import S3Store

__all__ = ["S3Store"]
