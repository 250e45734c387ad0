"""How values become text on screen: names made safe, cut to the width, sizes, times and rates in few cells. Pure."""

from __future__ import annotations

import re
import time
import unicodedata
from datetime import UTC, datetime, tzinfo
from enum import Enum, auto

from rich.cells import cell_len, split_graphemes

from tui.core.naming import counted as counted  # it is used beside what is here

ELLIPSIS = "…"

MINUTE, HOUR, DAY = 60, 3600, 86400

SIZE_UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB")

STORAGE_CLASSES = {
    "STANDARD": "STD",
    "STANDARD_IA": "IA",
    "ONEZONE_IA": "1Z-IA",
    "INTELLIGENT_TIERING": "INT",
    "GLACIER": "GLAC",
    "GLACIER_IR": "GL-IR",
    "DEEP_ARCHIVE": "DEEP",
    "REDUCED_REDUNDANCY": "RRS",
    "EXPRESS_ONEZONE": "XP-1Z",
    "OUTPOSTS": "OUTP",
    "SNOW": "SNOW",
    "DELETED": "del",
    "FSX_OPENZFS": "FSX",
}


_JOINERS, _PRESENTATION, _KEYCAP = "\u200c\u200d", "\ufe0e\ufe0f", "\u20e3"

_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What Unicode tells a terminal not to show (DerivedCoreProperties.txt, Default_Ignorable_Code_Point), and the braille
pattern without a dot. Python counts some of these as printable."""

_JOINING_SCRIPTS = re.compile("[\u0600-\u10ff\u1200-\u1cff]")
"""Arabic, Indic and related scripts, in which a joiner changes how a word looks."""


def visible(text: str) -> str:
    """`text` with everything a terminal would act on, or not show at all, made visible.

    Control characters become their picture (``␛``, ``␊``, ``␡``); line separators, bidirectional overrides, fillers,
    variation selectors and other invisible characters become ``<U+202E>``; a byte that is no UTF-8 (surrogate escape)
    becomes ``<FF>``. Joiners inside a word or an emoji sequence stay, and so does an emoji's own variation selector.
    """
    if text.isascii() and text.isprintable():
        return text
    if text.isprintable() and not _UNSEEN.search(text):
        return text
    return "".join(
        character
        if character.isprintable() and not _UNSEEN.match(character)
        else _shown(character, text[index - 1 : index] if index else "", text[index + 1 : index + 2])
        for index, character in enumerate(text)
    )


def _shown(character: str, before: str, after: str) -> str:
    code, category = ord(character), unicodedata.category(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if 0xDC80 <= code <= 0xDCFF:
        return f"<{code - 0xDC00:02X}>"
    if _has_effect(character, before, after):
        return character
    if category in ("Cc", "Cf", "Cs", "Zl", "Zp") or _UNSEEN.match(character):
        return f"<U+{code:04X}>"
    return character


def _has_effect(character: str, before: str, after: str) -> bool:
    """Whether an invisible character changes its neighbours, as scripts and emoji need."""
    if character in _JOINERS:
        return _joins(before) and _joins(after)
    return character in _PRESENTATION and (_is_symbol(before) or after == _KEYCAP)


def _joins(neighbour: str) -> bool:
    return neighbour in ("\ufe0f", "\U0001f3fb", "\U0001f3fc", "\U0001f3fd", "\U0001f3fe", "\U0001f3ff") or (
        not _UNSEEN.match(neighbour) and (_is_symbol(neighbour) or bool(_JOINING_SCRIPTS.match(neighbour)))
    )


def _is_symbol(neighbour: str) -> bool:
    """Whether a character can be an emoji: a symbol, or one of the few marks and letters with an emoji form."""
    if not neighbour or neighbour.isascii() or _UNSEEN.match(neighbour):
        return False
    return unicodedata.category(neighbour) in ("So", "Sm") or neighbour in "‼⁉〰ℹ"


def cells(text: str) -> int:
    return cell_len(text)


def cut_middle(text: str, width: int) -> str:
    """`text` in at most `width` cells, its start and its end kept and an ellipsis between them."""
    if cell_len(text) <= width:
        return text
    if width < 1:
        return ""
    tail = _fitting(text, (width - 1) // 2, from_end=True)
    return _fitting(text, width - 1 - cell_len(tail)) + ELLIPSIS + tail


_ENDING = re.compile(r"(?:\.[A-Za-z][A-Za-z0-9]{0,7}){1,2}$")
"""A file name's extension: ``.mp4``, ``.jsonl.gz``."""


def cut_name(text: str, width: int) -> str:
    """A file name in at most `width` cells: the extension is cut rather than what tells files apart."""
    found = _ENDING.search(text) if cell_len(text) > width else None
    if not found or not found.start():
        return cut_middle(text, width)
    stem, ending = text[: found.start()], found[0]
    kind = ELLIPSIS + ending.rpartition(".")[2]
    if (room := width - cell_len(stem)) >= _LEAST_ENDING:
        return stem + (kind if cell_len(kind) <= room else cut_start(ending, room))
    shown = next((one for one in (ending, kind) if cell_len(one) <= width // 2), "")
    return cut_middle(stem, width - cell_len(shown)) + shown if shown else cut_middle(text, width)


_LEAST_ENDING = 3
"""Cells of an extension that still say something: ``…gz``."""


def cut_end(text: str, width: int) -> str:
    """`text` in at most `width` cells, its start kept."""
    if cell_len(text) <= width:
        return text
    return _fitting(text, width - 1) + ELLIPSIS if width > 0 else ""


def cut_start(text: str, width: int) -> str:
    """`text` in at most `width` cells, its end kept: the last segments of a path matter."""
    if cell_len(text) <= width:
        return text
    return ELLIPSIS + _fitting(text, width - 1, from_end=True) if width > 0 else ""


def shifted(text: str, left_out: int) -> str:
    """`text` without its first `left_out` cells, an ellipsis in their place; empty if nothing is left."""
    room = cell_len(text) - left_out
    return ELLIPSIS + _fitting(text, room - 1, from_end=True) if room > 1 else ""


def _fitting(text: str, width: int, *, from_end: bool = False) -> str:
    """The longest start (or end) of `text` that takes at most `width` cells, never half a grapheme."""
    spans, _ = split_graphemes(text)
    used, taken = 0, 0
    for _, _, cells in reversed(spans) if from_end else spans:
        if used + cells > width:
            break
        used, taken = used + cells, taken + 1
    if not taken:
        return ""
    kept = text[spans[-taken][0] :] if from_end else text[: spans[taken - 1][1]]
    return kept if cell_len(kept) <= width else ""


def below_home(path: str, home: str) -> str:
    """A path as its user writes it: ``~/.aws/config``."""
    return "~" + path.removeprefix(home) if path.startswith(home + "/") else path


def size(count: int) -> str:
    """Bytes in binary units with three digits, at most eight cells: ``12 B``, ``840 KiB``, ``1.42 GiB``."""
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for unit in SIZE_UNITS:
        value /= 1024
        if value < 999.5:
            digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
            return f"{value:.{digits}f} {unit}"
    return f"{value:.0f} {SIZE_UNITS[-1]}"


def size_exact(count: int) -> str:
    """Bytes in both forms: ``1.42 GiB (1,524,713,390 bytes)``; small ones once."""
    return size(count) if count < 1000 else f"{size(count)} ({counted(count, 'byte')})"


def number(count: int) -> str:
    """A count with thousands separators: ``11,830``."""
    return f"{count:,}"


def rate(bytes_per_second: float) -> str:
    """A speed: ``402 MiB/s``."""
    return f"{size(max(0, round(bytes_per_second)))}/s"


def duration(seconds: float) -> str:
    """A span of time in its two largest units: ``45 s``, ``2 min``, ``1 h 12 min``, ``3 d 4 h``."""
    whole = max(0, round(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    if whole < DAY:
        hours, minutes = divmod(whole // MINUTE, 60)
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(whole // HOUR, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def eta(seconds: float | None) -> str:
    """The time left; empty if it is not known."""
    return "" if seconds is None else duration(seconds)


def percent(done: int, total: int) -> str:
    """A percentage in five cells, never 100 before all is done: `` 71 %``."""
    share = 100 if done >= total else min(99, done * 100 // total)
    return f"{share:3d} %"


def time_full(seconds: float, now: float | None = None, zone: tzinfo | None = None) -> str:
    """A time in at most 16 cells: ``12 min`` when it is less than an hour ago, else ``2026-11-24 23:10``.

    `seconds` and `now` (default: the present) are since the epoch; `zone` None is the machine's.
    """
    return _young(seconds, now) or _date(seconds, zone, "%Y-%m-%d %H:%M")


def time_ago(seconds: float, now: float | None = None) -> str:
    """A time in a sentence: ``12 min ago`` when it is less than an hour ago, else ``2026-11-24 23:10``."""
    young = _young(seconds, now)
    return f"{young} ago" if young else time_full(seconds, now)


def time_day(seconds: float, now: float | None = None, zone: tzinfo | None = None) -> str:
    """A time in at most 10 cells: ``12 min``, else ``2026-11-24``."""
    return _young(seconds, now) or _date(seconds, zone, "%Y-%m-%d")


def time_short(seconds: float, now: float | None = None, zone: tzinfo | None = None) -> str:
    """A time in at most 6 cells: ``12 min``, ``11-20`` within the last half year, else the year: ``2024``."""
    present = time.time() if now is None else now
    recent = -DAY < present - seconds < 183 * DAY
    return _young(seconds, now) or _date(seconds, zone, "%m-%d" if recent else "%Y")


def time_exact(seconds: float, zone: tzinfo | None = None) -> str:
    """A time in at most 16 cells, however young: ``2026-11-24 23:10``; ``?`` for 0, which is unknown, and nonsense."""
    return _date(seconds, zone, "%Y-%m-%d %H:%M") if seconds else "?"


def time_second(seconds: float, zone: tzinfo | None = None) -> str:
    """A time in 19 cells: ``2026-11-24 23:10:05``; ``?`` for nonsense."""
    return _date(seconds, zone, "%Y-%m-%d %H:%M:%S")


def time_iso(seconds: float) -> str | None:
    """A time in UTC for JSON (RFC 3339): ``2026-11-24T23:10:05Z``; None for 0, which is unknown, and nonsense."""
    if not seconds:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None


def _young(seconds: float, now: float | None) -> str:
    age = (time.time() if now is None else now) - seconds
    if not 0 <= age < HOUR:
        return ""
    return f"{int(age)} s" if age < MINUTE else f"{int(age // MINUTE)} min"


def _date(seconds: float, zone: tzinfo | None, form: str) -> str:
    try:
        return datetime.fromtimestamp(seconds, zone).strftime(form)
    except (ValueError, OverflowError, OSError):
        return "?"


def storage_class(name: str) -> str:
    """The short name of a storage class, at most five cells; an unknown one is cut."""
    return STORAGE_CLASSES.get(name) or cut_end(visible(name), 5)


class Tone(Enum):
    """The meaning of a stretch of text."""

    PLAIN = auto()
    MUTED = auto()
    STRONG = auto()
    GOOD = auto()
    WARNING = auto()
    BAD = auto()
    ACCENT = auto()
    KEY = auto()


StyledSpan = tuple[str, Tone]
StyledLine = list[StyledSpan]

LONGEST = 8_000
"""Longest text from outside that is shown, in characters: laying out more would block the screen."""


def bounded(text: str) -> str:
    """Text from outside with visible control characters; of a long one the start, and how much more there is."""
    more = len(text) - LONGEST
    return visible(text[:LONGEST]) + (f"… and {counted(more, 'more character')}" if more > 0 else "")


def outside(text: str, tone: Tone = Tone.PLAIN) -> StyledSpan:
    return bounded(text), tone


def plain(line: StyledLine) -> str:
    return "".join(text for text, _ in line)
