"""From leaks to findings: where fill first gets in, and what became of the mask on the way there."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from padleak.audit.cures import CURES, cure_for
from padleak.audit.probe import Examination, Leaks
from padleak.audit.trace import Call, Tensor


@dataclass(frozen=True)
class Finding:
    """Something that lets fill through, or would.

    Attributes:
        code: Stable name, one of `padleak.audit.cures.CURES`.
        layer: Path of the layer to change.
        message: What happened, in one sentence.
        leak: What comes through there, in shares of the effect of one exchanged step.
        severity: `error` where the model's outputs change, else `warning`.
        cure: What to write instead.
        sides: The sides of fill under which it shows.
    """

    code: str
    layer: str
    message: str
    leak: float
    severity: str
    cure: str
    sides: tuple[str, ...]


def diagnose(examinations: list[Examination]) -> list[Finding]:
    """Findings, first causes first, each cause once."""
    found: dict[tuple[str, str], Finding] = {}
    for examination in examinations:
        for leaks in examination.leaks:
            for finding in _explain(examination, leaks):
                key = finding.code, finding.layer
                old = found.get(key)
                found[key] = finding if old is None else _join(old, finding)
    return list(found.values())


def _join(old: Finding, new: Finding) -> Finding:
    larger = max(old, new, key=lambda finding: finding.leak)
    sides = tuple(dict.fromkeys((*old.sides, *new.sides)))
    return Finding(larger.code, larger.layer, larger.message, larger.leak, larger.severity, larger.cure, sides)


def _explain(examination: Examination, leaks: Leaks) -> Iterator[Finding]:
    if leaks.outputs <= examination.tolerance:
        return
    only = [other for other in examination.leaks if other is not leaks and not other.condition.poison]
    elsewhere_clean = bool(only) and all(other.outputs <= examination.tolerance for other in only)
    entries = list(_entries(leaks, examination.tolerance))
    for position in entries:
        code, blamed = _blame(leaks, position, elsewhere_clean)
        yield _finding(code, blamed, leaks, leaks.out_of[position])
    if not entries:
        yield _finding("LEAK_UNEXPLAINED", leaks.trace.calls[0], leaks, leaks.outputs)


def _entries(leaks: Leaks, tolerance: float) -> Iterator[int]:
    """Leaf calls whose outputs leak and whose inputs do not, upstream of the outputs that leak."""
    upstream = _upstream(leaks)
    for position in leaks.trace.leaves:
        lets_in = position < len(leaks.out_of) and leaks.out_of[position] > tolerance >= leaks.into[position]
        if lets_in and (not upstream or position in upstream):
            yield position


def _upstream(leaks: Leaks) -> set[int]:
    """Calls that the model's outputs come from; empty where the way is lost in other code."""
    calls, seen = leaks.trace.calls, set()
    todo = [tensor.source for tensor in calls[0].outputs]
    while todo:
        position = todo.pop()
        if position is None:
            return set()
        if position in seen or position == 0:
            continue
        seen.add(position)
        todo += [tensor.source for tensor in calls[position].inputs if tensor.source is not None]
    return seen


def _blame(leaks: Leaks, position: int, elsewhere_clean: bool) -> tuple[str, Call]:
    """The code of what went wrong, and the call to blame."""
    calls = leaks.trace.calls
    call = calls[position]
    mask = call.mask_in
    if call.layer is None:
        return "LEAK_UNEXPLAINED", call
    if leaks.condition.side == "pre" and elsewhere_clean and (mask is None or "Position" in call.kind):
        return "POSITIONS_SHIFT", call
    if mask is not None:
        if _disagrees(mask, leaks):
            return "MASK_WRONG", calls[_origin_of_wrong_mask(leaks, position)]
        return "MASK_IGNORED", call
    return _where_lost(calls, position)


def _where_lost(calls: list[Call], position: int) -> tuple[str, Call]:
    """Where on the way to a call without a mask there was one."""
    todo, seen = [position], set()
    while todo:
        here = todo.pop(0)
        for tensor in calls[here].inputs:
            source = tensor.source
            if source is None or source in seen:
                continue
            seen.add(source)
            if calls[source].mask_out is not None:
                return "MASK_DELETED", calls[_deleter(calls, source, here)]
            if calls[source].mask_in is not None:
                stolen = [tensor.source for tensor in calls[source].inputs if _is_stolen(calls, tensor)]
                if stolen:
                    return "MASK_DELETED", calls[_deleter(calls, stolen[0], source)]
                return "MASK_LOST", calls[source]
            todo.append(source)
    if any(call.mask_out is not None for call in calls[:position]):
        return "MASK_LOST_IN_CODE", calls[calls[position].parent or 0]
    return "NO_MASK", calls[position]


def _is_stolen(calls: list[Call], tensor: Tensor) -> bool:
    """Whether a tensor had a mask when it was made, and has none now."""
    return tensor.mask is None and tensor.source is not None and calls[tensor.source].mask_out is not None


def _deleter(calls: list[Call], source: int, position: int) -> int:
    """The call that took the mask off what `source` gave, before `position` got it."""
    for between in range(source + 1, position):
        call = calls[between]
        for tensor, after in zip(call.inputs, call.masks_after):
            if tensor.source == source and tensor.mask is not None and after is None and call.is_leaf:
                return between
    return source


def _way_back(calls: list[Call], position: int) -> Iterator[int]:
    """Calls that a call's inputs come from, the nearest first."""
    todo, seen = [position], set()
    while todo:
        for tensor in calls[todo.pop(0)].inputs:
            if tensor.source is not None and tensor.source not in seen:
                seen.add(tensor.source)
                yield tensor.source
                todo.append(tensor.source)


def _disagrees(mask: np.ndarray, leaks: Leaks) -> bool:
    """Whether a mask says otherwise than the truth."""
    return mask.ndim == 2 and mask.shape[1] == leaks.steps and bool((mask != leaks.truth).any())


def _origin_of_wrong_mask(leaks: Leaks, position: int) -> int:
    """The call that first gave a mask that is wrong."""
    origin = position
    for before in _way_back(leaks.trace.calls, position):
        out = leaks.trace.calls[before].mask_out
        if out is None or not _disagrees(out, leaks):
            break
        origin = before
    return origin


def _finding(code: str, call: Call, leaks: Leaks, leak: float) -> Finding:
    return make_finding(code, call, leak, "error", side=leaks.condition.name)


def make_finding(code: str, call: Call, leak: float, severity: str, what: str = "", side: str = "") -> Finding:
    """A finding in words.

    Args:
        code: Of `CURES`.
        call: To blame.
        leak: How much.
        severity: `error` or `warning`.
        what: Filled in where the message names something.
        side: Of the fill, where it matters.
    """
    message = CURES[code].message.format(kind=call.kind, what=what)
    return Finding(code, call.path, message, float(leak), severity, cure_for(code, call.kind), (side,) if side else ())
