"""Tables that are packed: compressed texts and Parquet."""

import bz2
import gzip
import lzma
import os
from pathlib import Path

import pandas as pd
import pyarrow
import pyarrow.parquet

from padleak.reading.archive import check_archive
from padleak.reading.limits import check_size, most_from

_OPENED_BY = {".gz": ("gzip", gzip.open), ".bz2": ("bz2", bz2.open), ".xz": ("xz", lzma.open)}
_AT_ONCE = 2**20
_ROWS_AT_ONCE = 4096


def compression_of(file: str | Path) -> str | None:
    """What pandas calls the compression of a text file, by its ending; None if there is none.

    Compressed files do not say what they unpack to, or may lie, so they are unpacked once, and nothing is kept, before pandas
    unpacks them whole.

    Raises:
        InputError: It unpacks to too much.
    """
    ending = Path(file).suffix.lower()
    if ending == ".zip":
        check_archive(file)
        return "zip"
    if ending not in _OPENED_BY:
        return None
    name, open_packed = _OPENED_BY[ending]
    packed, unpacked = os.path.getsize(file), 0
    with open_packed(file, "rb") as stream:
        while unpacked <= most_from(packed) and (part := stream.read(_AT_ONCE)):
            unpacked += len(part)
    check_size(file, unpacked, packed)
    return name


def read_parquet(file: str | Path) -> pd.DataFrame:
    """A Parquet table, unpacked once in parts before it is unpacked whole: columns of repeats do not say what they unpack to.

    They pack so well, our own results too, that how many times the size of the file it is tells nothing.

    Raises:
        InputError: It unpacks to too much.
        OSError, ValueError: It is broken.
    """
    unpacked = 0
    with pyarrow.parquet.ParquetFile(file) as table:
        for rows in table.iter_batches(_ROWS_AT_ONCE):
            rows.validate(
                full=True
            )  # text that is not UTF-8 is found here, where pandas would find it on first use, if at all
            unpacked += sum(map(_size, rows.columns))
            check_size(file, unpacked, packed=unpacked)
    return pd.read_parquet(file)


def _size(column: pyarrow.Array) -> int:
    """Bytes of a column, written out where it refers to a list of what is in it."""
    return (column.dictionary_decode() if isinstance(column, pyarrow.DictionaryArray) else column).nbytes
