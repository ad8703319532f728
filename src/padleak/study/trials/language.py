"""The language trial: train one encoder under one objective; how well does it tell words, and what is it worth for tasks?"""

import time
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from padleak.audit import audit
from padleak.data.corpus import corpora
from padleak.data.corruption import Corruption
from padleak.data.dataset import source_of
from padleak.data.pairs import pair_sets
from padleak.data.tasks import tasks
from padleak.data.vocabulary import FIRST_WORD
from padleak.data.word_order import word_orders
from padleak.errors import InputError
from padleak.models import backend, fine_tuning
from padleak.models.engines.engine import Lesson
from padleak.models.language import POSITIONS, LanguageModel
from padleak.models.objectives import Asking, objectives
from padleak.models.pretraining import STEPS_AT_ONCE, STEPS_THAT_PAY, Course, Pretrainer, pretrainer_for
from padleak.study.cell import Cell, Outcome
from padleak.study.grid import Design, Profile
from padleak.study.trials.downstream import FEWER_STEPS, Downstream
from padleak.study.trials.layers import look_within, sample_states
from padleak.study.trials.learning import Learned, learn
from padleak.study.trials.material import Material, material_of
from padleak.study.unfinished import Checkpoint, finished, tell

NO_CLOZE = -1.0
_TEST_ROWS = 512
_AUDITED_ROWS = 6
_TESTED = Corruption(0.15, masked=1.0, replaced=0.0)
"""What all masked models are tested on, whatever they were trained on."""
_WORK_OF_A_WEIGHT = 6e-5


@dataclass(frozen=True)
class LanguageCell(Cell):
    """One encoder, trained under one objective.

    Attributes:
        data: Source of a corpus, as `load_corpus` takes it; of pairs to translate where `paired`.
        paired: Whether texts are the sources of pairs.
        objective: A name of `objectives`.
        length: Words of a row, at most.
        width, layers, heads, positions, decoder_layers: As in `LanguageModel`.
        word_order: A name of `word_orders`, for training; tests and tasks have the natural one.
        corrupted, share_masked, share_replaced, share_told: As `rate, masked, replaced, told` of `Corruption`.
        cloze: Share of rows in which the word that gives the topic away is the one to tell, another in the rest; -1 where words
            are chosen whatever they are. For corpora with such words.
        steps: Of training, a multiple of 20; 0 leaves the encoder as it is drawn.
        batch, learning_rate: As in `Course`.
        tasks: Names of `tasks` that the encoder is tried on.
        task_rows: Labelled texts of a task, at most.
        tuning: Steps of fine-tuning on all rows of a task, a multiple of 60; a sixth of them on few. 0: encoders are read as
            they are, and that is all.
        looks_within: Whether the layers are looked at.
        audited: Whether our own auditor is asked if padding leaks into the model.
    """

    kind: ClassVar[str] = "language"
    revision: ClassVar[int] = 2

    data: str = "docstrings?words=1000"
    paired: bool = False
    objective: str = "masked"
    length: int = 16
    width: int = 32
    layers: int = 2
    heads: int = 2
    positions: str = "rotary"
    decoder_layers: int = 2
    word_order: str = "natural"
    corrupted: float = 0.15
    share_masked: float = 0.8
    share_replaced: float = 0.1
    share_told: float = 1.0
    cloze: float = NO_CLOZE
    steps: int = 1000
    batch: int = 64
    learning_rate: float = 0.005
    tasks: tuple[str, ...] = ()
    task_rows: int = 8000
    tuning: int = 480
    looks_within: bool = False
    audited: bool = False

    def why_not(self) -> str | None:
        """Names are checked on the way: an unknown one is an error, not a skip."""
        self._source()
        word_orders[self.word_order]
        for name in self.tasks:
            tasks[name]
        if self.positions not in POSITIONS:
            raise InputError("positions", f"one of {', '.join(POSITIONS)}", self.positions)
        self._corruption()
        if self.width % self.heads:
            raise InputError("width", f"a multiple of heads ({self.heads})", self.width)
        for name, unit in (("steps", STEPS_AT_ONCE), ("tuning", FEWER_STEPS * fine_tuning.STEPS_AT_ONCE)):
            if getattr(self, name) % unit or getattr(self, name) < 0:
                raise InputError(name, f"0 or a multiple of {unit}", getattr(self, name))
        if self._translates and not self.paired:
            return "a corpus has nothing to translate into"
        return None

    def shape(self) -> Hashable:
        """Cells with one program."""
        return (
            self.kind, self.data, self.paired, self.objective, self.length, self.width, self.layers, self.heads, self.positions,
            self.batch,
        )  # fmt: skip

    def effort(self) -> float:
        """Rows and steps, by the numbers of a layer's weights and of the words to tell."""
        weights = 12 * self.layers * self.width**2 + 2000 * self.width
        return _WORK_OF_A_WEIGHT * weights * self.batch * self.length * self._all_steps

    def programs(self) -> float:
        """Training, scoring, fine-tuning."""
        return 2.0 + 2.0 * self.layers if self.steps >= STEPS_THAT_PAY else 2.0

    def surroundings(self) -> dict[str, str]:
        """The version of the texts, and the backend."""
        return {"data_version": self._source().version, "backend": backend.name()}

    def course(self, material: Material) -> Course:
        """How it is trained."""
        cloze = None if self.cloze == NO_CLOZE else (material.giveaways, self.cloze)
        asking = self._asking(material, self._corruption(), self.length if cloze is None else 1)._replace(cloze=cloze)
        return Course(self.objective, asking, self.steps, self.batch, self.learning_rate, self.seed)

    def language(self, material: Material) -> LanguageModel:
        """What is built."""
        facts = objectives.facts(self.objective)
        decoder = {"decoder_layers": self.decoder_layers, "target_words": material.target_words}
        return LanguageModel(
            material.words, facts.get("causal", False), self.width, self.layers, self.heads, self.positions,
            **decoder if self._translates else {},
        )  # fmt: skip

    def material(self) -> Material:
        """What it is trained and tested on."""
        seed = 0 if self.word_order == "natural" else self.seed
        return material_of(self.data, self.paired, self.length, self.word_order, seed)

    def pretrainer(self, material: Material) -> Pretrainer:
        """The program of its shape."""
        return pretrainer_for(self.language(material), self.steps >= STEPS_THAT_PAY)

    def run(self) -> Outcome:
        """Train or take up, score, look within, try on tasks, audit."""
        backend.start()
        material = self.material()
        pretrainer, learned = self.learn(material)
        rows = list(learned.rows())
        rows += list(_baselines(material, self.tested(material), self._translates))
        if self.looks_within:
            corruption = self._corruption() if self.objective == "masked" else None
            rows += list(look_within(pretrainer, material, self.language(material).causal, corruption))
        start = time.perf_counter()
        downstream = Downstream(self.language(material), material, self.length, self.task_rows, self.seed)
        weights = pretrainer.encoder.get_weights()
        for name in self.tasks:
            if len(material.topics) < 2 and tasks.facts(name).get("needs_topics"):
                continue
            rows += list(downstream.measure(name, weights, pretrainer, self.tuning))
        facts = self._facts(material, learned) | {"seconds_downstream": time.perf_counter() - start}
        if self.audited:
            rows += list(_audit(pretrainer, self.tested(material)[0]))
        table = pd.DataFrame(rows).assign(layout=None, reference=None).astype({"count": "Int64", "value": "float64"})
        columns = ["probe", "layout", "count", "reference", "layer", "metric", "value"]
        arrays = {"weights": _pack_weights(weights), "states": sample_states(pretrainer, material)}
        return Outcome(table[columns], facts, arrays)

    def learn(self, material: Material) -> tuple[Pretrainer, Learned]:
        """Train, from where an interrupted run left off."""
        pretrainer = self.pretrainer(material)
        pretrainer.reset(self.seed)
        course, tests = self.course(material), self.tested(material)
        learned = learn(
            pretrainer, material.train, course, tests, Checkpoint(self.key), lambda step: tell(step / self._all_steps)
        )
        return pretrainer, learned

    def encoder_weights(self, material: Material) -> list[np.ndarray]:
        """Of the trained encoder: those of the finished cell where it is at hand, else it is trained here."""
        kept = finished(self.key, "weights")
        if kept is None:
            weights = self.learn(material)[0].encoder.get_weights()
            Checkpoint(self.key).discard()
            return weights
        return [kept[name] for name in sorted(kept)]

    def tested(self, material: Material) -> list[Lesson]:
        """Lessons on test texts, the same for every seed."""
        asking = self._asking(material, _TESTED, self.length)
        rows = np.random.default_rng(0).permutation(len(material.test.ids))[:_TEST_ROWS]
        blocks = np.resize(rows, -(-len(rows) // self.batch) * self.batch).reshape(-1, self.batch)
        return [
            objectives[self.objective](material.test.take(block), asking, np.random.default_rng([0, place]))
            for place, block in enumerate(blocks)
        ]

    def _facts(self, material: Material, learned: Learned) -> dict[str, Any]:
        """How long training was and took."""
        rows = self.steps * self.batch
        pace = rows * self.length * material.filled / learned.seconds if self.steps else None
        return {
            "epochs": rows / len(material.train.ids), "seconds_training": learned.seconds, "words_per_second": pace,
            "padded_share": 1 - material.filled,
        }  # fmt: skip

    @property
    def _all_steps(self) -> int:
        """Of training, and of what comes after it, about as many as would take as long; at least one."""
        return max(1, self.steps + self.tuning * 3 * len(self.tasks))

    @property
    def _translates(self) -> bool:
        return objectives.facts(self.objective).get("translates", False)

    def _source(self) -> Any:
        return source_of(self.data, pair_sets if self.paired else corpora)

    def _corruption(self) -> Corruption:
        return Corruption(self.corrupted, self.share_masked, self.share_replaced, self.share_told)

    def _asking(self, material: Material, corruption: Corruption, candidates: int) -> Asking:
        """As many answers as are chosen, but for one batch in a thousand, of so many candidates a row."""
        likely = corruption.rate * corruption.told * self.batch * candidates
        return Asking(material.words, corruption, int(np.ceil(likely + 3 * np.sqrt(likely))))


def audited_once(design: Design, profile: Profile | None = None) -> Design:
    """The first cell of each shape asks the auditor, too: the others differ in weights alone. In `smoke`, if that profile is
    given, none does."""
    if profile is not None and profile.name == "smoke":
        return design
    first = {cell.shape(): cell.key for cell in reversed(design.cells)}
    return Design(
        tuple(replace(cell, audited=first[cell.shape()] == cell.key) for cell in design.cells), design.skipped
    )


def _pack_weights(weights: list[np.ndarray]) -> dict[str, np.ndarray]:
    """By names whose order is theirs."""
    return {f"weight_{place:03}": value for place, value in enumerate(weights)}


def _baselines(material: Material, tests: list[Lesson], translates: bool) -> Iterator[dict[str, Any]]:
    """What is told by how often words occur, and no more: in training texts, each once more."""
    texts = material.train
    seen, words = (texts.target_ids[:, 1:], material.target_words) if translates else (texts.ids, material.words)
    counts = np.bincount(seen[seen >= FIRST_WORD], minlength=words) + 1.0
    labels = np.concatenate([lesson.labels[lesson.weights > 0] for lesson in tests])
    for metric, value in (
        ("loss_of_unigrams", -np.log(counts / counts.sum())[labels].mean()),
        ("accuracy_of_unigrams", (labels == counts.argmax()).mean()),
    ):
        yield {"probe": "test", "layer": "model", "metric": metric, "value": float(value)}


def _audit(pretrainer: Pretrainer, lesson: Lesson) -> Iterator[dict[str, Any]]:
    """What our own auditor finds: whether padding leaks, and the largest leak in effects of one exchanged word."""
    names = [tensor.name for tensor in pretrainer.model.inputs]
    found = audit(pretrainer.model, dict(zip(names, (part[:_AUDITED_ROWS] for part in lesson.inputs))))
    for metric, value in (("leaks", float(found.leaks)), ("max_leak", found.max_leak)):
        yield {"probe": "audit", "layer": "model", "metric": metric, "value": value}
