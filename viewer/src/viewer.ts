// The viewer: panels, player, list and comparison, put together; one for the page and for the notebook.

import { compare } from "./compare";
import { type Lane, type Recording, Frames, FRAMES_PER_SECOND, SOUND_END, SOUND_START } from "./document";
import { clock, h, icon } from "./dom";
import { type ErrorSpan, List } from "./list";
import { Overview } from "./overview";
import { Player } from "./player";
import { letterOf, Stage } from "./stage";
import style from "./style.css";
import { isDark, themeOf } from "./theme";

const KEYS: [string, string][] = [
  ["space", "play, pause"],
  ["\u2190 \u2192", "1 s back, forward; with shift 0.1 s"],
  ["j k", "next, previous segment, played"],
  ["e r", "next, previous error, played"],
  ["enter", "play the segment again"],
  ["+ \u2212 0", "zoom in, out, all"],
  ["a b \u2026", "choose the config"],
];
// Paths in a square of 16, since not every system has letters for them.
const PLAY = "M4 2v12l10-6z", PAUSE = "M3 2h4v12h-4zM9 2h4v12h-4z";
const PREVIOUS = "M3 2h2v12h-2zM14 2v12l-8-6z", NEXT = "M11 2h2v12h-2zM2 2v12l8-6z";
/** Seconds heard before and after an error: what it is an error of. */
const AROUND = 0.5;

export class Viewer {
  readonly root: HTMLElement;
  private readonly theme = themeOf(isDark());
  private readonly player: Player;
  private readonly stage: Stage;
  private readonly overview: Overview;
  private readonly list: List;
  private readonly chips = h("div", { class: "aa-chips", role: "radiogroup", "aria-label": "Config" });
  private readonly table = h("section", { class: "aa-side", "aria-label": "Comparison" });
  private readonly note = h("p", { class: "aa-note", role: "status" });
  private readonly readout = h("span", { class: "aa-readout" });
  private readonly now = h("span", { class: "aa-now" });
  private readonly playButton = this.button(PLAY, "Play (space)", () => this.player.toggle());
  private frames: Frames | null = null;
  private lanes: Lane[];
  private errors: ErrorSpan[] = [];
  private active = 0;
  private selected = -1;
  private error = -1;

  constructor(host: HTMLElement, private readonly recording: Recording, controls: HTMLElement | null = null) {
    this.lanes = recording.lanes;
    this.player = new Player({
      time: (time) => this.moved(time, !this.player.media.paused),
      playing: (now) => this.playing(now),
      failed: () => this.say("The sound cannot be played: keep the folder of the page beside it."),
    });
    this.stage = new Stage(recording, this.lanes, this.theme, {
      segment: (lane, index) => this.choose(lane, index),
      seek: (time) => this.seek(time),
      view: (pixels, left) => this.viewed(pixels, left),
      hover: (time) => this.hovered(time),
    });
    this.overview = new Overview(recording, this.lanes[0], this.theme, (time) => this.stage.scrollTo(time));
    this.list = new List(recording.reference !== null, {
      segment: (index) => this.choose(this.active, index),
      error: (index) => this.hearError(index),
    });
    this.root = this.assemble(controls);
    this.root.dataset.theme = isDark() ? "dark" : "light";
    host.replaceChildren(this.root);
    this.refresh();
    this.moved(0, false);
  }

  /** Give it what it draws. */
  setFrames(bytes: Uint8Array): void {
    const { recording } = this;
    if (bytes.length !== 4 * recording.frames) return this.say("The frames of this page are damaged.");
    this.frames = new Frames(bytes, recording.frames);
    this.stage.frames = this.frames;
    this.player.mount(this.stage.wave, this.frames, recording.duration, this.stage.waveHeight, this.theme);
    this.stage.draw();
    this.root.dataset.ready = "";
  }

  setSound(address: string): void {
    this.player.load(address);
    this.root.dataset.sound = "";
    this.playButton.disabled = false;
  }

  setLanes(lanes: Lane[]): void {
    this.lanes = lanes;
    this.active = Math.min(this.active, lanes.length - 1);
    this.forget();
    this.refresh();
  }

  say(text: string): void {
    this.note.textContent = text;
  }

  destroy(): void {
    this.player.destroy();
  }

  // --- parts --------------------------------------------------------------------------------------------------------

  private button(text: string, title: string, click: () => void): HTMLButtonElement {
    return h("button", { type: "button", title, "aria-label": title, click }, text.startsWith("M") ? icon(text) : text);
  }

  private assemble(controls: HTMLElement | null): HTMLElement {
    const { recording } = this;
    this.playButton.disabled = true;
    this.playButton.classList.add("aa-play");
    const speed = h("select", { "aria-label": "Speed", change: () => (this.player.rate = Number(speed.value)) },
      ...[0.5, 0.75, 1, 1.5, 2].map((rate) => h("option", { value: rate, selected: rate === 1 }, `${rate}\u00d7`)));
    const withErrors = recording.reference !== null;
    const toolbar = h(
      "div", { class: "aa-toolbar", role: "toolbar", "aria-label": "Player" },
      this.playButton,
      this.button(PREVIOUS, "Previous segment (k)", () => this.step(-1)),
      this.button(NEXT, "Next segment (j)", () => this.step(1)),
      withErrors ? this.button("next error", "Next error (e)", () => this.stepError(1)) : null,
      this.now,
      speed,
      h("span", { class: "aa-push" }),
      this.readout,
      h("span", { class: "aa-zooms" },
        this.button("\u2212", "Zoom out (\u2212)", () => this.stage.zoom(1 / 1.6)),
        this.button("+", "Zoom in (+)", () => this.stage.zoom(1.6)),
        this.button("all", "Show all (0)", () => this.stage.fit())),
    );
    const root = h(
      "div", { class: "aa-viewer", tabindex: 0, keydown: (event) => this.pressed(event as KeyboardEvent) },
      h("style", {}, style),
      h("header", {}, h("h1", {}, recording.title), h("p", {}, `${recording.summary}, ${clock(recording.duration)}`)),
      this.chips,
      controls,
      toolbar,
      this.note,
      this.overview.element,
      this.stage.element,
      this.player.media,
      this.legend(),
      h("div", { class: "aa-below" }, this.list.element, this.table),
      h("details", { class: "aa-keys" }, h("summary", {}, "Keys"),
        h("dl", {}, ...KEYS.flatMap(([key, what]) => [h("dt", {}, key), h("dd", {}, what)])),
        h("p", {}, "Click a segment, in its strip, in the waveform or in the list, to hear it; elsewhere to go there. Ctrl and the wheel, or two fingers, zoom.")),
    );
    // A notebook has keys of its own, and takes the focus for them when somebody clicks into an output: whoever clicks into
    // the viewer means the viewer.
    root.dataset.lmSuppressShortcuts = "true";
    for (const name of ["keydown", "keyup", "keypress"]) root.addEventListener(name, (event) => event.stopPropagation());
    root.addEventListener("click", () => {
      if (!root.contains(document.activeElement)) root.focus({ preventScroll: true });
    });
    return root;
  }

  private legend(): HTMLElement {
    const { theme } = this;
    const entries: [string, string, number][] = [
      [theme.extra, "pre-roll", 0.35], [theme.start, "until START was decided", 0.75], [theme.speech, "speech", 1],
      [theme.stop, "hang-over until STOP", 0.35],
    ];
    if (this.recording.reference) {
      entries.push([theme.missed, "missed", 1], [theme.false, "false alarm", 1], [theme.faint, "truth", 0.9]);
    }
    const items = entries.map(([colour, text, alpha]) => {
      const patch = h("i", {});
      patch.style.background = colour;
      patch.style.opacity = String(alpha);
      return h("li", {}, patch, text);
    });
    return h("ul", { class: "aa-legend" }, ...items);
  }

  private forget(): void {
    this.selected = this.error = -1;
    this.list.clear();
  }

  private refresh(): void {
    const lane = this.lanes[this.active];
    const spans = (kind: "missed" | "false") => lane[kind].map(([start, end]) => ({ kind, start, end }));
    this.errors = [...spans("missed"), ...spans("false")].sort((one, two) => one.start - two.start);
    this.list.show(lane, this.errors);
    this.overview.show(lane);
    this.table.replaceChildren(compare(this.lanes));
    this.chips.replaceChildren(...this.lanes.map((one, index) => this.chip(one, index)));
    this.stage.show(this.lanes, this.active, this.selected);
  }

  private chip(lane: Lane, index: number): HTMLElement {
    const speech = lane.segments.reduce((sum, [start, end]) => sum + end - start, 0);
    const count = lane.segments.length === 1 ? "1 segment" : `${lane.segments.length} segments`;
    const score = lane.scores ? `, F1 ${lane.scores.f1!.toFixed(3)}` : "";
    const chip = h("button", { type: "button", role: "radio", "aria-checked": String(index === this.active), click: () => this.activate(index) },
      h("b", {}, this.lanes.length > 1 ? `${letterOf(index)} ${lane.name}` : lane.name), ` ${count}, ${speech.toFixed(1)} s${score}`);
    chip.style.setProperty("--lane", this.theme.lanes[index]);
    return chip;
  }

  // --- what a person does -------------------------------------------------------------------------------------------

  private activate(lane: number): void {
    if (lane >= this.lanes.length) return;
    const had = document.activeElement?.closest(".aa-chips") !== null;
    this.active = lane;
    this.forget();
    this.refresh();
    if (had) (this.chips.children[lane] as HTMLElement).focus();
  }

  private choose(lane: number, index: number): void {
    if (lane !== this.active) this.activate(lane);
    this.selected = index;
    this.list.select("segments", index);
    const segment = this.lanes[lane].segments[index];
    this.stage.reveal(segment[SOUND_START], segment[SOUND_END]);
    this.stage.show(this.lanes, this.active, index);
    this.hear(segment[SOUND_START], segment[SOUND_END]);
  }

  private hearError(index: number): void {
    this.error = index;
    this.list.select("errors", index);
    const { start, end } = this.errors[index];
    this.stage.reveal(start, end);
    this.hear(Math.max(0, start - AROUND), Math.min(this.recording.duration, end + AROUND));
  }

  private hear(start: number, end: number): void {
    this.moved(start, false);
    this.player.hear(start, end);
  }

  private seek(time: number): void {
    this.player.seek(time);
    this.moved(time, false);
  }

  private step(by: number): void {
    const { segments } = this.lanes[this.active];
    if (!segments.length) return;
    let next = this.selected + by;
    if (this.selected < 0) {
      const ahead = segments.findIndex((one) => one[SOUND_END] > this.player.time);
      next = by > 0 ? (ahead < 0 ? segments.length - 1 : ahead) : (ahead < 0 ? segments.length : ahead) - 1;
    }
    this.choose(this.active, Math.max(0, Math.min(segments.length - 1, next)));
  }

  private stepError(by: number): void {
    if (!this.errors.length) return;
    let next = this.error + by;
    if (this.error < 0) {
      const ahead = this.errors.findIndex((one) => one.end > this.player.time);
      next = by > 0 ? Math.max(0, ahead) : (ahead < 0 ? this.errors.length : ahead) - 1;
    }
    this.hearError(Math.max(0, Math.min(this.errors.length - 1, next)));
  }

  /** Do what a key means; keys typed into a field, and the space on a button, mean what they always do. */
  pressed(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, select, textarea")) return;
    if (target.closest("button, summary") && (event.key === " " || event.key === "Enter")) return;
    const stride = event.shiftKey ? 0.1 : 1;
    const go = (by: number) => this.seek(Math.max(0, Math.min(this.recording.duration, this.player.time + by)));
    const actions: Record<string, () => void> = {
      " ": () => this.player.toggle(),
      ArrowLeft: () => go(-stride),
      ArrowRight: () => go(stride),
      j: () => this.step(1),
      k: () => this.step(-1),
      e: () => this.stepError(1),
      r: () => this.stepError(-1),
      Enter: () => this.selected >= 0 && this.choose(this.active, this.selected),
      "+": () => this.stage.zoom(1.6),
      "=": () => this.stage.zoom(1.6),
      "-": () => this.stage.zoom(1 / 1.6),
      "0": () => this.stage.fit(),
    };
    const lane = event.key.length === 1 ? event.key.charCodeAt(0) - 97 : -1;
    const action = actions[event.key] ?? (lane >= 0 && lane < this.lanes.length ? () => this.activate(lane) : null);
    if (!action) return;
    event.preventDefault();
    action();
  }

  // --- what happens -------------------------------------------------------------------------------------------------

  private moved(time: number, follow: boolean): void {
    this.now.textContent = `${clock(time)} / ${clock(this.recording.duration, 0)}`;
    this.stage.setTime(time, follow);
    this.overview.setTime(time);
  }

  private playing(now: boolean): void {
    this.playButton.replaceChildren(icon(now ? PAUSE : PLAY));
    this.playButton.title = now ? "Pause (space)" : "Play (space)";
    this.playButton.setAttribute("aria-label", this.playButton.title);
  }

  private viewed(pixelsPerSecond: number, left: number): void {
    this.player.show(pixelsPerSecond, left);
    this.overview.setView(this.stage.left, this.stage.right);
  }

  private hovered(time: number | null): void {
    const frame = time === null || !this.frames ? -1 : Math.min(Math.floor(time * FRAMES_PER_SECOND), this.recording.frames - 1);
    const level = frame < 0 ? "" : this.frames!.level.at(frame).toFixed(0).replace("-", "\u2212");
    this.readout.textContent =
      frame < 0 ? "" : `${clock(time!)}  p ${this.frames!.probability.at(frame).toFixed(2)}  ${level} dBFS`;
  }
}
