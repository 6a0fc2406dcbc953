"""whybench as a program that can be asked to run: this one, or another version in an environment of its own."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import whybench
from whybench import user_cache
from whybench.comparing.folders import folder_side
from whybench.comparing.side import Side, store_side
from whybench.digests import json_digest
from whybench.errors import StoreError, UsageError
from whybench.sources import tree_digest

RAN = (0, 3)
"""Exit codes of `whybench run` that leave a store: all went well, and some cells failed."""
TOLD = 600
"""Characters of a program's last words that a message shows."""


@dataclass(frozen=True)
class Program:
    """One installed whybench. name: as it is shown; python: its interpreter; home: where its stores are kept."""

    name: str
    python: Path
    home: Path
    variables: Mapping[str, str]

    def store(self, requests: Sequence[str]) -> str:
        """The URL of the store for these requests."""
        return f"sqlite:///{self.home / 'runs' / json_digest(list(requests))[:16] / 'store.db'}"

    def run(self, requests: Sequence[str], *options: str) -> str:
        """Run what was asked for, in the folder where we are; returns the URL of the store.

        What that store holds is not computed again. Raises UsageError, with the program's last words, where it
        cannot run.
        """
        url = self.store(requests)
        folder = Path(url.removeprefix("sqlite:///")).parent
        folder.mkdir(parents=True, exist_ok=True)
        for request in requests:
            words = ["run", *words_of(request), "--store", url, "--report", str(folder / "report"), *options]
            self.call(words, RAN)
        return url

    def side(self, requests: Sequence[str], suite: str | None, *options: str) -> Side:
        """What a run of these requests gives; a store of another schema is exported by the version that wrote it."""
        url = self.run(requests, *options)
        try:
            return store_side(url, suite, self.name)
        except StoreError:
            folder = Path(url.removeprefix("sqlite:///")).parent / "export"
            self.call(["export", "--store", url, "--to", str(folder)], (0,))
            return folder_side(folder, suite)

    def call(self, words: Sequence[str], fine: Sequence[int]) -> str:
        """What the program prints when it is asked this; raises UsageError where it ends in another way."""
        command = [str(self.python), "-P", "-m", "whybench", *words]
        ended = subprocess.run(command, capture_output=True, text=True, env=dict(self.variables), check=False)
        if ended.returncode not in fine:
            raise UsageError(
                f"{self.name}: `whybench {shlex.join(words)}` ended with {ended.returncode}: {last_words(ended.stderr)}"
            )
        return ended.stdout


def this_program() -> Program:
    """The whybench that compares; its stores are kept by the digest of its files, as a checkout changes without a new
    version."""
    home = user_cache.directory() / "versions" / f"installed-{tree_digest(Path(whybench.__path__[0]))[:16]}"
    return Program("installed", Path(sys.executable), home, dict(os.environ))


def words_of(request: str) -> list[str]:
    """A request as a shell reads it; raises UsageError for a quotation without an end."""
    try:
        return shlex.split(request)
    except ValueError as error:
        raise UsageError(f"--run={request!r} cannot be read as words: {error}") from error


def last_words(text: str) -> str:
    """The end of what a program printed, on one line.

    >>> last_words("one\\n\\n two ")
    'one; two'
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = "; ".join(lines)
    return said if len(said) <= TOLD else f"... {said[-TOLD:]}"
