"""What a branch or tag of a git repository stands at."""

import os
import re
import subprocess

GIT = re.compile(r"(whybench\s*(\[[^\]]*\])?\s*@\s*)?git\+(?P<place>.+?)(@(?P<revision>[^@/#]+))?(#.*)?", re.DOTALL)


def references(text: str) -> str:
    """What git says of the revision in `git+URL@REVISION` now; nothing for a commit, or for what is no repository.

    >>> references("whybench==0.1.0")
    ''
    """
    found = GIT.fullmatch(text.strip())
    if found is None:
        return ""
    asked = ["git", "ls-remote", found["place"], found["revision"] or "HEAD"]
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    try:
        return subprocess.run(asked, capture_output=True, text=True, env=quiet, check=False).stdout
    except OSError:  # pip, which needs git too, says so
        return ""
