"""A side that was published: the records that `whybench verify` reads, as precise as those of a store."""

import json
from pathlib import Path
from typing import Any

from whybench.comparing.side import Side, scored_cells, to_run
from whybench.errors import Refused, UsageError, shown
from whybench.publishing.files import LARGEST, MANIFEST, read
from whybench.publishing.reading import read_records
from whybench.publishing.values import object_of, text_of


def is_published(place: Path) -> bool:
    """Whether a folder says what was published in it."""
    return (place / MANIFEST).is_file()


def published_side(place: Path, suite: str | None = None) -> Side:
    """What a published folder says of its suite, whatever protocol it was made under.

    Records give what an export does not: which way a metric is better, in what precision cells were computed, and what
    was run. Digests are not checked: `whybench verify` does. Raises UsageError where it cannot be read, or is of
    another suite.
    """
    try:
        facts = object_of(json.loads(read(place, MANIFEST, LARGEST)))
        known, environment = text_of(facts["suite"]), object_of(facts["environment"])
        asked = tuple(to_run(map(text_of, facts["asked"])))
        if suite not in (None, known):
            raise UsageError(f"suite {suite!r} is not in {place}; it holds: {known}")
        records = read_records(place, known)
    except (Refused, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(
            f"{place} cannot be read as it was published: {_said(error)}; `whybench verify {place}` says more, and "
            f"{place / 'scores.parquet'} compares its scores alone"
        ) from error
    cells = scored_cells(records.cells, records.explanations)
    return Side(str(place), cells, None, environment, asked, (known,))


def _said(error: Exception) -> Any:
    return error if isinstance(error, Refused) else f"{MANIFEST}: {type(error).__name__}: {shown(str(error))}"
