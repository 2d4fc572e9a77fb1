"""The picture: payout by order of leaving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

SCALE = 10  # what each holder has deposited
NAME = "payout_by_arrival"
OURS = "#0b6e4f"
# Colour, width and dashes of the others; thinner over wider, so that equal payouts are all seen.
STYLES = (
    ("#e9b44c", 5.5, "-"),
    ("#48639c", 3.5, "-"),
    ("#c1443c", 2.0, (0, (4, 3))),
    ("#7b5e7b", 1.8, (0, (1, 1))),
    ("#8d99ae", 1.5, "-"),
)


def drawn(payouts: Mapping[str, Sequence[float]], ours: set[str], fair: float) -> Figure:
    """Draw payouts for each asset wei deposited, by order of leaving.

    Args:
        payouts: by the system's title.
        ours: titles that are drawn as ours.
        fair: what everybody would get if all were treated alike.
    """
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    places = range(1, max(map(len, payouts.values())) + 1)
    axes.axhline(SCALE * fair, color="#bbbbbb", linewidth=1, zorder=0)
    styles = iter(STYLES)
    for title, parts in payouts.items():
        colour, width, dashes = (OURS, 2.5, "-" if title == min(ours) else (0, (2, 2)))
        if title not in ours:
            colour, width, dashes = next(styles)
        heights = [SCALE * part for part in parts]
        look = {"color": colour, "linewidth": width, "linestyle": dashes, "zorder": 3 if title in ours else 2}
        axes.step(places, heights, where="mid", label=title, **look)
    axes.set_xlabel("order of leaving")
    axes.set_ylabel(f"paid for each {SCALE} deposited")
    axes.set_title("A third liquid, a loss in the middle: what each of forty leavers gets", loc="left")
    axes.set_ylim(0, SCALE * 1.08)
    axes.set_xlim(1, len(places))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower left")
    return figure


def saved(figure: Figure, folder: Path) -> list[Path]:
    """Write the figure as PNG and SVG, the same bytes for the same figures, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    png, svg = folder / f"{NAME}.png", folder / f"{NAME}.svg"
    FigureCanvasAgg(figure).print_png(png, metadata={"Software": None})
    with matplotlib.rc_context({"svg.hashsalt": NAME}):
        FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None})
    return [png, svg]
