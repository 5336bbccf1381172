// The notebook widget: the same viewer, with sliders whose values Python decides by.

import { type Field, Controls } from "./controls";
import type { Lane, Recording } from "./document";
import { addressOf } from "./sound";
import { Viewer } from "./viewer";

interface Model {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(event: string, handler: () => void): void;
  off(event: string, handler: () => void): void;
}

function bytesIn(value: unknown): Uint8Array<ArrayBuffer> {
  const view = value as DataView<ArrayBuffer>;
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const recording = model.get("document") as Recording;
  let asked = 0;
  const controls = new Controls(
    model.get("config") as Record<string, unknown>,
    model.get("usual") as Record<string, unknown>,
    model.get("fields") as Field[],
    (config) => {
      asked = performance.now();
      model.set("config", config);
      model.save_changes();
    },
    () => {
      model.set("kept", model.get("config"));
      model.save_changes();
    },
  );
  const lanes = () => [model.get("lane"), model.get("other")] as Lane[];
  const viewer = new Viewer(el, { ...recording, lanes: lanes() }, controls.element);
  viewer.setFrames(bytesIn(model.get("frames")));
  const sound = bytesIn(model.get("sound"));
  if (sound.length) void addressOf({ type: "audio/mpeg" }, sound).then((address) => viewer.setSound(address));
  else viewer.say("There is no sound in this recording: nothing can be played.");
  const handlers: Record<string, () => void> = {
    "change:lane": () => {
      viewer.setLanes(lanes());
      if (asked) requestAnimationFrame(() => (viewer.root.dataset.followed = (performance.now() - asked).toFixed(1)));
    },
    "change:other": () => viewer.setLanes(lanes()),
    "change:config": () => controls.show(model.get("config") as Record<string, unknown>, model.get("problem") as string),
    "change:problem": () => controls.show(model.get("config") as Record<string, unknown>, model.get("problem") as string),
  };
  for (const [event, handler] of Object.entries(handlers)) model.on(event, handler);
  return () => {
    for (const [event, handler] of Object.entries(handlers)) model.off(event, handler);
    viewer.destroy();
  };
}

export default { render };
