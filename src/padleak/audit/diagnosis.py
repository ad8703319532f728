"""From leaks to findings: where fill first gets in, and what became of the mask on the way there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

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
    return replace(larger, sides=sides)


def _explain(examination: Examination, leaks: Leaks) -> Iterator[Finding]:
    if leaks.outputs <= examination.tolerance:
        return
    others = [other for other in examination.leaks if other.condition.side != leaks.condition.side]
    entries = list(_entries(leaks, examination.tolerance))
    for position in entries:
        elsewhere = [other.out_of[position] for other in others if position < len(other.out_of)]
        code, blamed = _blame(leaks, position, bool(elsewhere) and max(elsewhere) <= examination.tolerance)
        yield _finding(code, blamed, leaks, leaks.out_of[position])
    if not entries:
        yield _finding("LEAK_UNEXPLAINED", leaks.trace.calls[0], leaks, leaks.outputs)


def _entries(leaks: Leaks, tolerance: float) -> Iterator[int]:
    """The innermost calls, upstream of the outputs that leak, whose own outputs leak and whose inputs do not."""
    calls, upstream = leaks.trace.calls, _upstream(leaks)
    around: set[int] = set()
    found = []
    for position in reversed(range(1, len(leaks.out_of))):
        lets_in = leaks.out_of[position] > tolerance >= leaks.into[position] and not calls[position].is_about_masks
        if lets_in and position not in around and position in upstream:
            found.append(position)
            around.update(_enclosing(calls, position))
    yield from reversed(found)


def _enclosing(calls: list[Call], position: int) -> Iterator[int]:
    """The calls that a call is made within, the nearest first."""
    parent = calls[position].parent
    while parent is not None:
        yield parent
        parent = calls[parent].parent


def _upstream(leaks: Leaks) -> set[int]:
    """Calls that the model's outputs may come from: along the tensors, and, where code between layers makes new ones, whatever
    is within or went into the call around."""
    calls, seen = leaks.trace.calls, set()
    todo = [tensor.source for tensor in calls[0].outputs]
    if None in todo:
        return set(range(1, len(calls)))
    while todo:
        position = todo.pop()
        if position and position not in seen:
            seen.add(position)
            todo += [tensor.source for tensor in calls[position].inputs if tensor.source is not None]
            todo += _enclosing(calls, position)
    within = {position for position in range(1, len(calls)) if seen.intersection(_enclosing(calls, position))}
    return seen | within


def _blame(leaks: Leaks, position: int, elsewhere_clean: bool) -> tuple[str, Call]:
    """The code of what went wrong, and the call to blame; `elsewhere_clean` if fill on the other side does nothing there."""
    calls = leaks.trace.calls
    call = calls[position]
    mask = call.mask_in
    if call.layer is None:
        return "LEAK_UNEXPLAINED", call
    counts_positions = "Position" in call.kind or (mask is None and ("Embedding" in call.kind or not call.is_leaf))
    if leaks.condition.side == "pre" and elsewhere_clean and counts_positions:
        return "POSITIONS_SHIFT", call
    if not call.is_leaf and any(other.parent == position for other in calls):
        return ("LEAK_IN_CODE" if mask is None else "MASK_IGNORED"), call
    if mask is not None:
        if _disagrees(mask, leaks):
            return "MASK_WRONG", calls[_origin_of_wrong_mask(leaks, position)]
        if not _lacks_a_mask(call):
            return "MASK_IGNORED", call
    return _where_lost(calls, position)


def _lacks_a_mask(call: Call) -> bool:
    """Whether one of several inputs comes without a mask where another has one: an encoder's states beside a decoder's."""
    if any("attention_mask" in name for name in call.masks_given):
        return False
    return any(
        tensor.mask is None and tensor.value.ndim > 2 and tensor.value.dtype.kind == "f" for tensor in call.inputs
    )


def _where_lost(calls: list[Call], position: int) -> tuple[str, Call]:
    """Where on the way to a call without a mask there was one."""
    todo, seen, came_from_code = [position], set(), False
    while todo:
        here = todo.pop(0)
        for tensor in calls[here].inputs:
            source = tensor.source
            came_from_code |= source is None and not _is_input_of_model(calls, tensor)
            if source is None or source in seen or tensor.mask is not None:
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
    for index in range(position):
        if came_from_code and calls[index].mask_out is not None:
            around = [outer for outer in _enclosing(calls, index) if outer and calls[outer].mask_out is None]
            inside = set(_enclosing(calls, position))
            lost = next((outer for outer in around if outer not in inside), calls[position].parent or 0)
            return "MASK_LOST_IN_CODE", calls[lost]
    return "NO_MASK", calls[position]


def _is_input_of_model(calls: list[Call], tensor: Tensor) -> bool:
    """Whether a tensor is what the model was given, if in another number type."""
    return any(np.array_equal(tensor.value, given.value) for given in calls[0].inputs)


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
