"""Audit models of other packages, small ones with random weights, and write docs/foreign_models.md.

Their packages are no dependency of padleak: `pip install keras-hub keras-tcn attention` first, then
`.venv/bin/python docs/foreign_models.py`.
"""

import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import keras_hub

import padleak

HEAD = """# Models of other packages

Small, with random weights, audited as they come: what `padleak.audit(model)` says, fill at the end (`post`) and in front
(`pre`). With absolute positions, fill in front moves every word; who fills so must hand positions over, if the model
takes them.
"""
BLOCKS = {"num_layers": 2, "hidden_dim": 16, "intermediate_dim": 32}
HEADS = {"num_heads": 2}
QUERIES = {"num_query_heads": 2, "num_key_value_heads": 2}
LENGTH = {"max_sequence_length": 32}
BACKBONES = {
    "Bert": HEADS | LENGTH,
    "Roberta": HEADS | LENGTH,
    "DistilBert": HEADS | LENGTH,
    "Electra": {"embedding_dim": 16} | HEADS | LENGTH,
    "XLMRoberta": HEADS | LENGTH,
    "Albert": {"embedding_dim": 8} | HEADS | LENGTH,
    "DebertaV3": {"bucket_size": 16} | HEADS | LENGTH,
    "FNet": LENGTH,
    "XLNet": HEADS,
    "GPT2": HEADS | LENGTH,
    "GPTNeoX": HEADS | LENGTH,
    "OPT": HEADS | LENGTH,
    "Bloom": HEADS,
    "Llama": QUERIES,
    "Mistral": {"sliding_window": 16} | QUERIES,
    "Qwen": QUERIES,
    "Phi3": QUERIES,
    "Gemma": QUERIES | {"num_key_value_heads": 1, "head_dim": 8},
    "Falcon": {"num_attention_heads": 2},
    "T5": HEADS,
    "Bart": HEADS | LENGTH,
    "ESM": HEADS,
}
"""Of keras_hub: what they are built with beside `BLOCKS`."""


def backbone(name: str) -> Any:
    """A backbone of keras_hub."""
    words = {"vocab_size" if name == "Electra" else "vocabulary_size": 50}
    return getattr(keras_hub.models, f"{name}Backbone")(**words, **BLOCKS, **BACKBONES[name])


def embedded(length: int | None = None) -> tuple[Any, Any]:
    """Ids, and their vectors with a mask."""
    ids = keras.Input((length,), dtype="int32")
    return ids, keras.layers.Embedding(50, 16, mask_zero=True)(ids)


def encoder_stack(is_pre_norm: bool) -> Any:
    """Two of keras_hub's encoder layers."""
    ids, x = embedded()
    for _ in range(2):
        x = keras_hub.layers.TransformerEncoder(32, 2, normalize_first=is_pre_norm)(x)
    return keras.Model(ids, keras.layers.GlobalAveragePooling1D()(x))


def decoder_layer() -> Any:
    """One of keras_hub's decoder layers, on its positions."""
    ids = keras.Input((None,), dtype="int32")
    x = keras_hub.layers.TokenAndPositionEmbedding(50, 32, 16, mask_zero=True)(ids)
    return keras.Model(ids, keras_hub.layers.TransformerDecoder(32, 2)(x))


def temporal_convolutions() -> Any:
    """keras-tcn."""
    from tcn import TCN

    ids, x = embedded()
    return keras.Model(ids, TCN(8, kernel_size=2, dilations=[1, 2])(x))


def attention_over_states() -> Any:
    """The layer of the package attention, over the states of an LSTM."""
    from attention import Attention

    ids, x = embedded(12)
    return keras.Model(ids, Attention(8)(keras.layers.LSTM(8, return_sequences=True)(x)))


def models() -> Iterator[tuple[str, str, Callable[[], Any]]]:
    """Package, name, how it is built."""
    for name in BACKBONES:
        yield "keras-hub", f"{name}Backbone", partial(backbone, name)
    yield "keras-hub", "TransformerEncoder, post-norm", partial(encoder_stack, False)
    yield "keras-hub", "TransformerEncoder, pre-norm", partial(encoder_stack, True)
    yield "keras-hub", "TransformerDecoder", decoder_layer
    yield "keras-tcn", "TCN", temporal_convolutions
    yield "attention", "Attention", attention_over_states


def row(package: str, name: str, build: Callable[[], Any]) -> str:
    """A line of the table."""
    keras.utils.set_random_seed(0)
    model = build()
    began = time.perf_counter()
    report = padleak.audit(model)
    seconds = time.perf_counter() - began
    told = "; ".join(
        f"`{finding.code}` at `{finding.layer.partition('/')[2]}` ({', '.join(finding.sides)}; {finding.leak:.2g})"
        for finding in report.findings
    )
    return f"| {package} {version(package)} | {name} | {told or 'no leak, no finding'} | {seconds:.1f} |"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    lines = [
        HEAD,
        "| package | model | findings (leak in times one exchanged step) | seconds |",
        "| --- | --- | --- | --- |",
    ]
    for one in models():
        lines.append(row(*one))
        print(lines[-1], flush=True)
    lines.append(f"\nKeras {keras.__version__} on {keras.backend.backend()}. Made by `docs/foreign_models.py`.\n")
    Path(__file__).with_suffix(".md").write_text("\n".join(lines), encoding="utf-8")
