// The panels over one time axis: ruler, waveform, a strip for each config, reference, probability, level.
//
// A scroller as wide as the recording holds a stage that stays in sight; everything in it is drawn for the part that
// the scroller shows, in one frame of the browser, so that nothing lags behind anything else.

import {
  type Curve, type Frames, type Lane, type Recording, END, ENDED, FRAMES_PER_SECOND, SOUND_END, SOUND_START, START,
  STARTED,
} from "./document";
import { clock, h } from "./dom";
import type { Theme } from "./theme";

interface Row {
  top: number;
  height: number;
}

export interface StageEvents {
  segment(lane: number, index: number): void;
  seek(time: number): void;
  view(pixelsPerSecond: number, left: number): void;
  hover(time: number | null): void;
}

const GUTTER = 44;
const MOST_PIXELS_PER_SECOND = 800;
/** Browsers lay nothing out that is much wider. */
const WIDEST = 15e6;
/** Levels below are drawn there: digital silence would leave no room for the rest. */
const FLOOR_DB = -100;
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
const NEAR = 4;
/** Pixels that an error has at least, also in a crowd. */
const RARE = 0.4;

export const letterOf = (lane: number): string => String.fromCharCode(65 + lane);

export class Stage {
  readonly element: HTMLElement;
  readonly wave = h("div", { class: "aa-wave" });
  frames: Frames | null = null;
  active = 0;
  selected = -1;
  private readonly scroller = h("div", { class: "aa-scroller", tabindex: -1 });
  private readonly inner = h("div", { class: "aa-inner" });
  private readonly sheet = h("div", { class: "aa-sheet" });
  private readonly canvas = h("canvas", { class: "aa-plot", "aria-hidden": "true" });
  private readonly cursor = h("div", { class: "aa-cursor" });
  private readonly context = this.canvas.getContext("2d")!;
  private pixelsPerSecond = 1;
  private width = 0;
  private fitted = true;
  private pending = 0;
  private pinch = 0;
  private time = 0;
  private rows: { ruler: Row; wave: Row; lanes: Row[]; reference: Row; voice: Row; level: Row; height: number };

  constructor(
    private readonly recording: Recording,
    private lanes: Lane[],
    private readonly theme: Theme,
    private readonly events: StageEvents,
  ) {
    this.rows = this.layOut();
    this.sheet.append(this.wave, this.canvas, this.cursor);
    this.inner.append(this.sheet);
    this.scroller.append(this.inner);
    this.element = this.scroller;
    this.place();
    this.scroller.addEventListener("scroll", () => this.draw());
    this.listen();
    new ResizeObserver(() => this.resized()).observe(this.scroller);
  }

  // --- what is in sight ---------------------------------------------------------------------------------------------

  get left(): number {
    return this.scroller.scrollLeft / this.pixelsPerSecond;
  }

  get right(): number {
    return Math.min(this.recording.duration, this.left + this.width / this.pixelsPerSecond);
  }

  private get fitting(): number {
    return this.width / this.recording.duration;
  }

  fit(): void {
    this.zoomTo(this.fitting, 0, 0);
  }

  /** Zoom by a factor about the cursor if it is in sight, or else about the middle. */
  zoom(factor: number): void {
    const inSight = this.time >= this.left && this.time <= this.right;
    const anchor = inSight ? this.time : (this.left + this.right) / 2;
    this.zoomTo(this.pixelsPerSecond * factor, anchor, (anchor - this.left) * this.pixelsPerSecond);
  }

  /** Show so many pixels a second, with `anchor` (s) at `x` pixels from the left edge of the plot. */
  zoomTo(pixelsPerSecond: number, anchor: number, x: number): void {
    const most = Math.max(this.fitting, Math.min(MOST_PIXELS_PER_SECOND, WIDEST / this.recording.duration));
    this.pixelsPerSecond = Math.max(this.fitting, Math.min(most, pixelsPerSecond));
    this.fitted = this.pixelsPerSecond <= this.fitting * 1.0001;
    this.inner.style.width = this.fitted ? "100%" : `${GUTTER + this.recording.duration * this.pixelsPerSecond}px`;
    this.scroller.scrollLeft = anchor * this.pixelsPerSecond - x;
    this.draw();
  }

  /** Bring a stretch into sight; zoom in where it would be a hair. */
  reveal(start: number, end: number): void {
    const span = this.right - this.left;
    if ((end - start) * this.pixelsPerSecond < 24) {
      const wanted = Math.max(4, 3 * (end - start));
      this.zoomTo(this.width / wanted, (start + end) / 2, this.width / 2);
    } else if (start < this.left || end > this.right) {
      this.scrollTo(start - Math.max(0, span - (end - start)) / 3);
    }
  }

  scrollTo(time: number): void {
    this.scroller.scrollLeft = time * this.pixelsPerSecond;
  }

  setTime(time: number, follow: boolean): void {
    this.time = time;
    if (follow && (time > this.right - 0.02 || time < this.left)) {
      this.scrollTo(time - 0.1 * (this.right - this.left));
    }
    this.placeCursor();
  }

  show(lanes: Lane[], active: number, selected: number): void {
    const other = lanes.length !== this.lanes.length;
    this.lanes = lanes;
    this.active = active;
    this.selected = selected;
    if (other) {
      this.rows = this.layOut();
      this.place();
      this.sized();
    }
    this.draw();
  }

  // --- layout -------------------------------------------------------------------------------------------------------

  private layOut() {
    let top = 0;
    const row = (height: number, gap: number): Row => {
      const made = { top, height };
      top += height + gap;
      return made;
    };
    const ruler = row(20, 2), wave = row(110, 8);
    const lanes = this.lanes.map(() => row(this.recording.reference ? 30 : 20, 6));
    const reference = row(this.recording.reference ? 12 : 0, this.recording.reference ? 10 : 2);
    const voice = row(84, 10), level = row(84, 4);
    return { ruler, wave, lanes, reference, voice, level, height: top };
  }

  private place(): void {
    this.sheet.style.height = `${this.rows.height}px`;
    this.wave.style.top = `${this.rows.wave.top}px`;
    this.wave.style.height = `${this.rows.wave.height}px`;
    this.wave.style.left = `${GUTTER}px`;
  }

  get waveHeight(): number {
    return this.rows.wave.height;
  }

  private resized(): void {
    const width = Math.max(1, this.scroller.clientWidth - GUTTER);
    if (width === this.width) return;
    const left = this.left;
    this.width = width;
    this.sized();
    if (this.fitted) this.fit();
    else this.zoomTo(this.pixelsPerSecond, left, 0);
  }

  private sized(): void {
    const scale = devicePixelRatio || 1;
    this.sheet.style.width = `${this.width + GUTTER}px`;
    this.wave.style.width = `${this.width}px`;
    this.canvas.style.height = `${this.rows.height}px`;
    this.canvas.width = Math.round((this.width + GUTTER) * scale);
    this.canvas.height = Math.round(this.rows.height * scale);
    this.context.setTransform(scale, 0, 0, scale, 0, 0);
  }

  // --- mouse, pen, fingers ------------------------------------------------------------------------------------------

  private listen(): void {
    this.canvas.addEventListener("click", (event) => this.clicked(event));
    this.canvas.addEventListener("pointermove", (event) => this.hovered(event));
    this.canvas.addEventListener("pointerleave", () => this.events.hover(null));
    this.scroller.addEventListener("wheel", (event) => this.wheeled(event), { passive: false });
    this.scroller.addEventListener("touchmove", (event) => this.pinched(event), { passive: false });
    this.scroller.addEventListener("touchend", () => (this.pinch = 0));
  }

  private placeOf(event: { clientX: number; clientY: number }): { time: number; x: number; y: number } {
    const box = this.canvas.getBoundingClientRect();
    const x = event.clientX - box.left - GUTTER;
    return { time: this.left + x / this.pixelsPerSecond, x, y: event.clientY - box.top };
  }

  private clicked(event: MouseEvent): void {
    const { time, x, y } = this.placeOf(event);
    if (x < 0) return;
    const within = (row: Row) => y >= row.top - 3 && y < row.top + row.height + 3;
    const strip = this.rows.lanes.findIndex(within);
    const lane = strip >= 0 ? strip : within(this.rows.wave) && !event.shiftKey ? this.active : -1;
    const index = lane >= 0 ? this.segmentAt(lane, time) : -1;
    if (index >= 0) this.events.segment(lane, index);
    else this.events.seek(Math.max(0, Math.min(this.recording.duration, time)));
  }

  private segmentAt(lane: number, time: number): number {
    const near = NEAR / this.pixelsPerSecond;
    let best = -1, distance = near;
    this.lanes[lane].segments.forEach((segment, index) => {
      const away = Math.max(segment[SOUND_START] - time, time - segment[SOUND_END], 0);
      // Where the sound of two overlaps, the one whose speech it is.
      if (away < distance || (away === 0 && best >= 0 && time >= segment[START])) [best, distance] = [index, away];
    });
    return best;
  }

  private hovered(event: PointerEvent): void {
    const { time, x, y } = this.placeOf(event);
    this.events.hover(x < 0 || time > this.recording.duration ? null : time);
    const hot = y > this.rows.wave.top && y < this.rows.reference.top;
    this.canvas.style.cursor = hot ? "pointer" : "text";
  }

  private wheeled(event: WheelEvent): void {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const { time, x } = this.placeOf(event);
    this.zoomTo(this.pixelsPerSecond * Math.exp(-event.deltaY / 240), time, x);
  }

  private pinched(event: TouchEvent): void {
    if (event.touches.length !== 2) return;
    event.preventDefault();
    const [one, two] = [event.touches[0], event.touches[1]];
    const distance = Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY);
    const middle = { clientX: (one.clientX + two.clientX) / 2, clientY: (one.clientY + two.clientY) / 2 };
    const { time, x } = this.placeOf(middle);
    if (this.pinch > 0) this.zoomTo((this.pixelsPerSecond * distance) / this.pinch, time, x);
    this.pinch = distance;
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  draw(): void {
    this.pending ||= requestAnimationFrame(() => {
      this.pending = 0;
      if (this.width > 1) this.paint();
    });
  }

  private paint(): void {
    const { context: c, rows } = this;
    c.clearRect(0, 0, this.width + GUTTER, rows.height);
    this.events.view(this.pixelsPerSecond, this.scroller.scrollLeft);
    c.save();
    c.beginPath();
    c.rect(GUTTER, 0, this.width, rows.height);
    c.clip();
    this.paintRuler();
    this.paintShades();
    this.lanes.forEach((lane, index) => this.paintLane(lane, rows.lanes[index], index));
    if (this.recording.reference) {
      this.spans(this.recording.reference, rows.reference, this.theme.faint, 0.9);
    }
    this.paintVoice();
    this.paintLevel();
    c.restore();
    this.paintGutter();
    this.placeCursor();
  }

  private x(time: number): number {
    return GUTTER + time * this.pixelsPerSecond - this.scroller.scrollLeft;
  }

  private placeCursor(): void {
    const x = this.x(this.time);
    this.cursor.style.transform = `translateX(${x}px)`;
    this.cursor.hidden = x < GUTTER - 1 || x > GUTTER + this.width + 1;
  }

  private paintRuler(): void {
    const { context: c, theme } = this;
    const step = STEPS.find((one) => one * this.pixelsPerSecond >= 72) ?? STEPS[STEPS.length - 1];
    const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
    c.font = "11px system-ui, sans-serif";
    c.textBaseline = "middle";
    for (let k = Math.ceil(this.left / step); k * step <= this.right; k++) {
      const x = Math.round(this.x(k * step)) + 0.5;
      this.line([[x, 15], [x, this.rows.height]], theme.grid, 1);
      c.fillStyle = theme.faint;
      c.textAlign = x < GUTTER + 20 ? "left" : x > GUTTER + this.width - 24 ? "right" : "center";
      c.fillText(clock(k * step, digits), x, 8);
    }
  }

  private paintShades(): void {
    const lane = this.lanes[this.active];
    const row = this.rows.wave;
    const seen = this.inSight(lane.segments, SOUND_START, SOUND_END);
    const hair = this.hairOf(seen.length);
    for (const [segment, index] of seen) {
      const chosen = index === this.selected;
      this.box(segment[SOUND_START], segment[SOUND_END], row, this.theme.extra, chosen ? 0.24 : 0.12, hair);
      this.box(segment[START], segment[END], row, this.theme.speech, chosen ? 0.4 : 0.24, hair);
    }
  }

  private inSight(segments: number[][], from: number, to: number): [number[], number][] {
    const [left, right] = [this.left, this.right];
    const seen: [number[], number][] = [];
    segments.forEach((segment, index) => {
      if (segment[to] >= left && segment[from] <= right) seen.push([segment, index]);
    });
    return seen;
  }

  private paintLane(lane: Lane, row: Row, number: number): void {
    const { context: c, theme } = this;
    const strip = { top: row.top, height: 20 };
    c.fillStyle = theme.grid;
    c.globalAlpha = 0.55;
    c.fillRect(GUTTER, strip.top, this.width, strip.height);
    c.globalAlpha = 1;
    const seen = this.inSight(lane.segments, SOUND_START, SOUND_END);
    const hair = this.hairOf(seen.length);
    for (const [one, index] of seen) {
      const decided = Math.min(Math.max(one[STARTED], one[START]), one[END]);
      this.box(one[SOUND_START], one[START], strip, theme.extra, 0.35, hair);
      this.box(one[END], one[SOUND_END], strip, theme.stop, 0.35, hair);
      this.box(one[START], one[END], strip, theme.speech, 1, hair);
      this.box(one[START], decided, strip, theme.start, 0.75, hair);
      if (number === this.active && index === this.selected) this.outline(one, strip);
    }
    // Marks of single decisions only where they can be told apart.
    if (seen.length <= this.width / 6) {
      for (const [one] of seen) {
        this.mark(one[STARTED], strip, theme.start);
        this.mark(one[ENDED], strip, theme.stop);
      }
    }
    if (this.recording.reference) {
      const errors = { top: row.top + 22, height: 8 };
      this.spans(lane.missed, errors, theme.missed, 1, RARE);
      this.spans(lane.false, errors, theme.false, 1, RARE);
    }
  }

  private outline(segment: number[], row: Row): void {
    const [x, end] = [this.x(segment[SOUND_START]), this.x(segment[SOUND_END])];
    this.context.strokeStyle = this.theme.ink;
    this.context.lineWidth = 2;
    this.context.strokeRect(x, row.top + 1, Math.max(2, end - x), row.height - 2);
  }

  private mark(time: number, row: Row, colour: string): void {
    this.context.fillStyle = colour;
    this.context.fillRect(this.x(time) - 1, row.top, 2, row.height);
  }

  private spans(spans: number[][], row: Row, colour: string, alpha: number, least = 0): void {
    const seen = this.inSight(spans, 0, 1);
    const hair = Math.max(least, this.hairOf(seen.length));
    for (const [[start, end]] of seen) this.box(start, end, row, colour, alpha, hair);
  }

  /** Shade from time to time. A single one stays in sight as a hair; in a crowd colour is as strong as its share. */
  private box(start: number, end: number, row: Row, colour: string, alpha: number, hair = 1): void {
    if (end <= start) return;
    const x = this.x(start);
    this.context.globalAlpha = alpha;
    this.context.fillStyle = colour;
    this.context.fillRect(x, row.top, Math.max(hair, this.x(end) - x), row.height);
    this.context.globalAlpha = 1;
  }

  private hairOf(count: number): number {
    return count > this.width / 5 ? 0 : 1;
  }

  private paintVoice(): void {
    const row = this.rows.voice;
    const y = (value: number) => row.top + row.height * (1 - value);
    for (const value of [0, 0.5, 1]) this.rule(y(value));
    if (this.frames) this.curve(this.frames.probability, y);
    const texts: [number, string, string][] = [];
    this.lanes.forEach((lane, index) => {
      const one = lane.voice[0] === lane.voice[1] || lane.config.algorithm === "consecutive";
      lane.voice.slice(0, one ? 1 : 2).forEach((value, which) => {
        this.dashed(y(value), index, which);
        const role = one ? "" : which ? " stop" : " start";
        texts.push([y(value), `${this.nameOf(index)}${role} ${value.toFixed(2)}`, this.theme.lanes[index]]);
      });
    });
    this.write(texts, row);
  }

  private paintLevel(): void {
    const row = this.rows.level;
    const lowest = this.lowest();
    const y = (value: number) => row.top + (row.height * Math.max(lowest, value)) / lowest;
    for (let value = 0; value >= lowest; value -= 20) this.rule(y(value));
    if (this.frames) this.curve(this.frames.level, y);
    const texts: [number, string, string][] = [];
    this.lanes.forEach((lane, index) => {
      this.context.globalAlpha = index === this.active ? 1 : 0.6;
      const points = lane.level.flatMap(([time, value], k): [number, number][] => {
        const end = lane.level[k + 1]?.[0] ?? this.recording.duration;
        return end < this.left || time > this.right ? [] : [[this.x(time), y(value)], [this.x(end), y(value)]];
      });
      this.line(points, this.theme.lanes[index], 1.4, [6, 4]);
      this.context.globalAlpha = 1;
      const last = lane.level.findLast(([time]) => time <= this.right)?.[1];
      if (last !== undefined) {
        const text = `${this.nameOf(index)} ${last} dBFS`.replace("-", "\u2212");
        texts.push([y(last), text, this.theme.lanes[index]]);
      }
    });
    this.write(texts, row);
  }

  /** The lower end of the level's axis, dBFS: what the recording and the thresholds need, in tens. */
  private lowest(): number {
    const quiet = this.frames ? this.frames.level.over(0, this.frames.level.length)[0] : FLOOR_DB;
    const thresholds = this.lanes.flatMap((lane) => lane.level.map(([, value]) => value));
    return Math.max(FLOOR_DB, Math.floor((Math.min(quiet, ...thresholds) - 1) / 10) * 10);
  }

  private nameOf(lane: number): string {
    return this.lanes.length > 1 ? letterOf(lane) : "threshold";
  }

  private rule(y: number): void {
    this.line([[GUTTER, Math.round(y) + 0.5], [GUTTER + this.width, Math.round(y) + 0.5]], this.theme.grid, 1);
  }

  private dashed(y: number, lane: number, which: number): void {
    this.context.globalAlpha = lane === this.active ? 1 : 0.6;
    this.line([[GUTTER, y], [GUTTER + this.width, y]], this.theme.lanes[lane], 1.4, which ? [2, 3] : [6, 4]);
    this.context.globalAlpha = 1;
  }

  /** Write what thresholds are at the right edge, each at its height, pushed apart where they would meet. */
  private write(texts: [number, string, string][], row: Row): void {
    const c = this.context;
    c.font = "11px system-ui, sans-serif";
    c.textAlign = "right";
    c.textBaseline = "middle";
    let free = row.top - 2;
    for (const [y, text, colour] of this.joined(texts)) {
      const at = Math.max(free + 6, Math.min(y - 7, row.top + row.height - 6));
      const x = GUTTER + this.width - 4;
      c.lineWidth = 4;
      c.lineJoin = "round";
      c.strokeStyle = this.theme.paper;
      c.strokeText(text, x, at);
      c.fillStyle = colour;
      c.fillText(text, x, at);
      free = at + 6;
    }
  }

  /** Say the same of several configs once: "A 0.70" and "B 0.70" are "A B 0.70". */
  private joined(texts: [number, string, string][]): [number, string, string][] {
    const joined: [number, string, string][] = [];
    for (const [y, text, colour] of [...texts].sort((one, two) => one[0] - two[0])) {
      const same = joined.find((other) => other[0] === y && other[1].replace(/^[A-D ]+/, "") === text.replace(/^[A-D ]+/, ""));
      if (same) {
        same[1] = `${same[1].match(/^[A-D ]+/)![0]}${text}`;
        same[2] = this.theme.ink;
      } else joined.push([y, text, colour]);
    }
    return joined;
  }

  private curve(curve: Curve, y: (value: number) => number): void {
    const c = this.context;
    const framesPerPixel = FRAMES_PER_SECOND / this.pixelsPerSecond;
    const first = Math.max(0, Math.floor(this.left * FRAMES_PER_SECOND));
    const last = Math.min(curve.length, Math.ceil(this.right * FRAMES_PER_SECOND) + 1);
    const points: [number, number][] = [];
    if (framesPerPixel <= 2) {
      for (let frame = first; frame < last; frame++) {
        const height = y(curve.at(frame));
        points.push([this.x(frame / FRAMES_PER_SECOND), height], [this.x((frame + 1) / FRAMES_PER_SECOND), height]);
      }
    } else {
      // The same frames share a column however the picture was scrolled there, so that nothing shimmers.
      c.fillStyle = this.theme.lanes[0];
      c.globalAlpha = 0.28;
      const size = Math.ceil(framesPerPixel);
      for (let from = Math.floor(first / size) * size; from < last; from += size) {
        const [low, high, mean] = curve.over(from, Math.min(from + size, curve.length));
        const x = this.x(from / FRAMES_PER_SECOND);
        c.fillRect(x, y(high), size / framesPerPixel + 0.2, Math.max(1, y(low) - y(high)));
        points.push([x, y(mean)]);
      }
      c.globalAlpha = 1;
    }
    this.line(points, this.theme.ink, 1);
  }

  private line(points: [number, number][], colour: string, width: number, dash: number[] = []): void {
    const c = this.context;
    c.strokeStyle = colour;
    c.lineWidth = width;
    c.setLineDash(dash);
    c.beginPath();
    points.forEach(([x, y], k) => (k ? c.lineTo(x, y) : c.moveTo(x, y)));
    c.stroke();
    c.setLineDash([]);
  }

  private paintGutter(): void {
    const { context: c, rows, theme } = this;
    c.textAlign = "right";
    c.textBaseline = "middle";
    const write = (text: string, y: number, bold = false, colour = theme.faint) => {
      c.font = `${bold ? "bold 12px" : "11px"} system-ui, sans-serif`;
      c.fillStyle = colour;
      c.fillText(text, GUTTER - 6, y);
    };
    write("wave", rows.wave.top + rows.wave.height / 2);
    rows.lanes.forEach((row, index) => {
      const name = this.lanes.length > 1 ? letterOf(index) : "found";
      write(name, row.top + 10, index === this.active, this.theme.lanes[index]);
      if (this.recording.reference) write("errors", row.top + 26);
    });
    if (this.recording.reference) write("truth", rows.reference.top + 6);
    const { voice, level } = rows;
    write("1", voice.top + 5);
    write("prob.", voice.top + voice.height / 2);
    write("0", voice.top + voice.height - 5);
    write("0", level.top + 5);
    write("dBFS", level.top + level.height / 2);
    write(String(this.lowest()).replace("-", "\u2212"), level.top + level.height - 5);
  }
}
