"""A queue that takes turns between its sources, so that one full recorder does not hold up the others."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from typing import Generic, TypeVar

Item = TypeVar("Item")


class FairQueue(Generic[Item]):
    """First in, first out within a source; sources take turns."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._sources: OrderedDict[str, deque[Item]] = OrderedDict()
        self._closed = False

    def put(self, source: str, items: list[Item]) -> None:
        """Append items of one source."""
        with self._changed:
            self._sources.setdefault(source, deque()).extend(items)
            self._changed.notify(len(items))

    def get(self) -> Item | None:
        """Answer the next item; waits for one, None when the queue was closed."""
        with self._changed:
            while not self._closed:
                while self._sources:
                    source, items = self._sources.popitem(last=False)
                    if items:
                        item = items.popleft()
                        if items:
                            self._sources[source] = items
                        return item
                self._changed.wait()
            return None

    def close(self) -> None:
        """Wake everybody; nothing is answered any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
