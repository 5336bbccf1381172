"""What a report weighs, and how soon it can be used in a browser; how soon segments follow a slider in a notebook.

    python benchmarks/report_page.py [--minutes 4 60] [--notebook] [--json]

*write s*: from a trace to files on disk. *page MB*, *beside MB*: the page and what is in the folder beside it. *drawn
ms*, *playable ms*: from opening the page in headless Chromium (group ``browser``) until it is drawn, and until it can
be heard. *plays ms*: from a key until the player's clock moves, in the middle of the recording. *scroll ms*: a step of
scrolling, zoomed in, until it is drawn. With ``--notebook``, of up to 30 minutes in a real JupyterLab: *slider ms*,
from a key on a slider until the segments that Python found for it are drawn; *bare ms*, the same for a widget whose
Python gives the number back and nothing else. All medians.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from timing import arguments, emit

from agora_audio.frames import AudioFormat
from agora_audio.io import read_audio
from agora_audio.lab.labels import read_labels
from agora_audio.lab.report import Recording, record_blocks, write_report
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.segments import Segment
from agora_audio.writer import AudioWriter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tests.browser.conftest import ARGUMENTS, chromium, missing  # noqa: E402 - found once the root is on the path
from tests.browser.lab import jupyter_lab, notebook, show  # noqa: E402

SPEECH = ROOT / "test_data" / "long_16k.flac"
CONFIGS = {name: AudioVadConfigV2.preset(name) for name in ("quiet", "low-latency")}
CLOCK = "document.querySelector('.aa-viewer audio').currentTime"
SCROLL = """() => new Promise((done) => {
    const scroller = document.querySelector(".aa-scroller"), begun = performance.now();
    scroller.scrollLeft += 400;
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
})"""
BARE = '''
import anywidget, traitlets
from IPython.display import display

class Bare(anywidget.AnyWidget):
    _esm = """export default { render({ model, el }) {
        const input = Object.assign(document.createElement("input"), { type: "range", value: 100 });
        input.dataset.name = "bare";
        input.onkeydown = (event) => event.stopPropagation();  // else JupyterLab takes it
        let asked = 0;
        input.oninput = () => {
            asked = performance.now();
            model.set("asked", Number(input.value));
            model.save_changes();
        };
        const followed = () => (input.dataset.followed = (performance.now() - asked).toFixed(1));
        model.on("change:answered", () => requestAnimationFrame(followed));
        el.append(input);
    } }"""
    asked = traitlets.Int().tag(sync=True)
    answered = traitlets.Int().tag(sync=True)

bare = Bare()
bare.observe(lambda change: setattr(bare, "answered", change["new"]), "asked")
display(bare)
'''


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--minutes", type=float, nargs="+", default=[4.0, 60.0], help="lengths (default 4 60)")
    parser.add_argument("--notebook", action="store_true", help="measure the slider too")
    options = parser.parse_args()
    if absent := missing():
        print(f"only written, not opened: {absent}", file=sys.stderr)
    rows = []
    with tempfile.TemporaryDirectory() as folder, opened_browser() as browser:
        for minutes in options.minutes:
            recording, reference = talk(minutes)
            row = {"what": f"{minutes:g} min", **written(Path(folder), recording, reference)}
            if browser is not None:
                row |= looked_at(browser, Path(folder) / "page.html", minutes * 60, options.repeats)
                if options.notebook and minutes <= 30:
                    row |= slider(browser, recording, options.repeats)
            rows.append(row)
    emit("report_page", rows, options.json)


@contextmanager
def opened_browser() -> Iterator[Any]:
    if missing():
        yield None
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)


def talk(minutes: float) -> tuple[Recording, list[Segment]]:
    """Return the long recording again and again under a little noise, as no encoder likes it, and its reference."""
    samples, format = read_audio(SPEECH)
    noise = np.random.default_rng(3).normal(0, 60, len(samples))
    once = (samples[:, 0] + noise).clip(-32768, 32767).astype("<i2")
    length = round(minutes * 60 * format.sample_rate)
    seconds = len(once) / format.sample_rate
    times = -(-length // len(once))
    sound = np.tile(once, times)[:length]
    rows = read_labels(SPEECH.with_suffix(".json"))
    reference = [
        Segment(row.segment.start + seconds * k, row.segment.end + seconds * k) for k in range(times) for row in rows
    ]
    blocks = (sound[at : at + format.sample_rate].tobytes() for at in range(0, length, format.sample_rate))
    recording = record_blocks(blocks, AudioFormat(format.sample_rate))
    return recording, [one for one in reference if one.end < minutes * 60]


def written(folder: Path, recording: Recording, reference: Sequence[Segment]) -> dict[str, float]:
    begun = time.perf_counter()
    page, *beside = write_report(folder / "page.html", recording, CONFIGS, reference=reference, title="talk")
    return {
        "write s": time.perf_counter() - begun,
        "page MB": page.stat().st_size / 1e6,
        "beside MB": sum(path.stat().st_size for path in beside) / 1e6,
        "segments": len(recording.trace.segments),
    }


def looked_at(browser: Any, path: Path, seconds: float, repeats: int) -> dict[str, float]:
    turns = [look(browser, path, seconds) for _ in range(repeats)]
    return {name: statistics.median(turn[name] for turn in turns) for name in turns[0]}


def look(browser: Any, path: Path, seconds: float) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    begun = time.perf_counter()
    page.goto(path.as_uri())
    page.wait_for_selector(".aa-viewer[data-ready]")
    drawn = time.perf_counter()
    page.wait_for_selector(".aa-viewer[data-sound]")
    playable = time.perf_counter()
    box = page.locator("canvas.aa-plot").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 40)
    page.wait_for_function(f"() => Math.abs({CLOCK} - {seconds / 2}) < {seconds} / 20")
    pressed, here = time.perf_counter(), page.evaluate(CLOCK)
    page.keyboard.press("Space")
    page.wait_for_function(f"() => {CLOCK} > {here} + 0.01")
    plays = time.perf_counter()
    page.keyboard.press("Space")
    for _ in range(6):
        page.keyboard.press("+")
    steps = [page.evaluate(SCROLL) for _ in range(20)]
    context.close()
    return {
        "drawn ms": 1e3 * (drawn - begun),
        "playable ms": 1e3 * (playable - begun),
        "plays ms": 1e3 * (plays - pressed),
        "scroll ms": statistics.median(steps),
    }


def slider(browser: Any, recording: Recording, repeats: int) -> dict[str, float]:
    """Return how long the segments take to follow a slider, and a number a bare one, moved by keys in turn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with AudioWriter(folder / "talk.wav", AudioFormat()) as writer:
            writer.write(recording.sound if recording.sound is not None else b"")
        cell = f"{BARE}\nfrom agora_audio.lab.notebook import tune_speech\ntune_speech({str(folder / 'talk.wav')!r})"
        with jupyter_lab(folder, notebook(cell)) as address:
            page = browser.new_page(viewport={"width": 1400, "height": 1300})
            show(page, address)
            delays: dict[str, list[float]] = {"slider ms": [], "bare ms": []}
            places = {
                "slider ms": ("input[data-name=stop_recognize_count]", ".aa-viewer"),
                "bare ms": ("input[data-name=bare]", "input[data-name=bare]"),
            }
            for _ in range(5 * repeats):
                for name, (moved, answered) in places.items():
                    page.locator(moved).focus()
                    page.locator(answered).evaluate("(element) => delete element.dataset.followed")
                    page.wait_for_timeout(150)
                    page.keyboard.press("ArrowLeft")
                    page.wait_for_selector(f"{answered}[data-followed]")
                    delays[name].append(float(page.locator(answered).get_attribute("data-followed")))
            page.close()
    return {name: statistics.median(values) for name, values in delays.items()}


if __name__ == "__main__":
    main()
