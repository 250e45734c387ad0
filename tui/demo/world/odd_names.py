"""Keys that are legal and that many tools lose, show wrongly, or obey."""

from typing import Final

from tui.demo.cloud.store import Bucket
from tui.demo.world.build import before, put, text

ODD_KEYS: Final = (
    "/leading-slash.txt",
    "[markup]/[bold red]not red[/].txt",
    "odd names//double//slash.txt",
    "odd names/./dot.txt",
    "odd names/../dot-dot.txt",
    "odd names/[markup]/[/]closed.txt",
    "odd names/back\\slash.txt",
    "odd names/bell\x07.txt",
    "odd names/colon:semi;comma,.txt",
    "odd names/emoji-🎬-🏳️‍🌈.txt",
    "odd names/escape-\x1b[31mred\x1b[0m.txt",
    "odd names/name-名前-имя-اسم.txt",
    "odd names/new\nline.txt",
    "odd names/percent%2Fslash.txt",
    "odd names/plus+sign.txt",
    "odd names/question?mark#hash.txt",
    "odd names/quote\"'&<>.txt",
    "odd names/right-to-left-\u202egpj.txt",
    "odd names/tab\tstop.txt",
    "odd names/tilde~star*.txt",
    "odd names/trailing space ",
    "odd names/" + "very-long-" * 90 + "name.txt",
    "odd names/zero-width-\u200b.txt",
)


def put_odd_names(bucket: Bucket) -> None:
    """One small text object for each; its bytes are its key."""
    for number, key in enumerate(ODD_KEYS):
        put(bucket, key, text(key), before(days=40, hours=number), content_type="text/plain; charset=utf-8")
