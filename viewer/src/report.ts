// The page: everything is in it, or frames and sound are beside it.

import { type Recording, bytesOf } from "./document";
import { addressOf } from "./sound";
import { Viewer } from "./viewer";

declare global {
  var agoraAudioFrames: string | undefined;
}

/** Load the frames as a script, which is what a page that was opened from a disk may load. */
function framesBeside(address: string): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(bytesOf(globalThis.agoraAudioFrames ?? ""));
    script.onerror = () => reject(new Error(address));
    document.head.append(script);
  });
}

const recording = JSON.parse(document.getElementById("document")!.textContent!) as Recording;
const viewer = new Viewer(document.getElementById("viewer")!, recording);
viewer.root.classList.add("aa-page");
// Keys work wherever the focus is.
document.addEventListener("keydown", (event) => {
  if (!viewer.root.contains(event.target as Node)) viewer.pressed(event);
});
if (recording.data !== undefined) viewer.setFrames(bytesOf(recording.data));
else if (recording.script) {
  framesBeside(recording.script).then(
    (bytes) => viewer.setFrames(bytes),
    () => viewer.say(`${decodeURI(recording.script!)} is missing: keep the folder beside the page.`),
  );
}
if (recording.sound) void addressOf(recording.sound).then((address) => viewer.setSound(address));
else viewer.say("There is no sound in this recording: nothing can be played.");
