"""Another version of whybench, installed into a virtual environment of its own."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from whybench import user_cache
from whybench.comparing.programs import Program, last_words
from whybench.comparing.revisions import references
from whybench.digests import json_digest
from whybench.errors import NotWritable, UsageError
from whybench.sources import tree_digest

REQUIREMENT = re.compile(r"(git\+\S+|whybench\s*(\[[^\]]*\])?\s*(@|[=<>~!]=?)\s*\S+.*)", re.DOTALL)
ARCHIVES = (".whl", ".tar.gz", ".zip")
BUILDER = 77
"""The first major version of setuptools that can build whybench."""
OUTSIDE = 23
"""The first major version of pip all of whose releases install into another environment (--python)."""
DONE = "installed"
"""The file that says that an environment is whole."""
WHERE = "import sys, whybench; from importlib.metadata import version; print(whybench.__file__, version('whybench'))"


def is_version(text: str) -> bool:
    """Whether a text names something that pip can install: a requirement, an archive, a source tree.

    >>> is_version("whybench==0.1.0"), is_version("whybench.db")
    (True, False)
    """
    path = Path(text)
    return bool(REQUIREMENT.fullmatch(text)) or (
        (path.is_file() and path.name.endswith(ARCHIVES)) or (path / "pyproject.toml").is_file()
    )


def installed(text: str, own_libraries: bool = False) -> Program:
    """A version in an environment of its own, made where the user's cache holds none yet.

    It sees the libraries of the environment that runs this, and only whybench is installed, so that nothing but
    whybench can move a number; with `own_libraries` all that the version asks for is installed anew. Archives and
    source trees are known by their content, branches by the commit that they are at.

    Raises UsageError with pip's last words where it cannot be installed, NotWritable where the cache cannot be
    written.
    """
    facts = {"what": _named(text), "libraries": own_libraries or _libraries(), "python": sys.version}
    home = user_cache.directory() / "versions" / json_digest(facts)[:16]
    environment = home / "environment"
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    variables = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    if not (home / DONE).is_file():
        try:
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
            _install(text, environment, python, own_libraries, variables)
            place, number = _where(text, python, variables)
            if not Path(place).resolve().is_relative_to(environment.resolve()):
                raise UsageError(f"{text} was installed, but what is imported there is {place}; name whybench itself")
            (home / DONE).write_text(number, encoding="utf-8")
        except OSError as error:
            raise NotWritable(
                f"cannot write to {home}: {error.strerror or error}; name another cache in $WHYBENCH_CACHE"
            ) from error
    number = (home / DONE).read_text(encoding="utf-8")
    shown = text if number in text else f"{text} ({number})"
    return Program(shown, python, home, variables)


def _named(text: str) -> str:
    """What is installed: by content where it is here, by its commit where a branch is named."""
    path = Path(text)
    if path.is_file():
        return sha256(path.read_bytes()).hexdigest()
    return tree_digest(path) if path.is_dir() else text + references(text)


def _install(text: str, environment: Path, python: Path, own: bool, variables: Mapping[str, str]) -> None:
    pip = [sys.executable, "-m", "pip", "--python", str(python)] if _pip_here() else [str(python), "-m", "pip"]
    made = [sys.executable, "-m", "venv", str(environment), *(["--without-pip"] if _pip_here() else [])]
    _call(made, f"no virtual environment for {text} can be made", variables)
    if not own:
        (packages,) = (*environment.glob("lib/python*/site-packages"), *environment.glob("Lib/site-packages"))
        # a path alone: what is installed there in editable mode, such as this whybench, is not seen
        (packages / "zz-libraries.pth").write_text("\n".join(_libraries()) + "\n", encoding="utf-8")
    wanted = str(Path(text).resolve()) if Path(text).exists() else text
    command = [*pip, "install", "--no-input", "--disable-pip-version-check", "--ignore-installed"]
    alone = [] if own else ["--no-deps", *(["--no-build-isolation"] if _here("setuptools", BUILDER) else [])]
    _call([*command, *alone, wanted], f"{text} cannot be installed", variables)


def _pip_here() -> bool:
    """Whether the pip that is here can install elsewhere: to unpack another one takes longer than all the rest."""
    return _here("pip", OUTSIDE)


def _here(tool: str, least: int) -> bool:
    """Whether a tool is here in this major version or a later one."""
    return find_spec(tool) is not None and int(version(tool).partition(".")[0]) >= least


def _libraries() -> list[str]:
    """The folders of installed packages that are imported from here."""
    return [p for p in sys.path if Path(p).name in ("site-packages", "dist-packages") and Path(p).is_dir()]


def _where(text: str, python: Path, variables: Mapping[str, str]) -> tuple[str, str]:
    said = _call([str(python), "-P", "-c", WHERE], f"{text} is installed but cannot be imported", variables)
    place, _, number = said.strip().rpartition(" ")
    return place, number


def _call(command: Sequence[str], saying: str, variables: Mapping[str, str]) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, env=dict(variables), check=False)
    if ended.returncode:
        raise UsageError(f"{saying}: {last_words(ended.stderr or ended.stdout)}")
    return ended.stdout
