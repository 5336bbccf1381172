// Sliders for the fields of a config. What they set goes to Python, which decides again; what is wrong comes back.

import { h } from "./dom";

export interface Field {
  name: string;
  help: string;
  kind: "number" | "switch" | "choice";
  low?: number;
  high?: number;
  step?: number;
  choices?: string[];
  /** A number that may be left out: what stands for that. */
  none?: string;
}

type Config = Record<string, unknown>;

export class Controls {
  readonly element: HTMLElement;
  private readonly problem = h("p", { class: "aa-problem", role: "status" });
  private readonly outlets = [
    h("button", { type: "button", click: () => this.save() }, "Save JSON"),
    h("button", { type: "button", click: (event) => void this.copy(event.currentTarget as HTMLElement) }, "Copy JSON"),
  ];
  private readonly update: (() => void)[] = [];

  constructor(private config: Config, private readonly usual: Config, fields: Field[], private readonly changed: (config: Config) => void, keep: () => void) {
    const [front, back] = [fields.filter((_, k) => k < 9), fields.filter((_, k) => k >= 9)];
    this.element = h(
      "section", { class: "aa-controls", "aria-label": "Parameters" },
      h("div", { class: "aa-fields" }, ...front.map((field) => this.row(field))),
      back.length ? h("details", {}, h("summary", {}, "More parameters"), h("div", { class: "aa-fields" }, ...back.map((field) => this.row(field)))) : null,
      this.problem,
      h(
        "div", { class: "aa-actions" },
        h("button", { type: "button", click: () => this.set({ ...this.usual }) }, "Reset"),
        h("button", { type: "button", click: keep, title: "Compare with these parameters from now on" }, "Keep as B"),
        ...this.outlets,
      ),
    );
    this.refresh();
  }

  /** Take what Python has. */
  show(config: Config, problem: string): void {
    this.config = { ...config };
    this.problem.textContent = problem;
    for (const outlet of this.outlets) outlet.disabled = problem !== "";
    this.refresh();
  }

  private refresh(): void {
    for (const update of this.update) update();
  }

  private set(values: Config): void {
    this.config = { ...this.config, ...values };
    this.refresh();
    this.changed(this.config);
  }

  private get json(): string {
    return `${JSON.stringify(this.config, null, 2)}\n`;
  }

  private save(): void {
    const link = h("a", { href: URL.createObjectURL(new Blob([this.json], { type: "application/json" })), download: "vad.json" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  private async copy(button: HTMLElement): Promise<void> {
    const before = button.textContent;
    try {
      await navigator.clipboard.writeText(this.json);
      button.textContent = "Copied";
    } catch {
      button.textContent = "No clipboard here: Save JSON";
    }
    setTimeout(() => (button.textContent = before), 1500);
  }

  private row(field: Field): HTMLElement {
    const id = `aa-${field.name}-${Math.random().toString(36).slice(2)}`;
    const inputs = this.inputs(field, id);
    const changed = () => label.classList.toggle("aa-changed", this.config[field.name] !== this.usual[field.name]);
    const label = h("label", { for: id, title: field.help }, field.name.replaceAll("_", " "));
    this.update.push(changed);
    return h("div", { class: "aa-field" }, label, ...inputs);
  }

  private inputs(field: Field, id: string): HTMLElement[] {
    const { name } = field;
    if (field.kind === "switch") {
      const input = h("input", { id, type: "checkbox", change: () => this.set({ [name]: input.checked }) });
      this.update.push(() => (input.checked = this.config[name] === true));
      return [input];
    }
    if (field.kind === "choice") {
      const input = h("select", { id, change: () => this.set({ [name]: input.value }) }, ...field.choices!.map((one) => h("option", { value: one }, one)));
      this.update.push(() => (input.value = String(this.config[name])));
      return [input];
    }
    const limits = { min: field.low, max: field.high, step: field.step };
    const slider = h("input", { id, type: "range", "data-name": name, ...limits, input: () => this.set({ [name]: Number(slider.value) }) });
    const number = h("input", { type: "number", "aria-label": name, step: field.step, placeholder: field.none, change: () => {
      const left = number.value === "" && field.none !== undefined;
      if (number.value !== "" || left) this.set({ [name]: left ? null : Number(number.value) });
      else this.refresh();
    } });
    this.update.push(() => {
      const value = this.config[name];
      slider.value = String(value ?? field.high);
      if (document.activeElement !== number || Number(number.value) !== value) number.value = value === null ? "" : String(value);
    });
    return [slider, number];
  }
}
