"""From leaks to findings: where fill first gets in, and what became of the mask on the way there."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from padleak.audit.cures import CURES, cure_for
from padleak.audit.probe import AS_GIVEN, ROUNDS_OTHERWISE, Examination, Leaks
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
        consequences: Paths of the layers that leak because of it, in order.
    """

    code: str
    layer: str
    message: str
    leak: float
    severity: str
    cure: str
    sides: tuple[str, ...] = ()
    consequences: tuple[str, ...] = ()


def diagnose(examinations: list[Examination]) -> list[Finding]:
    """Findings, first causes first, each cause once."""
    found: dict[tuple[str, str], Finding] = {}
    for examination in examinations:
        for leaks in examination.leaks:
            for finding in _explain(examination, leaks):
                key = finding.code, finding.layer
                found[key] = _join(found[key], finding) if key in found else finding
        for finding in _explain_rows(examination):
            found.setdefault((finding.code, finding.layer), finding)
    return _without_inner_positions(list(found.values()))


def _without_inner_positions(findings: list[Finding]) -> list[Finding]:
    """A layer that leaks by itself says more than positions that shift within it: those may be relative ones, which cancel."""
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda finding: finding.code == "POSITIONS_SHIFT"):
        around = [other for other in kept if "/" in other.layer and finding.layer.startswith(f"{other.layer}/")]
        if finding.code == "POSITIONS_SHIFT" and around:
            kept[kept.index(around[0])] = replace(
                around[0], sides=tuple(dict.fromkeys((*around[0].sides, *finding.sides)))
            )
        else:
            kept.append(finding)
    return kept


def _join(old: Finding, new: Finding) -> Finding:
    larger = max(old, new, key=lambda finding: finding.leak)
    names = tuple(dict.fromkeys((*old.sides, *new.sides)))
    # What shows under plain fill needs no other to be named.
    return replace(larger, sides=tuple(name for name in names if name.split(",")[0] not in names or "," not in name))


def _explain(examination: Examination, leaks: Leaks) -> Iterator[Finding]:
    """Why the outputs leak under one condition."""
    condition = leaks.condition
    if leaks.outputs <= examination.tolerance:
        return
    plain = [other for other in examination.leaks if not other.condition.beside_longer]
    on_this_side = [other.outputs for other in plain if other.condition.side == condition.side]
    needs_company = condition.beside_longer and max(on_this_side, default=0.0) <= examination.tolerance
    if condition.beside_longer and not needs_company and on_this_side:
        return
    others = [other for other in (*plain, *examination.controls) if other.condition.side != condition.side]
    entries = list(_entries(leaks, examination.tolerance))
    for position in entries:
        elsewhere = [other.out_of[position] for other in others if position < len(other.out_of)]
        code, blamed = _blame(leaks, position, bool(elsewhere) and max(elsewhere) <= examination.tolerance)
        if needs_company and on_this_side:
            code, blamed = "ROWS_MIXED", leaks.trace.calls[position]
        consequences = _consequences(leaks, position, examination.tolerance)
        reached = leaks.trace.calls[position]
        yield make_finding(code, blamed, leaks.out_of[position], "error", "", condition.kind, consequences, reached)
    if not entries:
        yield make_finding("LEAK_UNEXPLAINED", leaks.trace.calls[0], leaks.outputs, "error", "", condition.kind)


def _explain_rows(examination: Examination) -> Iterator[Finding]:
    """Whether a sequence gets another answer where it has its batch for itself, without any fill."""
    alone, limit = examination.alone, max(examination.tolerance, ROUNDS_OTHERWISE)
    if examination.weights == AS_GIVEN and alone is not None and alone.outputs > limit:
        for position in list(_entries(alone, limit)) or [0]:
            consequences = _consequences(alone, position, limit)
            leak = alone.out_of[position] if position else alone.outputs
            yield make_finding("ROWS_MIXED", alone.trace.calls[position], leak, "warning", consequences=consequences)


def _consequences(leaks: Leaks, position: int, tolerance: float) -> tuple[str, ...]:
    """The layers that leak because a call does; where code between layers makes new tensors, all that come after it."""
    reached = {position, *_enclosing(leaks.trace.calls, position)}
    paths = [leaks.trace.calls[position].path]
    for index, call in enumerate(leaks.trace.calls[position + 1 :], position + 1):
        comes_from = any(tensor.source is None or tensor.source in reached for tensor in call.inputs)
        if comes_from and leaks.into[index] > tolerance and leaks.out_of[index] > tolerance:
            reached.add(index)
            paths += [call.path] if call.is_leaf else []
    return tuple(dict.fromkeys(paths))


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
            if calls[position].parent == 0 and not calls[position].is_about_masks:
                strange = [tensor for tensor in calls[position].inputs if tensor.source is None]
                if not all(_is_input_of_model(calls, tensor) for tensor in strange):
                    return set(range(1, len(calls)))
            todo += [tensor.source for tensor in calls[position].inputs if tensor.source is not None]
            todo += _enclosing(calls, position)
    within = {position for position in range(1, len(calls)) if seen.intersection(_enclosing(calls, position))}
    return seen | within


def _blame(leaks: Leaks, position: int, elsewhere_clean: bool) -> tuple[str, Call]:
    """The code of what went wrong, and the call to blame; `elsewhere_clean` if fill on the other side does nothing there."""
    calls = leaks.trace.calls
    call = calls[position]
    mask = call.mask_in
    condition = leaks.condition
    if call.layer is None:
        return "LEAK_UNEXPLAINED", call
    if _reads_by_place(call):
        return "STEP_READ_BY_PLACE", call
    counts_positions = "Position" in call.kind or (mask is None and ("Embedding" in call.kind or not call.is_leaf))
    if condition is not None and condition.side == "pre" and elsewhere_clean and counts_positions:
        return "POSITIONS_SHIFT", call
    if not call.is_leaf and any(other.parent == position for other in calls):
        return ("LEAK_IN_CODE" if mask is None else "MASK_IGNORED"), call
    if mask is not None:
        if leaks.view.contradicts(mask):
            return "MASK_WRONG", calls[_origin_of_wrong_mask(leaks, position)]
        if not _lacks_a_mask(call):
            return ("MASK_NOT_PASSED" if _is_not_passed(call) else "MASK_IGNORED"), call
    if mask is None and not hasattr(call.layer, "weights"):
        return "TAKES_NO_MASK", call
    code, blamed = where_lost(calls, position)
    if blamed is not call and code != "NO_MASK" and not _takes_mask(call):
        return "TAKES_NO_MASK", call  # a mask that came would be of no use
    return code, blamed


def _takes_mask(call: Call) -> bool:
    """Whether a layer has a use for a mask, its own or of its attention."""
    if call.kind == "Lambda":  # takes one for its function, if that does
        return bool(getattr(call.layer, "_fn_expects_mask_arg", True))
    parameters = inspect.signature(call.layer.call).parameters
    return any("mask" in name for name in parameters)


def _reads_by_place(call: Call) -> bool:
    """Whether it picks the first or the last step of the row, whatever the mask."""
    if len(call.inputs) != 1 or len(call.outputs) != 1 or not call.is_leaf:
        return False
    given, taken = call.inputs[0].value, call.outputs[0].value
    picks_one = given.ndim > 2 and taken.squeeze().shape == given[:, 0].squeeze().shape
    return picks_one and any(np.array_equal(taken.squeeze(), given[:, place].squeeze()) for place in (0, -1))


def _is_not_passed(call: Call) -> bool:
    """Whether a layer that takes a mask got none, though its input has one: Keras hands it over to layers of one tensor."""
    if call.masks_given or "mask" not in inspect.signature(call.layer.call).parameters:
        return False
    return call.inputs[0].mask is not None and len(call.inputs) > 1


def _lacks_a_mask(call: Call) -> bool:
    """Whether one of several inputs comes without a mask where another has one: an encoder's states beside a decoder's."""
    handed_over = bool(call.masks_given) and all(tensor.mask is None for tensor in call.inputs)
    if handed_over or any("attention_mask" in name for name in call.masks_given):
        return False
    return any(
        tensor.mask is None and tensor.value.ndim > 2 and tensor.value.dtype.kind == "f" for tensor in call.inputs
    )


def where_lost(calls: list[Call], position: int) -> tuple[str, Call]:
    """Where on the way to a call without a mask there was one."""
    todo, seen, came_from_code = [position], set(), False
    while todo:
        here = todo.pop(0)
        for tensor in _asking_first(calls[here]):
            source = tensor.source
            came_from_code |= source is None and not _is_input_of_model(calls, tensor)
            is_vector = tensor.value.ndim < 3 and tensor.value.dtype.kind == "f"
            if source is None or source in seen or tensor.mask is not None or is_vector:
                continue
            seen.add(source)
            if calls[source].mask_out is not None:
                return "MASK_DELETED", calls[_deleter(calls, source, here)]
            around = set(_enclosing(calls, here))
            left = [outer for outer in _enclosing(calls, source) if outer and outer not in around]
            if left and calls[left[-1]].mask_in is not None and calls[left[-1]].mask_out is None:
                return "MASK_LOST", calls[left[-1]]
            misfit = _origin_of_misfit(calls, source)
            if misfit is not None:
                return "MASK_SHAPE", calls[misfit]
            if _repeats(calls[source]):
                return "MASK_NOT_REPEATED", calls[source]
            if calls[source].mask_in is not None:
                stolen = [tensor.source for tensor in calls[source].inputs if _is_stolen(calls, tensor)]
                if stolen:
                    return "MASK_DELETED", calls[_deleter(calls, stolen[0], source)]
                return "MASK_LOST", calls[source]
            todo += [*left, source]
    for index in range(position):
        if came_from_code and calls[index].mask_out is not None:
            around = [outer for outer in _enclosing(calls, index) if outer and calls[outer].mask_out is None]
            inside = set(_enclosing(calls, position))
            lost = next((outer for outer in around if outer not in inside), calls[position].parent or 0)
            return "MASK_LOST_IN_CODE", calls[lost]
    return "NO_MASK", calls[position]


def _asking_first(call: Call) -> list[Tensor]:
    """The tensors that went in; of attention first what is looked at, whose fill matters, and what looks last."""
    looks = call.kind.endswith("Attention") and len(call.inputs) > 1
    return [*call.inputs[1:], call.inputs[0]] if looks else call.inputs


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


def _origin_of_misfit(calls: list[Call], position: int) -> int | None:
    """The call that first gave a mask that does not fit; None if what went into this one fits."""
    misfits = [tensor.source for tensor in calls[position].inputs if tensor.misfits and tensor.source is not None]
    return _origin_of_misfit(calls, misfits[0]) or misfits[0] if misfits else None


def _repeats(call: Call) -> bool:
    """Whether it makes steps out of vectors, which have no mask to hand on."""
    return call.kind == "RepeatVector"


def _origin_of_wrong_mask(leaks: Leaks, position: int) -> int:
    """The call that first gave a mask that is wrong."""
    origin = position
    for before in _way_back(leaks.trace.calls, position):
        out = leaks.trace.calls[before].mask_out
        if not leaks.view.contradicts(out):
            break
        origin = before
    return origin


def make_finding(
    code: str,
    call: Call,
    leak: float,
    severity: str,
    what: str = "",
    side: str = "",
    consequences: tuple[str, ...] = (),
    reached: Call | None = None,
) -> Finding:
    """A finding in words.

    Args:
        code: Of `CURES`.
        call: To blame.
        leak: How much.
        severity: `error` or `warning`.
        what: Filled in where the message names something.
        side: Of the fill, where it matters.
        consequences: Paths of the layers that leak because of it.
        reached: Where fill got in, if another call is to blame: it should have had the mask.
    """
    message = CURES[code].message.format(kind=call.kind, what=what)
    sides = (side,) if side else ()
    consequences = tuple(path for path in consequences if path != call.path)
    needs_mask = reached.path.rpartition("/")[2] if reached is not None and reached is not call else ""
    cure = cure_for(code, call.kind, needs_mask)
    return Finding(code, call.path, message, float(leak), severity, cure, sides, consequences)
