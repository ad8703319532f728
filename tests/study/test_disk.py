"""A disk that refuses: what to do is said, what is finished is kept, and a second run ends with the same bytes."""

import errno
import itertools
import os
import shutil

import pytest
from toys import ToyCell

from padleak.errors import InputError
from padleak.study import schedule
from padleak.study import store as store_module
from padleak.study.seal import damage
from padleak.study.store import Store

CELLS = [ToyCell(number=number) for number in range(4)]


def run(folder):
    """As `padleak run` does it, without a report."""
    store = Store(folder)
    with store.lock():
        store.set_aside_damaged()
        schedule.run(CELLS, store, 0, lambda key, error: None)
        store.write_tables(store.measurements(CELLS))
        store.write_text(folder / "verdicts.json", "[]")
    return {
        file.relative_to(folder): file.read_bytes()
        for file in folder.rglob("*.*")
        if file.is_file() and file.name not in (".lock", "cell.json")
    }


def fail_at(monkeypatch, place, code):
    """The write at this place, the first being 0, fails; so does every later one."""
    writes, write = itertools.count(), store_module._write_through

    def refuse(path, content):
        if next(writes) >= place:
            path.write_bytes(content[: len(content) // 2])
            raise OSError(code, os.strerror(code))
        write(path, content)

    monkeypatch.setattr(store_module, "_write_through", refuse)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_whichever_write_fails_a_second_run_ends_the_same(tmp_path, monkeypatch, code):
    whole, failures = run(tmp_path / "whole"), 0
    for place in itertools.count():
        folder = tmp_path / f"broken-{place}"
        with monkeypatch.context() as patched:
            fail_at(patched, place, code)
            try:
                run(folder)
                break
            except InputError as error:
                failures += 1
                assert os.strerror(code) in str(error) and "run the same command again" in str(error)
        assert not any(damage(cell) for cell in (folder / "cells").glob("[!.]*"))
        assert run(folder) == whole
    assert failures == 3 * len(CELLS) + 1


def test_a_folder_that_is_gone_is_named_and_not_made_up_again(tmp_path):
    store = Store(tmp_path / "results")
    store.prepare()
    schedule.run(CELLS[:1], store, 0, lambda key, error: None)
    shutil.rmtree(store.folder)
    with pytest.raises(InputError, match="results folder must be a place that can be written to"):
        schedule.run(CELLS[1:], store, 0, lambda key, error: None)
    assert not store.folder.exists()
