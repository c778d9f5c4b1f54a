"""Make what the browser needs from one original: `render`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workers.media.facts import Description
from workers.media.renditions import Rendered


def render(
    path: Path,
    description: Description,
    scratch: Path,
    *,
    progress: Callable[[str, float], None] | None = None,
) -> Rendered:
    """Make all renditions of `path` into the folder `scratch` (must exist; the caller removes it).

    `progress` is called with the rendition's kind and the fraction done (0…1), about once a second; an exception
    from it stops the work and passes on. Never raises for a damaged original: see `Rendered.failures`.
    Raises OSError when the scratch folder cannot be written.
    """
    raise NotImplementedError
