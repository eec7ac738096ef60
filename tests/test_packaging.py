"""What a user installs: sdist and wheel carry the rules and the cases, and work on their own.

An editable install finds rules/ and cases/ even when the wheel forgets them, so only a wheel
installed away from the checkout proves anything.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import comity

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
BUILT_FROM = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "engine", "rules", "cases")
# Where each folder of the checkout stands in the installed package.
SHIPPED = {"engine/comity": "comity", "rules": "comity/rulebook", "cases": "comity/casebook"}
SEOUL = "seoul-banner-2026.yaml"

COUNT_YAML = """
import json
from importlib.resources import files

def names(folder):
    for item in folder.iterdir():
        yield from names(item) if item.is_dir() else [item.name]

print(json.dumps({
    package: sum(name.endswith(".yaml") for name in names(files(package)))
    for package in ("comity.rulebook", "comity.casebook")
}))
"""


@dataclass(frozen=True)
class Installed:
    """A wheel, the copy of the tree that it was built from, and an environment that has it."""

    tree: Path
    sdist: Path
    wheel: Path
    env: Path
    elsewhere: Path  # an empty folder to stand in, so that nothing is found by accident

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return run([str(self.env / "bin" / command[0]), *command[1:]], self.elsewhere)

    def shipped(self, suffixes: Sequence[str]) -> set[str]:
        """The files that the wheel should hold, by their name in it."""
        return {
            f"{package}/{path.relative_to(self.tree / folder).as_posix()}"
            for folder, package in SHIPPED.items()
            for path in (self.tree / folder).rglob("*")
            if path.suffix in suffixes
        }


def run(command: Sequence[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run with nothing of this process's own search path, and fail with what was printed."""
    ours = ("PYTHON", "COV", "COMITY", "VIRTUAL_ENV")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**env, "PYTHONUTF8": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{command} gave {done.returncode}\n{done.stdout}{done.stderr}"
    return done


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """tree -> sdist -> wheel -> a fresh environment; no network, and no second compilation."""
    top = tmp_path_factory.mktemp("packaging")
    tree, dist, env, elsewhere = (top / name for name in ("tree", "dist", "env", "elsewhere"))
    elsewhere.mkdir()
    copy_tree(tree)

    build = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"
    run([sys.executable, "-c", build, str(dist)], tree)
    sdist = only(dist, "*.tar.gz")
    offline = ["--no-deps", "--no-index"]
    pip = ["-m", "pip", "--quiet"]
    wheel_of = [*pip, "wheel", *offline, "--no-build-isolation", "--wheel-dir", str(dist)]
    run([sys.executable, *wheel_of, str(sdist)], elsewhere)
    wheel = only(dist, "*.whl")

    venv.create(env, with_pip=True, symlinks=True)
    run([str(env / "bin" / "python"), *pip, "install", *offline, str(wheel)], elsewhere)
    borrow_dependencies(env)
    return Installed(tree, sdist, wheel, env, elsewhere)


def copy_tree(to: Path) -> None:
    to.mkdir()
    leave_out = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in BUILT_FROM:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=leave_out)
        else:
            shutil.copy2(source, to / name)


def borrow_dependencies(env: Path) -> None:
    """Let an environment import the dependencies of the running one.

    durable_rules takes long to compile. A .pth file inside a folder that a .pth file names is not
    read, so a checkout that is installed here as editable stays out of sight.
    """
    packages = only(env / "lib", "python*/site-packages")
    ours = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (packages / "borrowed.pth").write_text("\n".join(ours) + "\n", encoding="utf-8")


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


@pytest.mark.parametrize("name", ["rulebook", "casebook"])
def test_no_module_hides_a_data_package(name: str) -> None:
    """With both, an editable install finds the module and a wheel finds the data."""
    clashes = [*(ROOT / "engine/comity").glob(f"{name}.py"), *(ROOT / "engine/comity").glob(name)]
    assert clashes == []


def test_wheel_holds_every_module_and_every_yaml_file(installed: Installed) -> None:
    expected = installed.shipped([".py", ".yaml", ".typed", ".css", ".js"])
    assert "comity/py.typed" in expected
    assert f"comity/casebook/{SEOUL}" in expected
    with zipfile.ZipFile(installed.wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == expected


def test_sdist_holds_the_yaml_where_the_checkout_has_it(installed: Installed) -> None:
    with tarfile.open(installed.sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    expected = {
        path.relative_to(installed.tree).as_posix()
        for folder in ("rules", "cases")
        for path in (installed.tree / folder).rglob("*.yaml")
    }
    assert expected <= held
    assert {"LICENSE", "README.md", "setup.cfg", "pyproject.toml"} <= held


def test_installed_package_is_the_wheel_and_not_the_checkout(installed: Installed) -> None:
    done = installed.run("python", "-c", "import comity; print(comity.__file__)")
    assert Path(done.stdout.strip()).is_relative_to(installed.env)


def test_resources_find_the_rulebook_and_the_casebook(installed: Installed) -> None:
    found = json.loads(installed.run("python", "-c", COUNT_YAML).stdout)
    assert found == {
        f"comity.{package}": len(list((installed.tree / folder).rglob("*.yaml")))
        for package, folder in (("rulebook", "rules"), ("casebook", "cases"))
    }
    assert all(found.values())


def test_version_is_stated_once(installed: Installed) -> None:
    ask = "from importlib.metadata import version; print(version('comity'))"
    assert installed.run("python", "-c", ask).stdout.strip() == comity.__version__


def test_installed_command_checks_the_shipped_case(installed: Installed) -> None:
    where = "from importlib.resources import files; print(files('comity.casebook'))"
    casebook = Path(installed.run("python", "-c", where).stdout.strip())
    assert casebook.is_relative_to(installed.env)
    done = installed.run("comity", "check", str(casebook / SEOUL))
    assert "22(1)" in done.stdout  # the chancery is inviolable, whatever else the report says
    assert done.stderr == ""
