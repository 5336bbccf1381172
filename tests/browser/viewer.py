"""What a person sees of the viewer, read off a page."""

from __future__ import annotations

GUTTER = 44


def ready(page, sound=True):
    """Wait until the viewer is drawn, and can be heard."""
    page.wait_for_selector(".aa-viewer[data-ready][data-sound]" if sound else ".aa-viewer[data-ready]")
    frames(page)


def frames(page):
    """Wait until what was asked for is drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def picture(page):
    """The panels as they are drawn, to compare."""
    frames(page)
    return page.locator("canvas.aa-plot").evaluate("(canvas) => canvas.toDataURL()")


def clock(page):
    """Second at which the player is."""
    return page.locator(".aa-viewer audio").evaluate("(audio) => audio.currentTime")


def wait_for_clock(page, condition, *values):
    """Wait until the second at which the player is, `t`, fulfils a condition such as "t > v[0]"."""
    test = f"(v) => {{ const t = document.querySelector('.aa-viewer audio').currentTime; return {condition}; }}"
    page.wait_for_function(test, arg=list(values))


def is_playing(page):
    return page.locator(".aa-viewer audio").evaluate("(audio) => !audio.paused")


def wait_until_paused(page):
    page.wait_for_function("() => document.querySelector('.aa-viewer audio').paused")


def row(page):
    """Text of the chosen row of the list; None if none is."""
    chosen = page.locator(".aa-row[aria-current=true]")
    return chosen.inner_text().split("\n") if chosen.count() else None


def chip(page, number=0):
    return page.locator(".aa-chips button").nth(number).inner_text()


def width(page):
    """Pixels that the whole recording takes."""
    return page.locator(".aa-scroller").evaluate("(scroller) => scroller.scrollWidth") - GUTTER


def place(page, seconds, panel, duration):
    """Where a time is, while all is in sight, in one of the panels: wave, strip (of A) or level."""
    box = page.locator("canvas.aa-plot").bounding_box()
    height = {"wave": 60, "strip": 150, "level": box["height"] - 40}[panel]
    return box["x"] + GUTTER + seconds / duration * (box["width"] - GUTTER), box["y"] + height
