// The segments, or the errors, as rows to click; only those in sight are made, so that thousands cost nothing.

import { type Lane, END, ENDED, START, STARTED } from "./document";
import { clock, h } from "./dom";

export interface ErrorSpan {
  kind: "missed" | "false";
  start: number;
  end: number;
}

export interface ListEvents {
  segment(index: number): void;
  error(index: number): void;
}

const TALL = 32;
const SPARE = 6;

export class List {
  readonly element: HTMLElement;
  private readonly tabs = {
    segments: h("button", { type: "button", role: "tab", click: () => this.choose("segments") }),
    errors: h("button", { type: "button", role: "tab", click: () => this.choose("errors") }),
  };
  private readonly box = h("div", { class: "aa-rows", role: "tabpanel", tabindex: -1, scroll: () => this.fill() });
  private readonly spacer = h("div", { class: "aa-spacer" });
  private readonly head = h("div", { class: "aa-head" });
  private tab: "segments" | "errors" = "segments";
  private lane: Lane | null = null;
  private errors: ErrorSpan[] = [];
  private falseOnes = new Set<number>();
  private selected = { segments: -1, errors: -1 };

  constructor(withErrors: boolean, private readonly events: ListEvents) {
    this.box.append(this.spacer);
    const tabs = h("div", { class: "aa-tabs", role: "tablist" }, this.tabs.segments, withErrors ? this.tabs.errors : null);
    this.element = h("section", { class: "aa-list", "aria-label": "Segments and errors" }, tabs, this.head, this.box);
    new ResizeObserver(() => this.fill()).observe(this.box);
  }

  show(lane: Lane, errors: ErrorSpan[]): void {
    this.lane = lane;
    this.errors = errors;
    const wrong = errors.filter((one) => one.kind === "false");
    this.falseOnes = new Set(
      lane.segments.flatMap((one, index) =>
        wrong.some(({ start, end }) => start <= one[START] + 1e-6 && end >= one[END] - 1e-6) ? [index] : [],
      ),
    );
    this.tabs.segments.textContent = `Segments ${lane.segments.length}`;
    this.tabs.errors.textContent = `Errors ${errors.length}`;
    this.fill();
  }

  /** Forget what was chosen; the next `show` draws it. */
  clear(): void {
    this.selected = { segments: -1, errors: -1 };
  }

  select(kind: "segments" | "errors", index: number): void {
    this.selected[kind] = index;
    if (this.tab !== kind) this.choose(kind);
    const top = index * TALL;
    const { scrollTop, clientHeight } = this.box;
    if (top < scrollTop) this.box.scrollTop = top;
    else if (top + TALL > scrollTop + clientHeight) this.box.scrollTop = top + TALL - clientHeight;
    this.fill();
  }

  private choose(tab: "segments" | "errors"): void {
    this.tab = tab;
    this.box.scrollTop = 0;
    this.fill();
  }

  private fill(): void {
    for (const [name, tab] of Object.entries(this.tabs)) tab.setAttribute("aria-selected", String(name === this.tab));
    const titles = this.tab === "segments" ? ["", "start", "end", "length", "START after", "STOP after"] : ["", "start", "end", "length", ""];
    this.head.replaceChildren(...titles.map((title) => h("span", {}, title)));
    this.element.dataset.tab = this.tab;
    const count = this.tab === "segments" ? (this.lane?.segments.length ?? 0) : this.errors.length;
    this.spacer.style.height = `${count * TALL}px`;
    const first = Math.max(0, Math.floor(this.box.scrollTop / TALL) - SPARE);
    const last = Math.min(count, first + Math.ceil((this.box.clientHeight || 320) / TALL) + 2 * SPARE);
    const rows: HTMLElement[] = [];
    for (let index = first; index < last; index++) rows.push(this.tab === "segments" ? this.segment(index) : this.error(index));
    if (!count) rows.push(h("p", { class: "aa-none" }, this.tab === "segments" ? "No speech found." : "No errors."));
    this.spacer.replaceChildren(...rows);
  }

  private segment(index: number): HTMLElement {
    const one = this.lane!.segments[index];
    const after = (late: number) => `+${late.toFixed(2)} s`;
    const cells = [
      String(index + 1), clock(one[START]), clock(one[END]), `${(one[END] - one[START]).toFixed(2)} s`,
      after(one[STARTED] - one[START]), after(one[ENDED] - one[END]),
    ];
    const wrong = this.falseOnes.has(index);
    return this.row(index, cells, index === this.selected.segments, wrong ? "false" : "", () => this.events.segment(index));
  }

  private error(index: number): HTMLElement {
    const one = this.errors[index];
    const cells = [
      String(index + 1), clock(one.start), clock(one.end), `${(one.end - one.start).toFixed(2)} s`,
      one.kind === "missed" ? "missed" : "false alarm",
    ];
    return this.row(index, cells, index === this.selected.errors, one.kind, () => this.events.error(index));
  }

  private row(index: number, cells: string[], chosen: boolean, kind: string, click: EventListener): HTMLElement {
    const row = h("button", { type: "button", class: "aa-row", click, "aria-current": String(chosen), "data-kind": kind || null });
    row.style.top = `${index * TALL}px`;
    row.append(...cells.map((text) => h("span", {}, text)));
    return row;
  }
}
