"""Strings that somebody means harm with, or that a careless keyboard brings, by what they would break.

Each carries the word `zx9`, so that whatever came of it can be found again.
"""

from __future__ import annotations

MARK = "zx9"

SCRIPTS = {
    "element": "<zx9 onzx9=1>",
    "script": "<script>window.zx9=1</script>",
    "picture": "<img src=x onerror=window.zx9=1>",
    "out of an attribute": '"><zx9 onzx9=1>',
    "out of a quoted attribute": "' onzx9=1 autofocus onfocus=window.zx9=1 x='",
    "out of a script": "</script><zx9 onzx9=1>",
    "out of a title": "</title></textarea></option><svg/onload=window.zx9=1>",
    "out of a comment": "--><zx9 onzx9=1><!--",
    "address": "javascript:window.zx9=1",
    "entities": "&lt;zx9 onzx9=1&gt;&#60;zx9&#62;",
    "htmx": '<zx9 hx-get="/signout" hx-trigger="load">',
}
ELSEWHERE = {
    "sql": "zx9'; DROP TABLE clips; --",
    "sql in numbers": "zx9' OR 1=1 UNION SELECT password FROM accounts--",
    "like": "%_zx9\\%",
    "header": "zx9\r\nSet-Cookie: zx9=1\r\n\r\n<zx9>",
    "path": "../../../../zx9/etc/passwd",
    "path of windows": "..\\..\\zx9\\con.mp4",
    "template": "{{7*7}}zx9${7*7}<%= 7*7 %>#{7*7}%(zx9)s{zx9}{0}",
    "format": "%s%n%(zx9)d{0.__class__}",
    "json": '{"zx9": [1e999, null], "__proto__": {}}',
    "ids": "00000000-0000-0000-0000-000000000zx9",
}
FORMULAS = {
    "equals": "=zx9()|'/c calc'!A0",
    "plus": "+zx9+1",
    "minus": "-zx9-1",
    "at": "@SUM(zx9)",
    "tab": "\t=zx9()",
    "return": "\r=zx9()",
    "full width": "＝zx9()",
}
LETTERS = {
    "right to left": "zx9\u202eGPJ.exe",
    "isolates": "\u2066zx9\u2067\u2069",
    "zero width": "z\u200bx\u200d9\ufeffzx9",
    "accents": "zx9" + "a" + "\u0301\u0334\u0489" * 100,
    "emoji": "👩‍👩‍👧‍👦zx9🏴\U000e0067\U000e0062\U000e007f",
    "full-width digits": "１２３ｚｘ９zx9",
    "other digits": "١٢٣zx9",
    "beyond the first plane": "𠮷𡈽zx9𝕏",
    "control": "zx9\x01\x07\x1b[31m\x7f\x85",
    "nul": "zx9\x00after",
    "surrogate": "zx9\ud800after",
    "lines": "zx9\u2028\u2029\x0b\x0cend",
    "nothing": " \u3000\u00a0\u2003 ",
    "long": "zx9" + "长" * 3000,
    "not a character": "zx9\ufffe\uffff",
}
ALL: dict[str, str] = {**SCRIPTS, **ELSEWHERE, **FORMULAS, **LETTERS}

NUMBERS = {
    "not a number": "nan",
    "infinity": "inf",
    "huge": "9" * 400,
    "negative": "-1",
    "exponent": "1e999",
    "full width": "１２",
    "hexadecimal": "0x10",
    "script": "<zx9 onzx9=1>",
    "nul": "1\x00",
}
"""For fields of numbers and dates, whose browser would send no such thing."""

LASTING = (
    '"><zx9 onzx9=1>{n}',
    "=zx9()\u202e'{n}",
    "</textarea></title><script>window.zx9=1</script>{n}",
    "zx9' onzx9=1 x={n}",
    "{{{{7*7}}}}zx9${{7*7}}{n}",
)
"""Short enough for any field, to be kept and shown; `{n}` makes each its own."""

ON_SCREEN = (
    *SCRIPTS.values(),
    LETTERS["right to left"],
    LETTERS["isolates"],
    LETTERS["accents"],
    LETTERS["emoji"],
    "<script>alert('zx9')</script>",
    '<img src="http://zx9.example/a.png">',
    '<form action="http://zx9.example/"><button>zx9',
    "zx9" + "W" * 400,
    "zx9/" + "无空格的很长的名称" * 40,
)
"""Those that would do something in a browser: run, ask elsewhere, turn a line round, or push a page out of its width."""
