"""Tables and charts of a notebook, in one style. Synapse, Fabric and Jupyter come with Matplotlib and IPython."""

from __future__ import annotations

import builtins
import html
from collections.abc import Sequence
from datetime import date
from typing import Any

BLUE = "#2563a8"
PALE = "#cfdcec"
INK = "#24292f"
GREY = "#6b7280"

_CELL = "padding:4px 14px 4px 0;border-bottom:1px solid #e5e7eb;vertical-align:top"


class Table:
    """Rows under headers; numbers are right-aligned, with their exact value in the tooltip."""

    def __init__(self, headers: Sequence[str], rows: Sequence[Sequence[Any]], caption: str = "") -> None:
        self.headers = headers
        self.rows = rows
        self.caption = caption

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in self.rows)
        heads = "".join(
            f'<th style="{_CELL};text-align:{_side(place, self.rows)};color:{GREY};font-weight:600">'
            f"{html.escape(name)}</th>"
            for place, name in enumerate(self.headers)
        )
        caption = f'<p style="color:{GREY};margin:4px 0 10px">{html.escape(self.caption)}</p>'
        return (
            '<table style="border-collapse:collapse;font-size:13px;margin:6px 0">'
            f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{caption if self.caption else ''}"
        )

    def __repr__(self) -> str:
        lines = [list(self.headers), *[[text_of(value) for value in row] for row in self.rows]]
        widths = [max(len(line[place]) for line in lines) for place in range(len(self.headers))]
        text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]
        return "\n".join([*text, *([self.caption] if self.caption else [])])


def table(headers: Sequence[str], rows: Sequence[Sequence[Any]], caption: str = "") -> None:
    """Shows a table."""
    _show(Table(headers, rows, caption))


def say(text: str) -> None:
    """Shows a sentence, as the result of a step."""
    _show(_Sentence(text))


def text_of(value: Any) -> str:
    """A value for display: grouped thousands, two decimals, a dash for None."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return str(value)


def bars(title: str, note: str, names: Sequence[str], values: Sequence[float], unit: str) -> None:
    """A bar for each name, the first one at the top."""
    plt = _plots()
    figure, axes = plt.subplots(figsize=(9, max(1.6, 0.42 * len(names) + 1.1)))
    places = range(len(names))
    axes.barh(places, values, color=BLUE, height=0.62)
    axes.set_yticks(list(places), [_label(name) for name in names])
    axes.set_xticks([])
    axes.set_xlim(0, max([*values, 0]) * 1.15 or 1)
    for place, value in zip(places, values):
        axes.annotate(
            text_of(value), (value, place), xytext=(5, 0), textcoords="offset points", va="center", color=INK
        )
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.spines["left"].set_color(PALE)
    axes.tick_params(length=0)
    _finish(figure, axes, title, f"{unit}. {note}")


def line(title: str, note: str, days: Sequence[date], values: Sequence[float | None], unit: str) -> None:
    """A line over days; a day without a value is a gap."""
    plt = _plots()
    figure, axes = plt.subplots(figsize=(9, 3.2))
    drawn = [float("nan") if value is None else value for value in values]
    axes.plot(days, drawn, color=BLUE, linewidth=1.8, marker="o", markersize=4)
    axes.set_ylim(0, max([value for value in values if value is not None] or [1]) * 1.12)
    axes.grid(axis="y", color=PALE, linewidth=0.8)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0)
    locator = _dates().AutoDateLocator(minticks=3, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(_dates().ConciseDateFormatter(locator))
    _finish(figure, axes, title, f"{unit}. {note}")


class _Sentence:
    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_html_(self) -> str:
        return f'<p style="margin:4px 0;color:{INK}">{html.escape(self.text)}</p>'

    def __repr__(self) -> str:
        return self.text


def _show(shown: Table | _Sentence) -> None:
    import __main__

    # Synapse and Fabric have their own function for it.
    display_html = getattr(builtins, "displayHTML", None) or getattr(__main__, "displayHTML", None)
    if display_html is not None:
        display_html(shown._repr_html_())
        return
    try:
        from IPython.display import display  # type: ignore[import-not-found]
    except ImportError:
        print(shown)
    else:
        display(shown)


def _plots() -> Any:
    from matplotlib import pyplot  # type: ignore[import-not-found]

    pyplot.rcParams.update({"font.size": 10, "text.color": INK, "axes.labelcolor": INK, "ytick.color": INK})
    return pyplot


def _dates() -> Any:
    from matplotlib import dates

    return dates


def _finish(figure: Any, axes: Any, title: str, note: str) -> None:
    axes.set_title(title, loc="left", fontsize=13, fontweight="bold", pad=24)
    axes.annotate(
        note, (0, 1), xytext=(0, 8), xycoords="axes fraction", textcoords="offset points", color=GREY
    )
    figure.tight_layout()
    _plots().show()


def _cell(value: Any) -> str:
    side = "right" if _is_number(value) else "left"
    exact = f' title="{value!r}"' if _is_number(value) else ""
    return f'<td{exact} style="{_CELL};text-align:{side}">{html.escape(text_of(value))}</td>'


def _side(place: int, rows: Sequence[Sequence[Any]]) -> str:
    return "right" if any(_is_number(row[place]) for row in rows) else "left"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _label(name: str) -> str:
    short = name if len(name) <= 38 else f"{name[:37]}…"
    # Matplotlib takes a text between dollars for a formula.
    return short.replace("$", r"\$")
