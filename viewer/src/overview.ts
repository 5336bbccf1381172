// The whole recording as a strip, and which part of it is in sight; a click or a drag goes there.

import { type Lane, type Recording, END, START } from "./document";
import { h } from "./dom";
import type { Theme } from "./theme";

export class Overview {
  readonly element = h("canvas", { class: "aa-overview", "aria-hidden": "true" });
  private view: [number, number] = [0, 1];
  private time = 0;

  constructor(
    private readonly recording: Recording,
    private lane: Lane,
    private readonly theme: Theme,
    go: (time: number) => void,
  ) {
    let held = false;
    const follow = (event: PointerEvent) => {
      const box = this.element.getBoundingClientRect();
      const middle = ((event.clientX - box.left) / box.width) * this.recording.duration;
      go(middle - (this.view[1] - this.view[0]) / 2);
    };
    this.element.addEventListener("pointerdown", (event) => {
      held = true;
      this.element.setPointerCapture(event.pointerId);
      follow(event);
    });
    this.element.addEventListener("pointermove", (event) => held && follow(event));
    for (const end of ["pointerup", "pointercancel"]) this.element.addEventListener(end, () => (held = false));
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  show(lane: Lane): void {
    this.lane = lane;
    this.draw();
  }

  setView(left: number, right: number): void {
    this.view = [left, right];
    this.draw();
  }

  setTime(time: number): void {
    const width = this.element.clientWidth || 1;
    const moved = Math.abs(time - this.time) * width >= 0.5 * this.recording.duration;
    if (!moved) return;
    this.time = time;
    this.draw();
  }

  private draw(): void {
    const { element, theme } = this;
    const [width, height, scale] = [element.clientWidth, element.clientHeight, devicePixelRatio || 1];
    if (!width) return;
    if (element.width !== Math.round(width * scale)) element.width = Math.round(width * scale);
    if (element.height !== Math.round(height * scale)) element.height = Math.round(height * scale);
    const c = element.getContext("2d")!;
    c.setTransform(scale, 0, 0, scale, 0, 0);
    c.clearRect(0, 0, width, height);
    const x = (time: number) => (time / this.recording.duration) * width;
    const hair = this.lane.segments.length > width / 5 ? 0 : 1;
    const box = (start: number, end: number, top: number, tall: number, colour: string) => {
      c.fillStyle = colour;
      c.fillRect(x(start), top, Math.max(hair, x(end) - x(start)), tall);
    };
    for (const one of this.lane.segments) box(one[START], one[END], 4, height - 12, theme.speech);
    for (const [start, end] of this.lane.missed) box(start, end, height - 7, 5, theme.missed);
    for (const [start, end] of this.lane.false) box(start, end, height - 7, 5, theme.false);
    c.fillStyle = theme.ink;
    c.fillRect(x(this.time), 0, 1.5, height);
    const [left, right] = this.view;
    if (right - left < this.recording.duration * 0.999) {
      c.fillStyle = theme.paper;
      c.globalAlpha = 0.6;
      c.fillRect(0, 0, x(left), height);
      c.fillRect(x(right), 0, width - x(right), height);
      c.globalAlpha = 1;
      c.strokeStyle = theme.ink;
      c.lineWidth = 1.5;
      c.strokeRect(x(left) + 0.75, 0.75, Math.max(3, x(right) - x(left) - 1.5), height - 1.5);
    }
  }
}
