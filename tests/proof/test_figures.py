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
        found = json.loads((HERE / "figures" / f"{name}.json").read_text())
        if isinstance(found, dict):
            assert all(found[key] for key in figures.ABOUT)
            assert all(probe["qmail++"][0] == "as it must be" for probe in found.get("probes", []))
            assert all(s["wrong"] == 0 for s in found.get("smuggling", []) if s["server"] == "qmail++")
            continue
        for row in found:
            assert all(row[key] for key in figures.ABOUT)
            assert next(row[key] for key in ("points", "executions", "lines") if key in row) > 0
            assert not any(row.get(key) for key in ("lost", "half", "other violations", "crashes", "hangs"))
