#!/usr/bin/env python3
"""Records docs/picker.svg: a session with the list of `spec-kitty specify`.

The session is real. A control plane with the sample tickets runs in a temporary folder, tmux is the
terminal, and the keys are typed one after the other. Each screen becomes a frame of the picture.

    docs/picker.py target/release/spec-kitty

It needs git and tmux.
"""

import html
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from unicodedata import east_asian_width

COLUMNS, LINES = 80, 20
CELL_WIDTH, CELL_HEIGHT, MARGIN = 8.4, 18, 12
TEAM = "7c0b1f52-5d0e-4a6b-9a3c-2f1e8d7b6a90"
ROOT = Path(__file__).resolve().parent.parent
# What is typed, what the screen then shows, and how many seconds the picture stays.
SCENES = [
    ("spec-kitty specify", "$ spec-kitty specify", 1.2),
    ("\r", " of ", 2.5),
    ("wai", "Which ticket? wai", 0.6),
    ("ting", "Which ticket? waiting", 2.0),
    ("\x1b[B", "> WEB-", 2.0),
    ("\r", "(y/N)", 2.0),
    ("y", "(y/N): y", 0.8),
    ("\r", "queued", 5.0),
]


class Session:
    """A shell in tmux, with a home and a project of its own."""

    def __init__(self, folder, program):
        self.folder = folder
        self.project = folder / "web"
        self.project.mkdir()
        (folder / "home").mkdir()
        self.environment = {
            "HOME": str(folder / "home"),
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "GIT_CONFIG_GLOBAL": str(folder / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CEILING_DIRECTORIES": str(folder),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
        }
        (folder / "gitconfig").write_text(
            "[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"
        )

    def run(self, line, text=""):
        """Runs a command in the project."""
        words = line.split(" ")
        subprocess.run(
            words, cwd=self.project, env=self.environment, input=text, text=True, check=True,
            stdout=subprocess.DEVNULL,
        )

    def tmux(self, *words):
        socket = str(self.folder / "tmux")
        command = ["tmux", "-S", socket, "-f", "/dev/null", *words]
        result = subprocess.run(
            command, cwd=self.project, env=self.environment, text=True, check=True,
            capture_output=True,
        )
        return result.stdout

    def wait_for(self, text):
        """The screen, once it shows the text and no longer changes."""
        before = None
        for _ in range(200):
            time.sleep(0.1)
            screen = self.tmux("capture-pane", "-e", "-p", "-t", "picker")
            if text in plain(screen) and screen == before:
                return screen
            before = screen
        raise SystemExit(f"the screen does not show {text!r}:\n{plain(before)}")


def plain(screen):
    return re.sub(r"\x1b\[[0-9;]*m", "", screen)


def record(program):
    """Plays the scenes: each screen, with its seconds."""
    with tempfile.TemporaryDirectory(prefix="picker-") as name:
        session = Session(Path(name), program)
        session.run("spec-kitty admin user add ada --team harbour --link linear --password-stdin", "pw-of-ada")
        session.run(
            "spec-kitty admin project map web --provider linear"
            f" --resource-type linear_team --resource-id {TEAM}"
        )
        session.run(f"spec-kitty admin tickets import {ROOT}/assets/sample-tickets.json")
        serve = subprocess.Popen(
            ["spec-kitty", "serve", "--listen", "0", "--json"], env=session.environment,
            stdout=subprocess.PIPE, text=True,
        )
        try:
            url = json.loads(serve.stdout.readline())["url"]
            session.run("git init --quiet")
            session.run("spec-kitty init")
            session.run(f"spec-kitty auth login --server {url} --username ada --password-stdin", "pw-of-ada")
            session.run("spec-kitty tracker bind --provider linear --project-slug web")
            session.run("git add --all")
            session.run("git commit --quiet --message Begin")
            size = ["-x", str(COLUMNS), "-y", str(LINES)]
            shell = ["env", "PS1=$ ", "bash", "--norc", "--noprofile", "-i"]
            session.tmux("new-session", "-d", "-s", "picker", *size, *shell)
            session.wait_for("$")
            frames = []
            for keys, text, seconds in SCENES:
                session.tmux("send-keys", "-t", "picker", "-l", keys)
                frames.append((session.wait_for(text), seconds))
            session.tmux("kill-server")
            return frames
        finally:
            serve.terminate()
            serve.wait()


def spans(line):
    """The parts of a line in one style: column, text, classes."""
    column, style, found = 0, set(), []
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        code = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if code is None:
            # SVG folds spaces.
            for words in re.finditer(r"\S+(?: \S+)*", part):
                start = column + columns(part[: words.start()])
                found.append((start, words[0], sorted(style)))
            column += columns(part)
            continue
        for number in code[1].split(";"):
            if number in ("", "0"):
                style = set()
            elif number == "1":
                style = style | {"bold"}
            elif number in ("31", "32", "33", "36"):
                style = style | {f"c{number}"}
            elif number == "39":
                style = {name for name in style if not name.startswith("c3")}
    return found


def columns(text):
    """The columns that a text takes; wide characters take two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def svg(frames):
    total = sum(seconds for _, seconds in frames)
    picture_width = COLUMNS * CELL_WIDTH + 2 * MARGIN
    picture_height = LINES * CELL_HEIGHT + 2 * MARGIN
    styles, groups, start = [], [], 0.0
    for number, (screen, seconds) in enumerate(frames):
        first, last = 100 * start / total, 100 * (start + seconds) / total
        hidden_before = f"0%,{first:.3f}%{{visibility:hidden}}" if number else ""
        styles.append(
            f"@keyframes f{number}{{{hidden_before}{first + 0.001:.3f}%,{last:.3f}%"
            f"{{visibility:visible}}{min(last + 0.001, 100):.3f}%,100%{{visibility:hidden}}}}"
            f"#f{number}{{animation:f{number} {total}s step-end infinite;visibility:hidden}}"
        )
        texts = []
        for row, line in enumerate(screen.split("\n")[:LINES]):
            y = MARGIN + (row + 0.75) * CELL_HEIGHT
            for column, text, classes in spans(line):
                length = columns(text) * CELL_WIDTH
                names = f' class="{" ".join(classes)}"' if classes else ""
                texts.append(
                    f'<text x="{MARGIN + column * CELL_WIDTH:.1f}" y="{y:.1f}"{names}'
                    f' textLength="{length:.1f}">{html.escape(text, quote=False)}</text>'
                )
        groups.append(f'<g id="f{number}">\n' + "\n".join(texts) + "\n</g>")
        start += seconds
    style = "\n".join(styles)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {picture_width:.0f} {picture_height:.0f}" width="{picture_width:.0f}" height="{picture_height:.0f}" role="img" aria-labelledby="title">
<title id="title">spec-kitty specify lists the open tickets; typing filters them, Enter chooses one, y confirms it</title>
<style>
text{{font:14px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d8dee9}}
.bold{{font-weight:bold;fill:#fff}}.c31{{fill:#f7768e}}.c32{{fill:#9ece6a}}.c33{{fill:#e0af68}}.c36{{fill:#7dcfff}}
{style}
/* Without motion, the list alone. */
@media (prefers-reduced-motion:reduce){{g{{animation:none!important}}#f1{{visibility:visible!important}}}}
</style>
<rect width="100%" height="100%" rx="8" fill="#1a1b26"/>
{chr(10).join(groups)}
</svg>
"""


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    program = Path(sys.argv[1]).resolve()
    (ROOT / "docs" / "picker.svg").write_text(svg(record(program)))


if __name__ == "__main__":
    main()
