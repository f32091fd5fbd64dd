"""Record of what a network that classifies frames of speech does on the test sentences."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Sentence(NamedTuple):
    """The beginning of one sentence, and what the network does in it."""

    name: str
    classes: np.ndarray  # (T,) int: of the frames
    said: np.ndarray  # (T,) int: class called; -1 where nothing is scored
    probability: np.ndarray  # (T,) of the frame's class; NaN where nothing is scored
    nets: tuple[str, ...]  # "forward" and, if there is one, "backward"
    states: tuple[np.ndarray, ...]  # (T, up to 5) each: the cells or units that vary most
    paths: tuple[np.ndarray, ...]  # (T, 2) each: along the two directions of most variance
    explained: tuple[float, ...]  # each: share of the variance along these


class PhonemeReview(NamedTuple):
    """What a network says of the test sentences."""

    class_names: tuple[str, ...]
    pauses: np.ndarray  # (K,) bool
    confusion: np.ndarray  # (K, K) int64: frames of class i that were called class j
    before: float  # fraction right with the initial weights
    directions: dict[str, float] | None  # share of frames by who is right; None without two nets
    sentence: Sentence

    def as_dict(self) -> dict[str, Any]:
        """Return the review as JSON values; numbers of figures have four digits."""
        one = self.sentence
        return {
            "class_names": list(self.class_names),
            "pauses": self.pauses.astype(int).tolist(),
            "confusion": self.confusion.tolist(),
            "before": self.before,
            "directions": self.directions,
            "sentence": {
                "name": one.name,
                "classes": one.classes.tolist(),
                "said": one.said.tolist(),
                "probability": [
                    None if np.isnan(p) else round(float(p), 4) for p in one.probability
                ],
                "nets": list(one.nets),
                "states": [np.round(part, 4).tolist() for part in one.states],
                "paths": [np.round(part, 4).tolist() for part in one.paths],
                "explained": list(one.explained),
            },
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> PhonemeReview:
        """Return the review that `as_dict` describes."""
        one = values["sentence"]
        return cls(
            tuple(values["class_names"]),
            np.array(values["pauses"], dtype=bool),
            np.array(values["confusion"], dtype=np.int64),
            float(values["before"]),
            values["directions"],
            Sentence(
                one["name"],
                np.array(one["classes"], dtype=np.int64),
                np.array(one["said"], dtype=np.int64),
                np.array([np.nan if p is None else p for p in one["probability"]]),
                tuple(one["nets"]),
                tuple(np.array(part) for part in one["states"]),
                tuple(np.array(part) for part in one["paths"]),
                tuple(one["explained"]),
            ),
        )
