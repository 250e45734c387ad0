"""Checks of settings values beyond their type; each raises `ValueError` that tells what is expected."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from tui.core.engines import EngineKind, read_engine
from tui.core.json_text import read_json
from tui.core.key_names import known_key
from tui.core.location import Location, parse_location
from tui.core.naming import MAX_PART_SIZE, MIN_PART_SIZE, bytes_of
from tui.core.orders import ConflictPolicy

COLUMNS = ("name", "size", "modified", "class", "owner")

DURATIONS = range(900, 43200 + 1)
"""AWS STS API Reference, AssumeRole, DurationSeconds."""


def size(value: int | str) -> int:
    """Bytes, of a number or of a text such as ``64M``."""
    found = bytes_of(value) if isinstance(value, str) else value
    if found < 0:
        raise ValueError(f"{found} is not a size")
    return found


def price(value: float) -> float:
    if not 0 <= value < 1_000_000:
        raise ValueError(f"{value} is not a price: write USD for a GB and month, such as 0.023")
    return value


def count(value: int) -> int:
    if value < 1:
        raise ValueError(f"{value} is too small: write 1 or more")
    return value


def hours(value: float) -> float:
    if not 0 < value < 1_000_000:
        raise ValueError(f"{value} is not a number of hours: write 6 or 0.5")
    return value


def stay(value: float) -> float:
    if not 0 <= value <= 86_400:
        raise ValueError(f"{value} is not a number of seconds up to a day: write 300, or 0 to end at once")
    return value


def engine_workers(value: int | str) -> int | str:
    if value != "auto" and not (isinstance(value, int) and 0 <= value <= 64):
        raise ValueError(f'{value!r} is not valid: write a number up to 64, or "auto"')
    return value


def optional_role(text: str) -> str:
    return role_arn(text) if text else text


def bucket_or_prefix(text: str) -> str:
    location = parse_location(text) if text else Location()
    if text and (not location.in_s3 or not location.is_prefix):
        raise ValueError(f"{text!r} is not a prefix: write s3://bucket/ or s3://bucket/prefix/")
    return text


def scheduler(text: str) -> str:
    if text and read_engine(text).kind is not EngineKind.DASK:
        raise ValueError(f"{text!r} is not a Dask scheduler: write tls://HOST:PORT or dask://HOST:PORT")
    return text


def conflict(text: str) -> str:
    if text not in (words := [policy.value for policy in ConflictPolicy]):
        raise ValueError(f"{text!r} is not one of: {', '.join(words)}")
    return text


def part_size(value: int | str) -> int:
    found = size(value)
    if not MIN_PART_SIZE <= found <= MAX_PART_SIZE:
        raise ValueError(f"{value} is not a part size: S3 allows 5M to 5G")
    return found


def duration(value: int) -> int:
    if value not in DURATIONS:
        raise ValueError(f"a session lasts {DURATIONS[0]} to {DURATIONS[-1]} seconds, not {value}")
    return value


def _matching(pattern: str, words: str) -> Callable[[str], str]:
    """A check by a regular expression; `words` follow the text in the error."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"{text!r} {words}")
        return text

    return check


account_number = _matching(r"[0-9]{12}", "is not an account number of 12 digits")

one_word = _matching(r"[!-~]*", "is not valid: use ASCII letters, digits and punctuation, no spaces")

region = _matching(r"([A-Za-z0-9][A-Za-z0-9-]{0,62})?(?<!-)", "is not a region: write a name such as eu-west-1")
"""A name that can be part of a host name."""

role_arn = _matching(
    r"arn:[a-z][a-z-]*:iam::[^:\s]*:role/[!-~]+", "is not a role: write arn:aws:iam::123456789012:role/NAME"
)
"""Servers other than AWS have other account IDs in it, or none."""

external_id = _matching(
    r"(?a)([\w+=,.@:/-]{2,1224})?", "is not an external ID: 2 to 1224 letters, digits and _+=,.@:/-"
)
"""AWS STS API Reference, AssumeRole, ExternalId."""

session_name = _matching(r"(?a)([\w+=,.@-]{2,64})?", "is not a session name: 2 to 64 letters, digits and _+=,.@-")
"""AWS STS API Reference, AssumeRole, RoleSessionName."""


def glob(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError(f"{text!r} matches nothing: write a glob such as *prod*")
    if "[" in text and "]" not in text[text.index("[") + 2 :]:
        raise ValueError(f"{text!r} has [ without ]")
    return text


def name(text: str) -> str:
    if not text.strip() or not text.isprintable() or text.startswith("-"):
        raise ValueError(f"{text!r} is not a valid name: use letters, digits, dots and hyphens, no hyphen first")
    return text


def label(text: str) -> str:
    if not text.isprintable():
        raise ValueError(f"{text!r} has characters that cannot be shown")
    return text


def access_key(text: str) -> str:
    """The id of an access key, of AWS's and other servers' form; it may be empty. What is refused is not shown."""
    if not re.fullmatch(r"([\w.-]{3,128})?", text, re.ASCII) or (len(text) == 40 and not text.isupper()):
        raise ValueError("this is not an access key ID and may be a secret: never put secrets here")
    return text


def colour(text: str) -> str:
    if text and not re.fullmatch(_COLOUR, text) and text.strip().lower() not in NAMES | ANSI:
        raise ValueError(f"{text!r} is not a colour: write #5fafff or orange")
    return text


_COLOUR = r"#([0-9a-fA-F]{3,4}){1,2}|(rgb|hsl)a?\([0-9., %]{1,60}\)"


def theme(text: str) -> str:
    if text not in THEMES:
        raise ValueError(f"no theme {text!r}: {', '.join(sorted(THEMES))}")
    return text


def column(text: str) -> str:
    if text not in COLUMNS:
        raise ValueError(f"no column {text!r}: {', '.join(COLUMNS)}")
    return text


def endpoint(text: str) -> str:
    if "@" in text:
        raise ValueError("an endpoint URL must not contain a name or password; use a profile or an access_key")
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        known = False
    if text and (not known or not re.fullmatch(r"[!-~]+", text)):
        raise ValueError(f"{text!r} is not an endpoint: write https://host or http://host:port")
    return text


def policy(text: str) -> str:
    try:
        known = not text or isinstance(read_json(text), dict)
    except ValueError as error:
        raise ValueError(f"it is not JSON: {error}") from error
    if not known:
        raise ValueError('it is not a policy: write {"Version": "2012-10-17", "Statement": […]}')
    return text


def keys(value: str | list[str]) -> list[str]:
    """Keys that terminals send, by their names; one alone may stand without brackets, and none is an empty list."""
    return list(dict.fromkeys(known_key(each) for each in ([value] if isinstance(value, str) else value)))


def ascii_only(value: bool | str) -> bool | str:
    if isinstance(value, str) and value != "auto":
        raise ValueError(f'{value!r} is not valid: write true, false or "auto"')
    return value


_CSS = """
    aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown
    burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan
    darkgoldenrod darkgray darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred
    darksalmon darkseagreen darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink
    deepskyblue dimgray dimgrey dodgerblue firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold
    goldenrod gray green greenyellow grey honeydew hotpink indianred indigo ivory khaki lavender lavenderblush
    lawngreen lemonchiffon lightblue lightcoral lightcyan lightgoldenrodyellow lightgray lightgreen lightgrey
    lightpink lightsalmon lightseagreen lightskyblue lightslategray lightslategrey lightsteelblue lightyellow
    lime limegreen linen magenta maroon mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen
    mediumslateblue mediumspringgreen mediumturquoise mediumvioletred midnightblue mintcream mistyrose moccasin
    navajowhite navy oldlace olive olivedrab orange orangered orchid palegoldenrod palegreen paleturquoise
    palevioletred papayawhip peachpuff peru pink plum powderblue purple rebeccapurple red rosybrown royalblue
    saddlebrown salmon sandybrown seagreen seashell sienna silver skyblue slateblue slategray slategrey snow
    springgreen steelblue tan teal thistle tomato transparent turquoise violet wheat white whitesmoke yellow
    yellowgreen
"""

_TERMINAL = """
    ansi_black ansi_blue ansi_bright_black ansi_bright_blue ansi_bright_cyan ansi_bright_green
    ansi_bright_magenta ansi_bright_red ansi_bright_white ansi_bright_yellow ansi_cyan ansi_green ansi_magenta
    ansi_red ansi_white ansi_yellow
"""

_THEMES = """
    ansi-dark ansi-light atom-one-dark atom-one-light catppuccin-frappe catppuccin-latte catppuccin-macchiato
    catppuccin-mocha dracula flexoki gruvbox monokai nord rose-pine rose-pine-dawn rose-pine-moon solarized-dark
    solarized-light textual-dark textual-light tokyo-night
"""

NAMES = frozenset(_CSS.split())
"""The names of colours in CSS."""

ANSI = frozenset(_TERMINAL.split())
"""The colours of the terminal's own palette."""

THEMES = frozenset(_THEMES.split())
"""The names of Textual's themes."""
