from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workers.media import studio


@pytest.fixture(scope="session")
def studio_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("studio")


@pytest.fixture(scope="session")
def recording(studio_folder: Path) -> Callable[[str], Path]:
    """Path of a tiny recording by its name in `studio.RECIPES`; made when first asked for, never to be changed."""
    return lambda name: studio.make(studio_folder, name)


@pytest.fixture(scope="session")
def real_media() -> Path:
    """Camera originals beside the repository, for development machines that have them."""
    folder = Path(__file__).resolve().parents[4] / "shared" / "media"
    if not folder.is_dir():
        pytest.skip("no folder of real recordings beside the repository")
    return folder
