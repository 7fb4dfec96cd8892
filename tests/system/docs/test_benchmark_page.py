# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the page of the benchmark with the measured figures, and render other possible figures."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

from tests.docs import plots
from tests.proof.benchmark.rounds import Spread
from tests.proof.benchmark.table import Goal, Row, as_values

ROWS = as_values(
    [
        Row("upload 512 MiB: CPU / (curl -F + SHA-256)", Spread(0.86, 0.64, 0.98), goal=Goal("<=", 1.25)),
        Row("upload 64 MiB: peak memory, uri / ours", Spread(559.6, 559.6, 559.7), goal=Goal(">=", 12), digits=1),
        Row("100 unchanged: wall time", Spread(4.58, 4.21, 4.79), unit=" s", goal=Goal("<", 6.5)),
        Row("fetch: wall time / curl -L", None, note="no curl"),
        Row("a share that is nothing / all", Spread(0.0, 0.0, 0.0), digits=3),
    ]
)


def test_the_page_has_the_kept_figures() -> None:
    assert plots.PAGE.read_text(encoding="utf-8") == plots.page(plots.figures()), "run: python -m tests.docs.plots"


def test_page_without_figures_says_so() -> None:
    assert plots.page(None).endswith(plots.MISSING)


def test_every_figure_is_in_the_table() -> None:
    text = plots.page(ROWS)
    assert "   * - upload 512 MiB: CPU / (curl -F + SHA-256)\n     - 0.86\n     - 0.64\n     - 0.98\n     - <= 1.25\n" in text
    assert "   * - 100 unchanged: wall time\n     - 4.58 s\n     - 4.21 s\n     - 4.79 s\n     - < 6.5 s\n" in text
    assert "   * - fetch: wall time / curl -L\n     - no curl\n     -\n     -\n     -\n" in text


def test_the_plot_has_the_ratios_in_order_of_size() -> None:
    drawn = ET.fromstring(plots.svg([row for row in ROWS if plots.is_ratio(row)]))  # noqa: S314  created on the line above
    space = {"svg": "http://www.w3.org/2000/svg"}
    dots = [float(dot.attrib["cx"]) for dot in drawn.findall(".//svg:circle", space)]
    assert len(dots) == 3
    assert dots[2] < dots[0] < at_one(drawn, space) < dots[1]
    assert "CPU / (curl -F + SHA-256): 0.86" in drawn.attrib["aria-label"]


def test_numbers_of_requests_have_bars_in_proportion() -> None:
    counts = {"1 host": 3, "200 hosts": 3, "10 hosts that fetch by themselves": 30}
    rows = as_values([Row(name, Spread(n, n, n), unit=" requests", digits=0) for name, n in counts.items()])
    assert [row for row in ROWS if plots.is_count(row)] == []
    text = plots.page(rows)
    drawing = text[text.index("<svg") : text.index("</svg>") + len("</svg>")]
    drawn = ET.fromstring(drawing)  # noqa: S314  created on the line above
    widths = [float(each.attrib["width"]) for each in drawn.iter("{http://www.w3.org/2000/svg}rect")]
    assert widths[0] == widths[1] == round(widths[2] / 10, 1)
    assert "200 hosts: 3;" in drawn.attrib["aria-label"]


def at_one(drawn: Any, space: dict[str, str]) -> float:
    """Return the position of 1 on the scale."""
    [tick] = [text for text in drawn.findall(".//svg:text", space) if re.fullmatch("1", text.text or "")]
    return float(tick.attrib["x"])
