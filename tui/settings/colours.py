"""The colours and themes that the screen knows by name, as a test compares: the settings reach no Textual."""

from __future__ import annotations

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
