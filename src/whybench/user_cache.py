"""The user's cache directory: what costs time to find out and is the same the next time."""

import json
import logging
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from whybench.digests import canonical_json, json_digest

logger = logging.getLogger(__name__)


def directory() -> Path:
    """$WHYBENCH_CACHE, or whybench below $XDG_CACHE_HOME, or ~/.cache/whybench."""
    if own := os.environ.get("WHYBENCH_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "whybench"


def write(path: Path, content: bytes) -> None:
    """Store a file so that a reader sees all of it or none; a directory that cannot be written is left alone."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, partial = mkstemp(dir=path.parent, prefix=f"{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
        except BaseException:
            os.unlink(partial)
            raise
    except OSError as error:
        logger.info("%s is not kept for the next time: %s", path.name, error)


def remember(topic: str, facts: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    """Keep what was found out under these facts, as JSON."""
    body = {"facts": dict(facts), "found": dict(found)}
    write(_file(topic, facts), canonical_json({**body, "sha256": json_digest(body)}).encode())


def remembered(topic: str, facts: Mapping[str, Any]) -> dict[str, Any] | None:
    """What was found out under these facts; None where nothing was, and, with a warning, where the file is damaged."""
    file = _file(topic, facts)
    try:
        body = json.loads(file.read_bytes())
        if body.pop("sha256") == json_digest(body) and body["facts"] == dict(facts):
            return dict(body["found"])
        reason = "its content does not have the sha256 that it was written with"
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        reason = f"{type(error).__name__}: {error}"
    warnings.warn(f"the {topic} kept in {str(file)!r} is damaged ({reason}); finding it out again", stacklevel=2)
    return None


def _file(topic: str, facts: Mapping[str, Any]) -> Path:
    return directory() / f"{topic.replace(' ', '-')}-{json_digest(dict(facts))[:32]}.json"
