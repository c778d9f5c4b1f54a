"""Words people look for, and the terms an index knows them by. Pure.

A word is found as a substring, whatever its case and width; Chinese is written without spaces, so nothing is cut into
words by a dictionary. The index holds every character and every pair of neighbours, and every three neighbours of plain
letters and digits: pairs of digits alone would fit almost every file name. Terms only ever narrow down; whether a
word is really there is asked of the text itself.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

WORDS = 8
"""Words of one question; what comes after is not looked at."""
WORD_LENGTH = 100
TERMS = 12
"""Terms of one word that the index is asked for."""
_STRANGE = "\ufffd"


@lru_cache(maxsize=1 << 12)  # names and titles come again and again
def folded(text: str) -> str:
    """Answer `text` as it is compared: NFKC, no case, one space for any blank, no invisible marks.

    What no database stores (NUL, lone surrogates) becomes U+FFFD.
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", _storable(text)).casefold())
    return " ".join(_storable(text).split())


def _storable(text: str) -> str:
    if text.isprintable():  # no control, format or surrogate among it
        return text
    kept = []
    for c in text:
        category = unicodedata.category(c)
        if category == "Cf":
            continue
        kept.append(c if c.isspace() or category not in {"Cc", "Cs"} else _STRANGE)
    return "".join(kept)


def words_of(question: str) -> list[str]:
    """Answer the folded words of a question, each once, at most `WORDS`."""
    words = folded(question[: WORDS * WORD_LENGTH]).split(" ")
    return list(dict.fromkeys(w[:WORD_LENGTH] for w in words if w))[:WORDS]


def all_terms(texts: Iterable[str], sign: str) -> set[str]:
    """Answer the terms of folded texts; `sign` keeps those of one field apart from those of another."""
    found: set[str] = set()
    for text in texts:
        for at, c in enumerate(text):
            if c == " ":
                continue
            found.add(c)
            pair = text[at : at + 2]
            if len(pair) == 2 and pair[1] != " ":
                found.add(pair)
            if _plain_three(three := text[at : at + 3]):
                found.add(three)
    return {_written(one, sign) for one in found}


def needed_terms(word: str, sign: str) -> list[str]:
    """Answer terms that every text has which holds `word` (folded, without blanks): the longest, spread over it."""
    if len(word) == 1:
        return [_written(word, sign)]
    found: list[str] = []
    for at in range(len(word) - 1):
        if _plain_three(three := word[at : at + 3]):
            found.append(three)
        elif not (at and _plain_three(word[at - 1 : at + 2])):
            found.append(word[at : at + 2])
    found = list(dict.fromkeys(found))
    return [_written(one, sign) for one in _spread(found, TERMS)]


def _spread(things: Sequence[str], most: int) -> Sequence[str]:
    if len(things) <= most:
        return things
    return [things[n * (len(things) - 1) // (most - 1)] for n in range(most)]


def _plain_three(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isalnum()


@lru_cache(maxsize=1 << 16)
def _written(characters: str, sign: str) -> str:
    """Letters and digits only, so that no tokenizer and no query language sees anything else in it."""
    return sign + "z".join([f"{ord(c):x}" for c in characters])
