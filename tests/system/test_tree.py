"""What keeps the design: needs of programs, layers, pages, form of the sources."""
import os
import re
import subprocess

import pytest

from paths import BIN, BUILD, SANITIZED, TOP

SOURCES = sorted(TOP.glob("src/*/*.cc"))
HEADERS = sorted(TOP.glob("src/*/*.h"))
MAINS = {p.stem: p for p in SOURCES if re.search(r"^int main\(", p.read_text(), re.M)}
SCRIPTS = {p.stem: p for p in TOP.glob("src/*/*.sh")}
PROGRAMS = sorted(MAINS | SCRIPTS)
PAGES = sorted(TOP.glob("doc/man/*.[1-9]"))


def output(*argv):
    p = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=TOP)
    return p.returncode, p.stdout.decode()


def relative(paths):
    return [str(p.relative_to(TOP)) for p in paths]


def test_programs_need_libc_alone():
    allowed = {"libc.so.6"}
    if SANITIZED:
        allowed |= {"libasan.so.8", "libubsan.so.1", "libgcc_s.so.1", "libm.so.6", "libstdc++.so.6"}
    for name in sorted(MAINS):
        _, text = output("readelf", "-d", BIN / name)
        needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", text))
        extra = {"libcrypt.so.1"} if name in ("checkpassword", "checkpassword-cdb") else set()
        assert needed <= allowed | extra, name


def test_what_runs_for_each_message_is_static():
    for name in sorted(MAINS):
        if not re.search(r'"lib/(nss|crypt)\.h"', MAINS[name].read_text()) and not SANITIZED:
            assert "(NEEDED)" not in output("readelf", "-d", BIN / name)[1], name


def test_includes_point_down():
    """A program's folder, then mail and dns, then lib; nothing sideways, nothing up."""
    below = {"lib": {"lib"}, "dns": {"dns", "lib"}, "mail": {"mail", "lib"}}
    wrong = []
    for path in SOURCES + HEADERS:
        folder = path.parent.name
        for name in re.findall(r'^#include "([^"]+)"', path.read_text(), re.M):
            if "/" not in name:  # made by the build
                continue
            if name.partition("/")[0] not in below.get(folder, {folder, "mail", "dns", "lib"}):
                wrong.append(f"{folder}/{path.name} includes {name}")
            elif not (TOP / "src" / name).exists():
                wrong.append(f"{folder}/{path.name} includes {name}, which is not there")
    assert not wrong


def test_one_program_one_name():
    assert len(MAINS) + len(SCRIPTS) == len(set(PROGRAMS))
    assert {p.name for p in BIN.iterdir()} >= set(PROGRAMS)
    for name, path in MAINS.items():
        assert re.search(rf'^const char program\[\] = "{re.escape(name)}";', path.read_text(), re.M), name


def test_every_program_has_a_page():
    described = {p.stem for p in PAGES if p.suffix in (".1", ".8")}
    assert not set(PROGRAMS) - described


def test_pages_are_clean():
    status, text = output("mandoc", "-Tlint", "-Wwarning", *PAGES)
    assert status == 0, text


def words_of(synopsis):
    """Brackets and bars apart, only the words count."""
    return re.sub(r"[\[\]|]", " ", synopsis).split()


def synopses(page):
    """The lines of a page's SYNOPSIS, each in one line, as words."""
    text = subprocess.run(["mandoc", "-Tascii", "-Owidth=1000", str(page)], stdout=subprocess.PIPE,
                          check=True).stdout.decode()
    text = re.sub(".\b", "", text)
    section = re.search(r"^SYNOPSIS\n(.*?)(?=^\S)", text, re.M | re.S)
    return [words_of(line) for line in section[1].splitlines() if line.strip()] if section else []


def usage_of(path):
    """The usage line of a program's source: adjacent string literals joined."""
    called = re.search(r'die_usage\(\s*((?:"[^"]*"\s*)+)\)', path.read_text())
    return "".join(re.findall(r'"([^"]*)"', called[1])) if called else None


@pytest.mark.parametrize("name", PROGRAMS)
def test_synopsis_and_usage_agree(name):
    pages = [p for p in PAGES if p.stem == name and p.suffix in (".1", ".8")]
    assert pages, "no page"
    lines = synopses(pages[0])
    assert lines and all(line[0] == name for line in lines)
    if name in MAINS and (usage := usage_of(MAINS[name])):
        assert words_of(usage) in lines


def test_sources_are_formatted():
    files = SOURCES + HEADERS + sorted(TOP.glob("tests/*/*.cc")) + sorted(TOP.glob("tests/*/*.h"))
    status, text = output("clang-format", "--dry-run", "-Werror", *files)
    assert status == 0, "\n".join(line for line in text.splitlines() if "error:" in line)


def shell_scripts():
    candidates = [*SCRIPTS.values(), *TOP.glob("src/*.sh"), *TOP.glob("boot/**/*"), *TOP.glob("tests/*"),
                  *TOP.glob("tests/*/*"), TOP / ".ci/run"]
    for path in candidates:
        if path.is_file() and path.suffix not in (".t", ".py") and re.match(rb"#! ?/bin/(ba)?sh", path.read_bytes()[:20]):
            yield path


def test_scripts_are_clean():
    # SC1091: what a script reads in is looked at by itself.
    status, text = output("shellcheck", "-e", "SC1091", *shell_scripts())
    assert status == 0, text


def test_cppcheck_finds_nothing():
    status, text = output("cppcheck", "--quiet", "--language=c++", "--std=c++20", "--enable=warning,portability",
                          "--inline-suppr", "--suppress=missingIncludeSystem", "--suppress=normalCheckLevelMaxBranches",
                          "--error-exitcode=1", "-j2", "--max-configs=1", "-D__GNUC__", "-D__linux__", "-Isrc",
                          f"-I{BUILD}/include", "src")
    assert status == 0, text


def test_documents_name_files_that_exist():
    """Links of Markdown pages, and names in backquotes that begin with a folder of the tree."""
    folders = "src|tests|boot|doc|control.sample"
    wrong = []
    for page in [TOP / "README.md", *TOP.glob("doc/*.md"), *TOP.glob("tests/*.md")]:
        if not page.exists():
            wrong.append(f"{page.name} is missing")
            continue
        text = page.read_text()
        links = [page.parent / link for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text)]
        named = [TOP / name for name in re.findall(rf"`((?:{folders})/[\w./+-]*\w)`", text)]
        wrong += [f"{page.name} names {os.path.relpath(p, TOP)}" for p in links + named if not p.exists()]
    assert not wrong


def test_pages_refer_to_pages_that_exist():
    """.Xr to a page of ours, by its right section; the system's pages are taken on trust."""
    ours = {p.name for p in PAGES}
    wrong = []
    for page in PAGES:
        for name, section in re.findall(r"^\.Xr (\S+) (\d)", page.read_text(), re.M):
            is_ours = name in {p.stem for p in PAGES} or re.match("qmail|tcp|dot-|mbox|maildir|forward", name)
            if is_ours and f"{name}.{section}" not in ours:
                wrong.append(f"{page.name}: {name}({section})")
    assert not wrong
