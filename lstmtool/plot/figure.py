"""The figures of `lstmtool.plot`: not pyplot's, and yet shown by notebooks."""

from __future__ import annotations

from io import BytesIO

from matplotlib.figure import Figure as _Figure


class Figure(_Figure):
    """A figure that a notebook shows once, whether or not pyplot was imported."""

    def _repr_png_(self) -> bytes:
        image = BytesIO()
        self.savefig(image, format="png", dpi=100)
        return image.getvalue()
