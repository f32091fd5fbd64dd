"""The files that docs/RECIPES.md talks about, as somebody might have them."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np


def make_files(folder: Path) -> None:
    """Make all files of the recipes in a folder."""
    rng = np.random.default_rng(0)
    _machines(folder / "machines.csv", rng)
    _days(folder / "days.csv", rng)
    _recordings(folder / "recordings", rng)
    _motions(folder / "motions_TRAIN.ts", rng)
    x = rng.normal(size=(12, 30, 2)) * (1 + np.arange(12) % 2)[:, None, None]
    with h5py.File(folder / "measured.h5", "w") as file:
        file["run3/signals"] = x
    np.savez(folder / "arrays.npz", X_train=x, y_train=np.arange(12) % 2, X_test=x[:4])


def _machines(path: Path, rng: np.random.Generator) -> None:
    lines = ["machine,second,current,vibration,state"]
    for n in range(18):
        state, level, spread = (("new", 1.0, 0.1), ("worn", 1.5, 0.1), ("loose", 1.0, 0.6))[n % 3]
        for t in range(rng.integers(30, 50)):
            current, vibration = rng.normal(level, 0.1), rng.normal(0, spread)
            lines.append(f"m{n + 1:02},{t},{current:.2f},{vibration:.2f},{state}")
    path.write_text("\n".join(lines) + "\n")


def _days(path: Path, rng: np.random.Generator) -> None:
    lines = ["day," + ",".join(f"h{h}" for h in range(24))]
    for n in range(14):
        peak = 18 if n % 7 < 5 else 11
        load = 1 + np.exp(-(((np.arange(24) - peak) / 4) ** 2)) + rng.normal(0, 0.05, 24)
        cells = [f"{v:.3f}" for v in load]
        if n == 3:
            cells[7] = ""
        lines.append(f"2024-01-{n + 1:02}," + ",".join(cells))
    path.write_text("\n".join(lines) + "\n")


def _recordings(folder: Path, rng: np.random.Generator) -> None:
    import soundfile

    t = np.arange(4410) / 44100
    for kind, pitch in (("low", 220.0), ("high", 660.0)):
        (folder / kind).mkdir(parents=True)
        for n in range(2):
            tone = 0.3 * np.sin(2 * np.pi * (pitch * t + rng.random())) + rng.normal(
                0, 0.01, t.size
            )
            soundfile.write(folder / kind / f"{n + 1}.wav", tone, 44100)


def _motions(path: Path, rng: np.random.Generator) -> None:
    lines = [
        *("@problemName motions", "@timeStamps false", "@missing false", "@univariate false"),
        *("@dimensions 2", "@equalLength false", "@classLabel true still moving", "@data"),
    ]
    for n in range(12):
        x = rng.normal(0, 0.1 + n % 2, (2, rng.integers(20, 40)))
        dimensions = [",".join(f"{v:.4f}" for v in row) for row in x]
        lines.append(":".join([*dimensions, ("still", "moving")[n % 2]]))
    path.write_text("\n".join(lines) + "\n")
