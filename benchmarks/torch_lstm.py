"""The baseline in PyTorch: the training of one cell, with the fill read as data or packed away.

PyTorch is no dependency of padleak. Where it is missing, `run` says so; the rest of the benchmarks does without.

    python benchmarks/torch_lstm.py '{"epochs": 2, "form": "packed", "threads": 1}'
"""

import copy
import time
from typing import NamedTuple

import numpy as np

from baseline import Result, cell_from, main
from padleak.data import Sequences, pad
from padleak.errors import InputError
from padleak.study.trials.sequence import SequenceCell

try:
    import torch
    from torch import nn
    from torch.nn.utils.rnn import pack_padded_sequence
except ImportError:
    torch = None

FORMS = ("padded", "packed")
_WARM_UP = 5


class Batch(NamedTuple):
    """Rows of one rectangle: token ids `(n, time)`, lengths and labels `(n,)`."""

    inputs: "torch.Tensor"
    lengths: "torch.Tensor"
    labels: "torch.Tensor"


def run(cell: SequenceCell, form: str = "padded", threads: int = 1) -> Result:
    """Train one classifier with early stopping.

    Args:
        cell: An LSTM on tokens; its masking does not matter, the form takes its place.
        form: `padded`, the whole rectangle without a mask, or `packed`, where the LSTM never meets the fill.
        threads: Of PyTorch.

    Raises:
        InputError: PyTorch is missing, or the cell is another than an LSTM on tokens.
    """
    _check(cell, form)
    torch.set_num_threads(threads)
    torch.manual_seed(cell.seed)
    start = time.perf_counter()
    data = cell.load()
    split = cell.draw(data)
    loaded = time.perf_counter()
    # Packing takes the lengths alone, so the fill has to come last.
    padding = "post" if form == "packed" else cell.padding
    train, validation = (_batch(part, cell, padding) for part in (split.train, split.validation))
    model = _classifier(cell, data.words, len(data.classes), form == "packed")
    seconds = fit(model, train, validation, cell)
    trained = time.perf_counter()
    accuracies = {padding: _accuracy(model, [_batch(split.test, cell, padding)])}
    accuracies["unpadded"] = _accuracy(model, _equal_lengths(split.test))
    return Result(
        accuracies, {}, loaded - start, trained - loaded, time.perf_counter() - trained,
        len(seconds), float(np.median(seconds[_WARM_UP:] or seconds)),
    )  # fmt: skip


def _check(cell: SequenceCell, form: str) -> None:
    if torch is None:
        raise InputError("torch", "installed", "not installed", "pip install torch, or leave this baseline out.")
    if form not in FORMS:
        raise InputError("form", f"one of {', '.join(FORMS)}", form)
    if (cell.model, cell.readout) != ("lstm", "last"):
        raise InputError("cell", "an LSTM read out at its last state", f"{cell.model}, {cell.readout}")


def _classifier(cell: SequenceCell, words: int, classes: int, packs: bool) -> "nn.Module":
    if not words:
        raise InputError("data", "tokens for the baseline in PyTorch", cell.data)

    class Classifier(nn.Module):
        """Embedding, LSTM, and a linear layer on its final states."""

        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(words, cell.embedding)
            self.lstm = nn.LSTM(
                cell.embedding, cell.units, cell.layers, batch_first=True, bidirectional=cell.bidirectional
            )
            self.head = nn.Linear(cell.units * (1 + cell.bidirectional), classes)

        def forward(self, inputs: "torch.Tensor", lengths: "torch.Tensor") -> "torch.Tensor":
            x = self.embedding(inputs)
            if packs:
                x = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            _, (hidden, _) = self.lstm(x)
            return self.head(torch.cat(tuple(hidden[-2:]), dim=-1) if cell.bidirectional else hidden[-1])

    model = Classifier()
    _start_as_keras(model, cell.units)
    return model


def _start_as_keras(model: "nn.Module", units: int) -> None:
    """Keras's first weights: from PyTorch's own the network learns less in as many epochs."""
    nn.init.uniform_(model.embedding.weight, -0.05, 0.05)
    for name, weight in (*model.lstm.named_parameters(), *model.head.named_parameters()):
        if "bias" in name:
            nn.init.zeros_(weight)
        elif "weight_hh" in name:
            nn.init.orthogonal_(weight)
        else:
            nn.init.xavier_uniform_(weight)
        if "bias_ih" in name:
            # The gates lie in the order input, forget, cell, output.
            nn.init.ones_(weight.data[units : 2 * units])


def fit(model: "nn.Module", train: Batch, validation: Batch, cell: SequenceCell) -> list[float]:
    """Train; the weights of the epoch with the best validation loss stay. Gives the seconds of every step."""
    loss_of, optimizer = nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), cell.learning_rate)
    seconds, losses, best = [], [], None
    while len(losses) < cell.epochs and len(losses) - (np.argmin(losses) if losses else 0) <= cell.patience:
        model.train()
        for rows in torch.randperm(len(train.labels)).split(cell.batch):
            start = time.perf_counter()
            optimizer.zero_grad()
            loss_of(model(train.inputs[rows], train.lengths[rows]), train.labels[rows]).backward()
            optimizer.step()
            seconds.append(time.perf_counter() - start)
        losses.append(loss_of(_predict(model, validation), validation.labels).item())
        if losses[-1] == min(losses):
            best = copy.deepcopy(model.state_dict())
    model.load_state_dict(best)
    return seconds


def _predict(model: "nn.Module", batch: Batch) -> "torch.Tensor":
    model.eval()
    with torch.inference_mode():
        return model(batch.inputs, batch.lengths)


def _accuracy(model: "nn.Module", batches: list[Batch]) -> float:
    right = [_predict(model, batch).argmax(dim=1) == batch.labels for batch in batches]
    return torch.cat(right).double().mean().item()


def _batch(sequences: Sequences, cell: SequenceCell, padding: str) -> Batch:
    padded = pad(sequences, cell.length, padding, seed=cell.seed)
    return _tensors(padded.inputs, sequences)


def _equal_lengths(sequences: Sequences) -> list[Batch]:
    groups = {length: sequences.take(rows) for length, rows in sequences.by_length().items()}
    return [_tensors(pad(group, length, "unpadded").inputs, group) for length, group in groups.items()]


def _tensors(inputs: np.ndarray, sequences: Sequences) -> Batch:
    return Batch(*(torch.from_numpy(part.astype(np.int64)) for part in (inputs, sequences.lengths, sequences.labels)))


def _run(settings: dict) -> Result:
    own = {name: settings.pop(name) for name in ("form", "threads") if name in settings}
    return run(cell_from(settings), **own)


if __name__ == "__main__":
    main(_run)
