// The configs side by side: what differs between them, and where a reference is known how they score.

import type { Lane } from "./document";
import { h } from "./dom";
import { letterOf } from "./stage";

/** Label, digits, and whether more is better. */
const SCORES: Record<string, [string, number, boolean]> = {
  f1: ["F1", 3, true],
  precision: ["precision", 3, true],
  recall: ["recall", 3, true],
  detection_error_rate: ["error rate", 3, false],
  missed_utterances: ["missed utterances", 0, false],
  false_utterances: ["false utterances", 0, false],
  splits: ["splits", 0, false],
  merges: ["merges", 0, false],
  premature_ends: ["premature ends", 0, false],
  onset_clipped_max_ms: ["worst onset clipped, ms", 0, false],
  onset_latency_ms: ["START after, median ms", 0, false],
  end_latency_ms: ["STOP after, median ms", 0, false],
};

export function compare(lanes: Lane[]): HTMLElement {
  const several = lanes.length > 1;
  const head = h("tr", {}, h("th", {}), ...lanes.map((lane, k) => h("th", { scope: "col" }, several ? `${letterOf(k)} ${lane.name}` : lane.name)));
  const body = [...scoreRows(lanes), ...configRows(lanes)];
  if (!body.length) body.push(h("tr", {}, h("td", { colspan: lanes.length + 1 }, "Default parameters.")));
  return h("table", { class: "aa-compare" }, h("thead", {}, head), h("tbody", {}, ...body));
}

function scoreRows(lanes: Lane[]): HTMLElement[] {
  if (!lanes[0].scores) return [];
  return Object.entries(SCORES).map(([key, [label, digits, more]]) => {
    const values = lanes.map((lane) => lane.scores?.[key] ?? null);
    const known = values.filter((value): value is number => value !== null);
    const best = more ? Math.max(...known) : Math.min(...known);
    const differ = known.some((value) => value !== known[0]);
    const cells = values.map((value) =>
      h("td", { class: differ && value === best ? "aa-best" : null }, value === null ? "\u2013" : value.toFixed(digits)),
    );
    return h("tr", {}, h("th", { scope: "row" }, label), ...cells);
  });
}

function configRows(lanes: Lane[]): HTMLElement[] {
  const changed = new Set(lanes.flatMap((lane) => lane.changed));
  const names = Object.keys(lanes[0].config).filter((name) => changed.has(name));
  return names.map((name, k) => {
    const cells = lanes.map((lane) => {
      const value = lane.config[name];
      return h("td", { class: lane.changed.includes(name) ? null : "aa-usual" }, value === null ? "never" : String(value));
    });
    return h("tr", { class: k ? null : "aa-first" }, h("th", { scope: "row" }, h("code", {}, name)), ...cells);
  });
}
