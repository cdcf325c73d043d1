"""doc/performance.md says what was measured: its tables are those that the committed figures give."""
import json
import sys

from paths import TESTS

sys.path.insert(0, str(TESTS / "bench"))
import tables  # noqa: E402


def test_the_page_has_the_committed_figures():
    page = tables.PAGE.read_text()
    assert page == tables.filled_in(page), "run tests/bench/tables"


def test_every_file_of_figures_is_in_the_page():
    page = tables.PAGE.read_text()
    for f in tables.RESULTS.glob("*.json"):
        assert f"<!-- figures: {f.stem} -->" in page


def test_another_figure_is_another_page(tmp_path):
    for f in tables.RESULTS.glob("*.json"):
        rows = json.loads(f.read_text())
        if "figures" in rows[0]:
            rows[0]["figures"][next(iter(rows[0]["figures"]))] = 31415
        else:
            rows[0]["ours"] = 31415
        (tmp_path / f.name).write_text(json.dumps(rows))
    page = tables.PAGE.read_text()
    assert tables.filled_in(page, tmp_path).count("31,415") == len(list(tables.RESULTS.glob("*.json")))
