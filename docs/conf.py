"""Builds these pages (`make docs`). Formulas become MathML here, so the pages need no network and no JavaScript."""

import re
import tomllib
from pathlib import Path
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert

project = "proofs-check"
author = copyright = "The proofs-check authors"
release = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]["version"]

extensions = ["myst_parser"]
myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "claims", "examples"]
html_theme = "furo"
html_title = "proofs-check"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_math_renderer = "mathml"
html_show_sphinx = False
pygments_style = "default"
highlight_language = "text"


def write_inline(writer: Any, node: nodes.math) -> None:
    writer.body.append(convert(node.astext()))
    raise nodes.SkipNode


def write_block(writer: Any, node: nodes.math_block) -> None:
    formula = re.sub(r"^\s*&|\\nonumber", "", node.astext())
    writer.body.append(f'<div class="formula">{convert(formula, display="block")}</div>')
    raise nodes.SkipNode


def setup(app: Any) -> None:
    app.add_html_math_renderer("mathml", (write_inline, None), (write_block, None))
