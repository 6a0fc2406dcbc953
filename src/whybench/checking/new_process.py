"""The same question put to another process, in which text has other hashes and nothing has run before."""

import atexit
import json
import os
import subprocess
import sys
from functools import cache
from threading import Timer
from typing import Any

import torch

PATIENCE = 300.0
"""Seconds after which a process that has not answered is given up."""
BEGIN = "from whybench.checking.new_process import serve; serve()"
Reply = dict[str, Any]
"""`values`, `shape` and `dtype` of a map; or `raises` with an error; or `unknown` with why nothing was asked."""


def asked_elsewhere(spec: str, model: str, dtype: torch.dtype) -> Reply:
    """What another process finds for `spec` and one model of the zoo; one serves all questions of this process."""
    question = {
        "path": sys.path,
        "threads": torch.get_num_threads(),
        "spec": spec,
        "model": model,
        "dtype": str(dtype).removeprefix("torch."),
    }
    return _neighbour(os.getpid()).ask(json.dumps(question))


class Neighbour:
    """A process that answers for as long as this one lives; its text has hashes from a seed of its own."""

    def __init__(self) -> None:
        seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
        self.process = subprocess.Popen(
            [sys.executable, "-c", BEGIN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            text=True,
        )
        atexit.register(self.end)

    def ask(self, question: str) -> Reply:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        impatience = Timer(PATIENCE, self.process.kill)
        impatience.start()
        try:
            self.process.stdin.write(question + "\n")
            self.process.stdin.flush()
            reply: Reply = json.loads(self.process.stdout.readline())
        except (OSError, ValueError) as error:
            self.end()
            _neighbour.cache_clear()
            return {"unknown": f"the other process ended: {error}"}
        finally:
            impatience.cancel()
        return reply

    def end(self) -> None:
        atexit.unregister(self.end)
        self.process.kill()
        self.process.communicate()


@cache
def _neighbour(parent: int) -> Neighbour:
    return Neighbour()


def serve() -> None:
    """Answer questions from standard input until there are no more; what is printed on the way goes nowhere."""
    questions, replies = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    for question in questions:
        replies.write(json.dumps(_answer(**json.loads(question))) + "\n")
        replies.flush()


def _answer(path: list[str], threads: int, spec: str, model: str, dtype: str) -> Reply:
    from whybench.checking.subject import subject
    from whybench.checking.traces import put_back
    from whybench.checking.trial import Trial
    from whybench.foreign import told

    sys.path[:] = path
    torch.set_num_threads(threads)
    try:
        explainer = subject(spec).thing
    except Exception as error:
        return {"unknown": told(error)}
    try:
        with put_back():
            found = Trial(explainer, model, getattr(torch, dtype)).ask(every_generator=False)
    except Exception as error:
        return {"raises": told(error)}
    exact = [value.hex() for value in found.double().flatten().tolist()]
    return {"values": exact, "shape": list(found.shape), "dtype": str(found.dtype)}
