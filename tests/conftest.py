"""What the tests share: the shipped rulebook, ready to run once for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from comity.checking import Checked, Loaded

ROOT = Path(__file__).resolve().parent.parent
SEED = ROOT / "cases" / "seoul-banner-2026.yaml"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite the golden outputs instead of comparing with them",
    )


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The tests neither read nor leave behind a compiled rulebook of the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(scope="session")
def loaded(_own_cache: None) -> Loaded:
    """The shipped rulebook, compiled, as the command line has it."""
    from comity.commands.shared import load

    return load((), "never")


@pytest.fixture(scope="session")
def seed(loaded: Loaded) -> Checked:
    """The Seoul banner case, checked."""
    from comity.checking import check

    checked, problems = check(loaded, SEED.read_bytes(), "cases/seoul-banner-2026.yaml")
    assert checked is not None, problems
    return checked
