"""xs3-tui: a two-pane terminal browser for S3 across two AWS accounts."""

__version__ = "0.1.0"
