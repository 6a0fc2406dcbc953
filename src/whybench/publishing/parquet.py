"""Parquet of strangers: columns and sizes are compared with what is expected before anything is read."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from whybench.errors import Refused, shown

LARGEST = 2**26
"""Bytes of a file."""
UNPACKED = 2**29
"""Bytes of a file's pages, as its footer declares them."""
RATIO = 200
"""Times that a file's pages may be larger than the file; smaller files than `SMALL` may grow more."""
SMALL = 2**16
MOST_ROWS = 20_000_000
LONGEST = 2**20
"""Bytes of one text."""
CODECS = {"SNAPPY", "UNCOMPRESSED"}
"""What is written here; Snappy cannot hold more than twenty times its own length, others can a million times."""
TOGETHER = 2**16
"""Rows at a time."""
HEADER = 2**24
"""Bytes of one text in a footer."""
PARTS = 1_000_000
"""Entries of one list in a footer."""


def columns(path: Path, schema: pa.Schema, most_rows: int = MOST_ROWS) -> dict[str, list[Any]]:
    """A table's columns as lists; raises Refused for anything but a table of `schema` within the limits."""
    found: dict[str, list[Any]] = {name: [] for name in schema.names}
    for batch in batches(path, schema, most_rows):
        for name, column in zip(schema.names, batch.columns, strict=True):
            found[name] += texts(column) if pa.types.is_dictionary(column.type) else column.to_pylist()
    return found


def texts(column: pa.DictionaryArray) -> list[str | None]:
    """A column of text; equal texts are one object, so that a short file cannot fill the memory."""
    values = column.dictionary.to_pylist()
    return [None if index is None else values[index] for index in column.indices.to_pylist()]


def batches(path: Path, schema: pa.Schema, most_rows: int = MOST_ROWS) -> Iterator[pa.RecordBatch]:
    """A table in parts, text as dictionaries; raises Refused as `columns` does."""
    try:
        with _opened(path, schema, most_rows) as file:
            for batch in file.iter_batches(batch_size=TOGETHER, use_threads=False):
                for column in batch.columns:
                    _check_texts(path, column)
                yield batch
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise Refused(f"{path.name} cannot be read as Parquet: {shown(str(error))}") from None


def _opened(path: Path, schema: pa.Schema, most_rows: int) -> parquet.ParquetFile:
    facts = path.lstat()
    size = facts.st_size
    if not stat.S_ISREG(facts.st_mode) or size > LARGEST:
        raise Refused(f"{path.name} holds {size} bytes; an ordinary file of at most {LARGEST} is needed")
    limits = {"thrift_string_size_limit": HEADER, "thrift_container_size_limit": PARTS}
    whole = parquet.ParquetFile(path, **limits)
    if not whole.schema_arrow.equals(schema):
        said = ", ".join(f"{field.name} {field.type}" for field in whole.schema_arrow)
        raise Refused(f"{path.name} has other columns than expected: {shown(said)}")
    _check_footer(path, whole.metadata, size, most_rows)
    whole.close()
    text = [field.name for field in schema if pa.types.is_string(field.type)]
    return parquet.ParquetFile(path, read_dictionary=text, **limits)


def _check_footer(path: Path, footer: parquet.FileMetaData, size: int, most_rows: int) -> None:
    """What the footer declares, before a page is read."""
    if not 0 <= footer.num_rows <= most_rows:
        raise Refused(f"{path.name} declares {footer.num_rows} rows; at most {most_rows} are read")
    rows = unpacked = 0
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        rows += group.num_rows
        for part in (group.column(i) for i in range(group.num_columns)):
            unpacked += max(part.total_uncompressed_size, part.total_compressed_size)
            if part.compression not in CODECS:
                raise Refused(f"{path.name} is packed by {part.compression}; {' or '.join(sorted(CODECS))} is read")
            if part.num_values != group.num_rows:
                raise Refused(f"{path.name} declares {part.num_values} values in {group.num_rows} rows")
    if rows != footer.num_rows:
        raise Refused(f"{path.name} declares {footer.num_rows} rows and holds {rows}")
    if unpacked > UNPACKED or unpacked > RATIO * max(size, SMALL):
        raise Refused(f"{path.name} holds {size} bytes and declares {unpacked} when it is unpacked")


def _check_texts(path: Path, column: pa.Array) -> None:
    if pa.types.is_dictionary(column.type):
        longest = pc.max(pc.binary_length(column.dictionary)).as_py() or 0
        if longest > LONGEST:
            raise Refused(f"{path.name} holds a text of {longest} bytes; at most {LONGEST} are read")
