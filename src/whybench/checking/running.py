"""Trying every clause on what a spec names."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from whybench.checking.clause import Broken, Clause, Inapplicable, Sort, Verdict, clauses
from whybench.checking.declared import DECLARED
from whybench.checking.explainers import Explainer
from whybench.checking.report import Finding, Report
from whybench.checking.spelling import spec_of
from whybench.checking.subject import Subject, subject
from whybench.checking.traces import put_back
from whybench.checking.trial import Trial
from whybench.checking.zoo import ZOO
from whybench.errors import UnknownName, Unsupported, UsageError
from whybench.foreign import told
from whybench.isolation import generators_from

UNUSUAL = 8_675_309
"""Global generators are set from this seed for each attempt: what seeds them with a usual one is seen to."""


@dataclass(frozen=True)
class Outcome:
    """One attempt: nothing where it held, `broken` with values, or `skipped` with a reason."""

    where: str
    broken: str = ""
    skipped: str = ""


def check(
    spec: str | object, *, sort: Sort | None = None, only: tuple[str, ...] = (), models: tuple[str, ...] = ()
) -> Report:
    """Try every clause on a method, metric, model or dataset.

    spec: a registered name, `file.py:attr`, `pkg.module:attr`, or the thing itself; sort: which is meant where a name
    has several (`sorts`); only: ids of clauses, all where none is named; models: names of the zoo that methods are
    tried on, all where none is named. Global generators and torch's switches are afterwards what they were, whatever
    the checked code does.

    Raises UnknownName for a name, clause or model that there is not, UsageError for what cannot be checked.

    >>> check("gradient", only=("C1", "C6")).verdicts()
    {'C1': 'passed', 'C6': 'passed'}
    """
    with put_back(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = subject(spec, sort)
        chosen = _chosen(found.sort, only)
        _known("model of the zoo", models, list(ZOO))
        if found.sort == "method":
            return _method(found, spec_of(spec), chosen, models or tuple(ZOO))
        if models:
            raise UsageError(
                f"--model={models[0]!r}: methods are tried on models of the zoo; {found.name!r} is a {found.sort}"
            )
        scene = _scene(found)
        return Report(
            found.sort, found.name, tuple(_finding(c, found, [_tried(c, "", scene)]) for c in chosen), found.note
        )


def _chosen(sort: Sort, only: tuple[str, ...]) -> list[Clause]:
    wanted = tuple(name.upper() for name in only)
    known = clauses(sort)
    _known(f"clause of {sort}s", wanted, [clause.id for clause in known])
    return [clause for clause in known if not wanted or clause.id in wanted]


def _known(sort: str, names: tuple[str, ...], known: list[str]) -> None:
    for name in names:
        if name not in known:
            raise UnknownName(sort, name, known)


def _scene(found: Subject) -> Callable[[], Any]:
    return lambda: found.thing


def _method(found: Subject, spec: str, chosen: list[Clause], models: tuple[str, ...]) -> Report:
    """Models that it refuses are left out of every clause."""
    explainer: Explainer = found.thing
    usable, refused, own_words = _usable(explainer, models)
    if not usable:
        # A refusal by whybench's own word is no fault; that nothing else comes out is.
        verdict: Verdict = "not applicable" if own_words else "failed"
        remedy = "" if own_words else "make it answer for one model of the zoo, or check a function that does"
        first = Finding("C1", "shape and device", verdict, "every model", refused[0], remedy)
        return Report("method", found.name, (first,), found.note, refused)
    findings = []
    for clause in chosen:
        outcomes = [
            _tried(clause, name, partial(Trial, explainer, name, usable[name], spec))
            for name in clause.on
            if name in usable
        ]
        outcomes = outcomes or [Outcome("", skipped=f"it refuses {', '.join(clause.on)}")]
        findings.append(_finding(clause, found, outcomes))
    return Report("method", found.name, tuple(findings), found.note, refused)


def _usable(explainer: Explainer, models: tuple[str, ...]) -> tuple[dict[str, torch.dtype], tuple[str, ...], bool]:
    """The models that a method answers for, with the type that it takes; why not the others; if all by Unsupported."""
    usable: dict[str, torch.dtype] = {}
    refused: dict[str, list[str]] = {}
    own_words = True
    for name in models:
        said = ""
        for dtype in (torch.float64, torch.float32):
            try:
                with put_back():
                    Trial(explainer, name, dtype).ask()
                usable[name] = dtype
                break
            except Exception as error:  # a refusal in whatever words
                own_words &= isinstance(error, Unsupported)
                said = said or (str(error) if isinstance(error, Unsupported) else told(error))
        else:
            refused.setdefault(said, []).append(name)
    return usable, tuple(f"{', '.join(names)}: {said}" for said, names in refused.items()), own_words


def _tried(clause: Clause, where: str, made: Callable[[], Any]) -> Outcome:
    try:
        with put_back(), generators_from(UNUSUAL):
            clause.attempt(made())
    except Broken as broken:
        return Outcome(where, broken=str(broken))
    except (Inapplicable, Unsupported) as reason:
        return Outcome(where, skipped=str(reason))
    except Exception as error:
        return Outcome(where, broken=f"it raises {told(error)}")
    return Outcome(where)


def _finding(clause: Clause, found: Subject, outcomes: list[Outcome]) -> Finding:
    broken = [outcome for outcome in outcomes if outcome.broken]
    held = [outcome for outcome in outcomes if not outcome.broken and not outcome.skipped]
    reason = {**DECLARED.get((found.sort, found.name), {}), **(found.exceptions or {})}.get(clause.id)
    if broken:
        where = ", ".join(outcome.where for outcome in broken)
        finding = Finding(clause.id, clause.name, "failed", where, broken[0].broken, clause.remedy)
        if reason is not None:
            return replace(finding, verdict="declared", values=f"{reason} ({broken[0].broken})", remedy="")
        return finding
    if held:
        return Finding(clause.id, clause.name, "passed", ", ".join(outcome.where for outcome in held))
    return Finding(clause.id, clause.name, "not applicable", values=outcomes[0].skipped)
