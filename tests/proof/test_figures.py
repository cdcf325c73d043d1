"""The figures in doc/reliability.md are those of the runs that are kept in figures/."""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import figures  # noqa: E402


def test_the_page_says_what_was_counted():
    text = figures.PAGE.read_text()
    assert text == figures.page_as_it_should_be(text), "run tests/proof/run --page"


def test_every_run_is_in_the_page():
    kept = sorted(p.stem for p in (HERE / "figures").glob("*.json"))
    assert kept and kept == sorted(figures.named(figures.PAGE.read_text()))
    for name in kept:
        for row in json.loads((HERE / "figures" / f"{name}.json").read_text()):
            assert all(row[key] for key in figures.ABOUT)
            assert row["points" if "points" in row else "executions"] > 0
            assert not any(row.get(key) for key in ("lost", "half", "other violations", "crashes", "hangs"))
