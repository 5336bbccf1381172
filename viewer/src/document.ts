// What Python says of a recording: see agora_audio/lab/report/document.py, which computes every number shown.

export interface Lane {
  name: string;
  config: Record<string, unknown>;
  /** Fields whose values are not the defaults. */
  changed: string[];
  /** start, end, audio_start, audio_end, started_at, ended_at; seconds. */
  segments: number[][];
  /** Thresholds of the probability, while silent and while speaking. */
  voice: [number, number];
  /** From when on (s) which threshold of the level (dBFS) was in force. */
  level: [number, number][];
  missed: [number, number][];
  false: [number, number][];
  scores: Record<string, number | null> | null;
}

export interface Sound {
  type: string;
  /** Base64, in a page that holds everything. */
  data?: string;
  /** A file beside the page. */
  url?: string;
}

export interface Recording {
  title: string;
  summary: string;
  duration: number;
  frames: number;
  peak: number;
  lanes: Lane[];
  reference: [number, number][] | null;
  data?: string;
  script?: string;
  sound?: Sound;
}

export const FRAMES_PER_SECOND = 100;
export const LOWEST_DB = -127;

/** Positions in a segment. */
export const START = 0, END = 1, SOUND_START = 2, SOUND_END = 3, STARTED = 4, ENDED = 5;

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** A value a frame, with its extremes and means over ever larger groups of frames, so that hours draw as fast as seconds. */
export class Curve {
  private readonly levels: { min: Float32Array; max: Float32Array; mean: Float32Array }[] = [];
  private static readonly FACTOR = 8;

  constructor(values: Float32Array) {
    let level = { min: values, max: values, mean: values };
    this.levels.push(level);
    while (level.mean.length > 64) {
      const length = Math.ceil(level.mean.length / Curve.FACTOR);
      const next = { min: new Float32Array(length), max: new Float32Array(length), mean: new Float32Array(length) };
      for (let i = 0; i < length; i++) {
        const first = i * Curve.FACTOR, last = Math.min(first + Curve.FACTOR, level.mean.length);
        let low = Infinity, high = -Infinity, sum = 0;
        for (let k = first; k < last; k++) {
          low = Math.min(low, level.min[k]);
          high = Math.max(high, level.max[k]);
          sum += level.mean[k];
        }
        next.min[i] = low;
        next.max[i] = high;
        next.mean[i] = sum / (last - first);
      }
      this.levels.push(next);
      level = next;
    }
  }

  get length(): number {
    return this.levels[0].mean.length;
  }

  at(frame: number): number {
    return this.levels[0].mean[frame];
  }

  /** Extremes and mean of the frames from `first` up to before `last`, by the groups that lie in it, at least one. */
  over(first: number, last: number): [number, number, number] {
    let size = 1, number = 0;
    while (number + 1 < this.levels.length && size * Curve.FACTOR * 2 <= last - first) {
      size *= Curve.FACTOR;
      number++;
    }
    const level = this.levels[number];
    const begin = Math.min(Math.floor(first / size), level.mean.length - 1);
    const end = Math.min(Math.max(begin + 1, Math.floor(last / size)), level.mean.length);
    let low = Infinity, high = -Infinity, sum = 0;
    for (let i = begin; i < end; i++) {
      low = Math.min(low, level.min[i]);
      high = Math.max(high, level.max[i]);
      sum += level.mean[i];
    }
    return [low, high, sum / (end - begin)];
  }
}

/** The four planes of frame_bytes() in Python. */
export class Frames {
  /** Largest sample of each frame, and the smallest with its sign turned: what wavesurfer takes for two channels. */
  readonly peaks: [Float32Array, Float32Array];
  readonly probability: Curve;
  readonly level: Curve;

  constructor(bytes: Uint8Array, count: number) {
    const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.peaks = [
      Float32Array.from(signed.subarray(count, 2 * count), (value) => Math.max(0, value / 127)),
      Float32Array.from(signed.subarray(0, count), (value) => Math.max(0, -value / 127)),
    ];
    this.probability = new Curve(Float32Array.from(bytes.subarray(2 * count, 3 * count), (value) => value / 255));
    this.level = new Curve(Float32Array.from(bytes.subarray(3 * count, 4 * count), (value) => value / 2 + LOWEST_DB));
  }
}
