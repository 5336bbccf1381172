"""The widget in a real JupyterLab on loopback: sliders moved with mouse and keys, segments that follow, and sound."""

from __future__ import annotations

import pytest

from agora_audio.cli import main
from agora_audio.lab.trace import trace_speech
from agora_audio.vad.config import AudioVadConfigV2
from tests.browser import viewer
from tests.browser.conftest import PATIENCE, REQUIRED, Seen
from tests.browser.lab import jupyter_lab, missing, notebook, show
from tests.vad.pieces import TEST_DATA

DIALOGUE = TEST_DATA / "dialogue_16k.wav"
CELL = f"""
from agora_audio.lab.labels import read_labels
from agora_audio.lab.notebook import tune_speech

reference = [row.segment for row in read_labels({str(DIALOGUE.with_suffix(".json"))!r})]
tuner = tune_speech({str(DIALOGUE)!r}, reference=reference)
tuner
"""
NOTEBOOK = notebook(CELL, "print(tuner.config.stop_recognize_count, len(tuner.segments))")


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory):
    """Address of a JupyterLab with one notebook in it."""
    if absent := missing():
        (pytest.fail if REQUIRED else pytest.skip)(absent)
    with jupyter_lab(tmp_path_factory.mktemp("lab"), NOTEBOOK) as address:
        yield address


@pytest.fixture(scope="module")
def page(browser, lab):
    """The notebook, its first cell run, seen at once by all tests: each begins with what the sliders then are."""
    context = browser.new_context(viewport={"width": 1400, "height": 1300}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    opened.seen = Seen(opened)
    show(opened, lab)
    yield opened
    context.close()


@pytest.fixture(autouse=True)
def defaults(page):
    page.locator(".aa-actions button", has_text="Reset").click()
    follow(page, AudioVadConfigV2())


def follow(page, config):
    """Wait until what is shown is what a config finds."""
    count = found_by(config)
    page.wait_for_function(
        "(text) => document.querySelector('.aa-chips button').textContent.includes(text)", arg=f"now {count} segments"
    )
    return count


def found_by(config):
    return len(trace_speech(DIALOGUE, config=config).segments)


def slider(page, name):
    found = page.locator(f"input[type=range][data-name={name}]")
    found.scroll_into_view_if_needed()
    return found


def test_the_segments_follow_a_slider_moved_by_keys(page):
    before = viewer.picture(page)
    knob = slider(page, "stop_recognize_count")
    knob.focus()
    for _ in range(30):
        page.keyboard.press("ArrowLeft")
    assert knob.input_value() == "20"
    assert follow(page, AudioVadConfigV2(stop_recognize_count=20)) != found_by(AudioVadConfigV2())
    assert viewer.picture(page) != before


def test_the_segments_follow_a_slider_moved_by_mouse(page):
    before = viewer.picture(page)
    knob = slider(page, "start_rms_threshold")
    box = knob.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 40 / 90, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, middle, steps=6)
    page.mouse.up()
    value = int(knob.input_value())
    assert value > -30
    follow(page, AudioVadConfigV2(start_rms_threshold=value))
    assert viewer.picture(page) != before


def test_a_number_beside_the_slider_takes_what_the_slider_does_not_reach(page):
    number = page.get_by_label("stop_recognize_count", exact=True)
    number.fill("300")
    number.press("Enter")
    follow(page, AudioVadConfigV2(stop_recognize_count=300))


def test_a_config_that_cannot_be_is_said_and_what_was_found_stays(page):
    page.locator(".aa-controls summary").click()
    number = page.get_by_label("max_speech", exact=True)
    number.fill("0.1")
    number.press("Enter")
    page.wait_for_selector(".aa-problem:has-text('max_speech is 0.1 s, must be 0.47 s or more')")
    assert page.locator(".aa-actions button", has_text="Save").is_disabled()
    follow(page, AudioVadConfigV2())
    page.locator(".aa-actions button", has_text="Reset").click()
    page.wait_for_selector(".aa-problem:empty", state="attached")
    page.locator(".aa-controls summary").click()


def test_a_segment_is_heard_and_keys_are_not_jupyters(page):
    cells = page.locator(".jp-Cell").count()
    page.locator(".aa-viewer h1").click()
    for key in ("a", "b", "a", "j"):  # two of which would insert cells
        page.keyboard.press(key)
    segment = trace_speech(DIALOGUE).segments[0]
    viewer.wait_for_clock(page, "t > v[0] + 0.1 && t < v[1]", segment.audio_start, segment.audio_end)
    assert viewer.row(page)[0] == "1"
    page.keyboard.press("Space")
    viewer.wait_until_paused(page)
    assert page.locator(".jp-Cell").count() == cells


def test_the_config_is_saved_as_detection_takes_it_and_python_knows_it(page, tmp_path, capsys):
    slider(page, "stop_recognize_count").focus()
    page.keyboard.press("Home")
    for _ in range(11):
        page.keyboard.press("ArrowRight")
    wanted = AudioVadConfigV2(stop_recognize_count=12)
    count = follow(page, wanted)
    with page.expect_download() as saved:
        page.locator(".aa-actions button", has_text="Save").click()
    saved.value.save_as(tmp_path / "vad.json")
    assert AudioVadConfigV2.from_json((tmp_path / "vad.json").read_text()) == wanted
    assert main(["vad", "detect", str(DIALOGUE), "--config", str(tmp_path / "vad.json")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == count
    page.locator(".jp-CodeCell .cm-content").nth(1).click()
    page.keyboard.press("Shift+Enter")
    page.wait_for_selector(f".jp-OutputArea-output:has-text('12 {count}')")


def test_what_is_kept_is_compared_with(page):
    slider(page, "stop_recognize_count").focus()
    page.keyboard.press("Home")
    count = follow(page, AudioVadConfigV2(stop_recognize_count=1))
    page.locator(".aa-actions button", has_text="Keep as B").click()
    page.wait_for_selector(f".aa-chips button:has-text('B kept {count} segments')")


def test_nothing_leaves_the_machine(page, lab):
    assert page.seen.leaving(lab, lab.replace("http", "ws")) == []
    assert [one for one in page.seen.complaints if "agora" in one or "aa-" in one] == []
