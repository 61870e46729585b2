# SPDX-License-Identifier: Apache-2.0
"""The notebooks run from top to bottom, and what is kept of their outputs is what they say now."""
import pytest

NOTEBOOKS = ["a_gradient", "city_coverage", "first_channel"]


def said(notebook):
    """What the cells print; pictures aside."""
    return ["".join(o["text"] for o in cell.get("outputs", []) if o["output_type"] == "stream" and o["name"] == "stdout").strip() for cell in notebook.cells]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_runs(root, name):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    kept = nbformat.read(root / f"docs/notebooks/{name}.ipynb", 4)
    nbformat.validate(kept)
    notebook = nbformat.read(root / f"docs/notebooks/{name}.ipynb", 4)
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    assert any(said(kept)) and any("image/png" in o.get("data", {}) for cell in kept.cells for o in cell.get("outputs", []))
    # other processors round otherwise: words are compared, numbers are not
    words = [["".join(c for c in text if c.isalpha()) for text in said(n)] for n in (kept, notebook)]
    assert words[0] == words[1]


def test_no_notebook_is_forgotten(root):
    assert {p.stem for p in (root / "docs/notebooks").glob("*.ipynb")} == set(NOTEBOOKS)
    index = (root / "docs/notebooks/index.md").read_text()
    assert all(f"\n{name}\n" in index for name in NOTEBOOKS)
