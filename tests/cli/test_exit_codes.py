"""Every exit code, really produced; what is stored before a run ends badly stays."""

import errno
import gc
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from small_run import SMALL

FULL = ("-m", "gradient", "-m", "random", "-x", "pixel_flipping", "-x", "ssr")

SLOW = """
import time
from pathlib import Path

def slow(module, inputs, targets):
    Path("started").touch()
    time.sleep(60)
    return inputs
"""


def test_0_where_all_went_well(whybench, no_report):
    assert whybench(*SMALL, "-m", "gradient", "-x", "pixel_flipping").code == 0


def test_2_for_a_name_that_is_not_known(whybench):
    assert whybench("run", "quickstrat").code == 2


def test_3_where_cells_failed_and_the_rest_is_stored(whybench, no_report, folder):
    (folder / "mine.py").write_text("def boom(module, inputs, targets):\n    raise ValueError('no idea')\n")
    answer = whybench(*SMALL, "-m", "gradient", "-m", "mine.py:boom", "-x", "pixel_flipping")
    assert answer.code == 3
    assert "2 cells computed, 0 read from the store, 1 failed" in answer.out
    (shown,) = json.loads(whybench("status", "--json").out)
    assert shown["status"] == {"ok": 1, "failed": 1}
    assert shown["reasons"] == [{"status": "failed", "reason": "ValueError: no idea", "cells": 1}]


def test_4_where_nothing_is_selected(whybench, folder):
    (folder / "empty.py").write_text("from whybench import Suite\nsuite = Suite('empty', ())\n")
    answer = whybench("run", "empty.py:suite")
    assert (answer.code, answer.err) == (4, "whybench: suite 'empty' holds no cells; give it methods and metrics\n")
    from whybench.store import Store

    Store.open("sqlite:///whybench.db").close()
    for command in (["status"], ["status", "--json"], ["report"], ["export", "--to", "out"]):
        answer = whybench(*command)
        assert (answer.code, answer.out) == (4, "")
        assert answer.err.startswith("whybench: no suite was run in this store yet")


def test_130_after_ctrl_c_and_what_is_finished_is_stored(whybench, folder):
    (folder / "mine.py").write_text(SLOW)
    command = [sys.executable, "-m", "whybench", *SMALL, "-m", "gradient", "-m", "mine.py:slow", "-x", "pixel_flipping"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        deadline = time.monotonic() + 60
        while not (folder / "started").exists() and running.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=120)
    assert running.returncode == 130
    assert said == "whybench: interrupted; what is finished is stored: run again to go on\n"
    (shown,) = json.loads(whybench("status", "--json").out)
    assert shown["status"] == {"ok": 1}


def test_74_where_the_disk_is_full(whybench, no_report, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("whybench.store.blobs.os.fsync", full)
        answer = whybench(*SMALL, *FULL)
    assert answer.code == 74
    assert answer.err == (
        "whybench: no room left on the disk of whybench-artifacts: free some and run again; what was stored is intact\n"
    )
    assert whybench(*SMALL, *FULL).code == 0


def test_74_where_the_store_cannot_be_written(whybench, no_report, monkeypatch):
    def read_only(descriptor: int) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("whybench.store.blobs.os.fsync", read_only)
    answer = whybench(*SMALL, *FULL)
    assert (answer.code, answer.err) == (
        74,
        "whybench: cannot write to whybench-artifacts: Read-only file system; what was stored is intact\n",
    )


def test_74_where_the_report_or_the_export_cannot_be_written(whybench, folder):
    (folder / "file").touch()
    answer = whybench(*SMALL, "-m", "gradient", "-x", "pixel_flipping", "--report", "file/report")
    assert answer.code == 74
    assert answer.err == "whybench: cannot write the report to file/report: Not a directory\n"
    answer = whybench("export", "--to", "file/out")
    assert (answer.code, answer.err) == (74, "whybench: [Errno 20] Not a directory: 'file/out/explanations'\n")


@pytest.fixture
def small_disk(folder: Path):
    """A file system of its own, of 600 kB."""
    disk = folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no right to mount a file system")
    yield disk
    gc.collect()  # connections of a run that ended with an error
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_disk_that_fills_up_loses_nothing_and_the_next_run_goes_on(whybench, no_report, small_disk):
    run = (*SMALL[:-1], "64", *FULL, "-m", "smooth_grad(samples=2)", "-m", "input_x_gradient")
    run = (*run, "--store", f"sqlite:///{small_disk}/small.db")
    answer = whybench(*run)
    assert answer.code == 74
    assert answer.err.startswith("whybench: no room left on the disk of ")
    assert answer.err.count("\n") == 1
    subprocess.run(["mount", "-o", "remount,size=16m", small_disk], check=True)
    with closing(sqlite3.connect(small_disk / "small.db")) as connection:
        ((kept,),) = connection.execute("select count(*) from cells")
    assert 0 < kept < 8
    again = whybench(*run)
    assert again.code == 0
    assert f"{8 - kept} cells computed, {kept} read from the store, 0 failed" in again.out
    assert os.listdir(small_disk / "small-artifacts")
    whole = whybench("export", "--to", "small", "--store", run[-1])
    assert whybench(*run[:-2], "--store", "sqlite:///whole.db").code == 0
    assert whybench("export", "--to", "whole", "--store", "sqlite:///whole.db").out[:20] == whole.out[:20]
    for table in ("scores", "curves"):
        assert Path(f"small/{table}.parquet").read_bytes() == Path(f"whole/{table}.parquet").read_bytes()


def test_130_before_the_first_cell(whybench, monkeypatch):
    def interrupted(*arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("whybench.cli.running.run_suite", interrupted)
    answer = whybench(*SMALL, *FULL)
    assert (answer.code, answer.out) == (130, "")
    assert answer.err == "whybench: interrupted; what is finished is stored: run again to go on\n"
