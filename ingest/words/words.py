"""What the station says to people, in Chinese and English: one table, keyed by a short word."""

from __future__ import annotations

import os
from typing import Literal

from ingest.words.board import BOARD
from ingest.words.command import COMMAND
from ingest.words.files import FILES
from ingest.words.office import OFFICE
from ingest.words.recorders import RECORDERS

Language = Literal["zh", "en"]

_WORDS: dict[str, tuple[str, str]] = {**FILES, **RECORDERS, **OFFICE, **COMMAND, **BOARD}


def language(wish: Language | None = None) -> Language:
    """Answer the language to speak: the wish, else LC_ALL, LC_MESSAGES, LANG; Chinese for zh, else English."""
    if wish:
        return wish
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


class Words:
    """The table in one language."""

    def __init__(self, wish: Language | None = None) -> None:
        self.language: Language = language(wish)
        self._index = 0 if self.language == "zh" else 1

    def say(self, word: str, **facts: object) -> str:
        """Answer the sentence for a key; an unknown key is answered as it is."""
        if word not in _WORDS:
            return word
        return _WORDS[word][self._index].format(**facts)
