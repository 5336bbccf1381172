// Sound for the player. Browsers start an MP3 where its index of a hundred places says, which is somewhere else; decoded
// to WAV once, it starts and stops on the sample. A file beside the page is FLAC, in which they find their way.

import { type Sound, bytesOf } from "./document";

const RATE = 16000;

/** Return the address that a player takes. */
export async function addressOf(sound: Sound, bytes?: Uint8Array<ArrayBuffer>): Promise<string> {
  if (sound.url) return sound.url;
  const encoded = bytes ?? bytesOf(sound.data ?? "");
  try {
    const context = new OfflineAudioContext(1, 1, RATE);
    const decoded = await context.decodeAudioData(encoded.slice().buffer);
    return URL.createObjectURL(new Blob([wav(decoded.getChannelData(0), decoded.sampleRate)], { type: "audio/wav" }));
  } catch {
    return URL.createObjectURL(new Blob([encoded], { type: sound.type }));
  }
}

function wav(samples: Float32Array, rate: number): ArrayBuffer {
  const buffer = new ArrayBuffer(44 + 2 * samples.length);
  const view = new DataView(buffer);
  const text = (at: number, letters: string) => [...letters].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  const pcm = new Int16Array(buffer, 44);
  for (let i = 0; i < samples.length; i++) pcm[i] = Math.max(-32768, Math.min(32767, Math.round(samples[i] * 32768)));
  return buffer;
}
