"""The page of lab report in a browser: seen, heard, driven with mouse, keys and fingers, without a network."""

from __future__ import annotations

import re

import pytest

from agora_audio.lab.labels import read_labels
from agora_audio.lab.report import record_speech, write_report
from agora_audio.vad.config import AudioVadConfigV2
from tests.browser import viewer
from tests.browser.conftest import PATIENCE
from tests.vad.pieces import TEST_DATA

DIALOGUE = TEST_DATA / "dialogue_16k.wav"
EVIL = "<img src=x onerror=document.body.dataset.hacked=1>&'\"</script><script>document.body.dataset.hacked=1</script>"
CONFIGS = {"defaults": AudioVadConfigV2(), EVIL: AudioVadConfigV2.preset("low-latency")}


@pytest.fixture(scope="module")
def recording():
    return record_speech(DIALOGUE)


@pytest.fixture(scope="module")
def reference():
    return [row.segment for row in read_labels(TEST_DATA / "dialogue_16k.json")]


@pytest.fixture(scope="module")
def path(recording, reference, tmp_path_factory):
    page = tmp_path_factory.mktemp("report") / "call.html"
    write_report(page, recording, CONFIGS, reference=reference, title=EVIL, engine="silero")
    return page


@pytest.fixture
def page(open_page, path):
    opened = open_page(path.as_uri())
    viewer.ready(opened)
    yield opened
    assert opened.seen.complaints == []
    assert opened.seen.leaving(path.as_uri()) == []


def test_names_are_shown_and_never_run(page):
    assert page.title() == EVIL
    assert page.locator("h1").inner_text() == EVIL
    assert EVIL in viewer.chip(page, 1)
    assert page.evaluate("document.body.dataset.hacked") is None


def test_no_script_runs_that_is_not_the_pages_own(open_page, path):
    """Were a name to get into the page as markup, the policy of the page would still keep it from running."""
    injected = path.with_name("injected.html")
    text = path.read_text(encoding="utf-8")
    injected.write_text(text.replace("</body>", "<script>document.body.dataset.hacked=1</script></body>"), "utf-8")
    page = open_page(injected.as_uri())
    viewer.ready(page)
    assert page.evaluate("document.body.dataset.hacked") is None
    assert any("Content Security Policy" in complaint for complaint in page.seen.complaints)


def test_the_numbers_are_those_of_the_trace(page, recording):
    seconds = sum(one.duration for one in recording.trace.segments)
    assert f"{len(recording.trace.segments)} segments, {seconds:.1f} s" in viewer.chip(page)
    assert page.locator(".aa-row").count() == len(recording.trace.segments)
    media = page.locator("audio").evaluate("(audio) => audio.duration")
    assert media == pytest.approx(len(recording.sound) / 16000, abs=1e-4)  # what the encoder added is taken off again


@pytest.mark.parametrize("panel", ["strip", "wave"])
def test_a_click_on_a_segment_plays_its_sound_to_the_end(page, recording, panel):
    segment = recording.trace.segments[2]
    page.mouse.click(*viewer.place(page, segment.start + 0.1, panel, recording.trace.duration))
    viewer.wait_for_clock(page, "t > v[0] && t < v[1]", segment.audio_start, segment.audio_end)
    assert viewer.row(page)[0] == "3"
    viewer.wait_until_paused(page)
    assert viewer.clock(page) == pytest.approx(segment.audio_end, abs=0.1)


def test_a_click_elsewhere_goes_there(page, recording):
    page.mouse.click(*viewer.place(page, 9.0, "level", recording.trace.duration))
    viewer.wait_for_clock(page, "Math.abs(t - 9) < 0.05")
    assert not viewer.is_playing(page)
    assert viewer.row(page) is None


def test_a_click_in_the_list_plays(page, recording):
    page.locator(".aa-row").nth(4).click()
    segment = recording.trace.segments[4]
    viewer.wait_for_clock(page, "t > v[0] && t < v[1]", segment.audio_start, segment.audio_end)
    assert viewer.is_playing(page)


def test_space_plays_and_pauses_and_arrows_go(page):
    page.keyboard.press("Space")
    viewer.wait_for_clock(page, "t > 0.2")
    page.keyboard.press("Space")
    viewer.wait_until_paused(page)
    before = viewer.clock(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowRight")
    viewer.wait_for_clock(page, "Math.abs(t - v[0]) < 0.01", before + 1.1)


def test_what_was_heard_of_a_segment_does_not_stop_what_is_played_after_it(page, recording):
    page.keyboard.press("j")
    viewer.wait_for_clock(page, "t > v[0]", recording.trace.segments[0].audio_start)
    page.mouse.click(*viewer.place(page, 12.0, "level", recording.trace.duration))
    viewer.wait_for_clock(page, "t > 12.1")
    page.keyboard.press("Space")
    viewer.wait_until_paused(page)
    page.keyboard.press("Space")
    viewer.wait_for_clock(page, "t > 12.6")


def test_j_and_k_step_through_segments_and_e_through_errors(page):
    steps = []
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
        steps.append(viewer.row(page)[0])
    assert steps == ["1", "2", "3", "2"]
    page.keyboard.press("e")
    assert viewer.row(page)[-1] in ("missed", "false alarm")
    assert viewer.is_playing(page)


def test_keys_zoom_about_the_middle_and_zero_shows_all(page):
    all_of_it, before = viewer.width(page), viewer.picture(page)
    for _ in range(3):
        page.keyboard.press("+")
    assert viewer.width(page) == pytest.approx(all_of_it * 1.6**3, rel=0.01)
    assert viewer.picture(page) != before
    page.keyboard.press("-")
    assert viewer.width(page) == pytest.approx(all_of_it * 1.6**2, rel=0.01)
    page.keyboard.press("0")
    assert viewer.width(page) == pytest.approx(all_of_it, abs=1)
    assert viewer.picture(page) == before


def test_the_wheel_zooms_and_what_is_under_the_mouse_stays_there(page, recording):
    x, y = viewer.place(page, 12.0, "level", recording.trace.duration)
    page.mouse.move(x, y)
    said = page.locator(".aa-readout").inner_text().split()[0]
    page.keyboard.down("Control")
    page.mouse.wheel(0, -500)
    page.keyboard.up("Control")
    viewer.frames(page)
    page.mouse.move(x + 1, y)
    page.mouse.move(x, y)
    now = page.locator(".aa-readout").inner_text().split()[0]
    assert viewer.width(page) > 4 * 1200
    assert [float(text.split(":")[1]) for text in (said, now)] == pytest.approx([12.0, 12.0], abs=0.03)


def test_the_waveform_is_scrolled_with_the_rest(page):
    for _ in range(6):
        page.keyboard.press("+")
    scroller = page.locator(".aa-scroller")
    scroller.evaluate("(scroller) => { scroller.scrollLeft = 5000; }")
    viewer.frames(page)
    wave = page.locator(".aa-wave > div").evaluate("(host) => host.shadowRoot.querySelector('.scroll').scrollLeft")
    assert wave == pytest.approx(5000, abs=1)


def test_another_config_is_chosen_by_its_chip_or_letter(page, recording):
    first = viewer.picture(page)
    page.keyboard.press("b")
    assert viewer.picture(page) != first
    other = recording.trace.with_config(CONFIGS[EVIL])
    assert page.locator(".aa-tabs button").first.inner_text() == f"Segments {len(other.segments)}"
    page.locator(".aa-chips button").first.click()
    page.mouse.move(0, 0)
    assert viewer.picture(page) == first


def test_everything_is_named_for_people_who_do_not_see_it(page):
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, select, input')].filter((one) => !one.textContent.trim() && "
        "!one.getAttribute('aria-label')).length"
    )
    assert unnamed == 0


def test_on_a_phone_it_fits_and_a_tap_plays(browser, path, recording):
    phone = {"width": 390, "height": 844}
    context = browser.new_context(viewport=phone, device_scale_factor=3, is_mobile=True, has_touch=True)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(path.as_uri())
    viewer.ready(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= phone["width"]
    heights = page.locator(".aa-toolbar button").evaluate_all("(all) => all.map((one) => one.offsetHeight)")
    assert min(heights) >= 40
    segment = recording.trace.segments[1]
    page.touchscreen.tap(*viewer.place(page, segment.start + 0.3, "wave", recording.trace.duration))
    viewer.wait_for_clock(page, "t > v[0] && t < v[1]", segment.audio_start, segment.audio_end)
    context.close()


def test_a_page_with_files_beside_it_plays_and_says_when_they_are_missing(open_page, recording, tmp_path):
    target = tmp_path / "long call.html"
    write_report(target, recording, side_files=True)
    page = open_page(target.as_uri())
    viewer.ready(page)
    page.keyboard.press("j")
    segment = recording.trace.segments[0]
    viewer.wait_for_clock(page, "t > v[0] && t < v[1]", segment.audio_start, segment.audio_end)
    assert page.seen.complaints == []
    assert page.seen.leaving(tmp_path.as_uri()) == []
    (tmp_path / "long call_files").rename(tmp_path / "gone")
    lost = open_page(target.as_uri())
    lost.wait_for_selector("text=keep the folder")
    assert re.search(r"^\d+ segments", viewer.chip(lost).removeprefix("config "))  # what is in the page is shown


def test_a_recording_without_sound_says_so(open_page, recording, tmp_path):
    silent = type(recording)(recording.trace, None)
    write_report(tmp_path / "silent.html", silent)
    page = open_page((tmp_path / "silent.html").as_uri())
    viewer.ready(page, sound=False)
    assert "no sound" in page.locator(".aa-note").inner_text()
    assert page.locator(".aa-play").is_disabled()
