// wavesurfer.js draws the waveform and plays; what is in sight is told to it.

import WaveSurfer from "wavesurfer.js";
import type { Frames } from "./document";
import type { Theme } from "./theme";

export interface PlayerEvents {
  time(seconds: number): void;
  playing(now: boolean): void;
  failed(): void;
}

export class Player {
  readonly media = new Audio();
  private surfer: WaveSurfer | null = null;
  private view: [number, number] = [1, 0];
  private drawn = 0;
  private address = "";
  /** Where to stop. */
  private until = Infinity;

  constructor(private readonly events: PlayerEvents) {
    this.media.preload = "metadata";
  }

  mount(container: HTMLElement, frames: Frames, duration: number, height: number, theme: Theme): void {
    const { media } = this;
    this.surfer = WaveSurfer.create({
      container, height, media, duration,
      peaks: frames.peaks,
      minPxPerSec: this.view[0],
      fillParent: false,
      hideScrollbar: true,
      interact: false,
      autoScroll: false,
      cursorWidth: 0,
      barHeight: 0.94,
      waveColor: theme.wave,
      progressColor: theme.wave,
    });
    this.drawn = this.view[0];
    this.surfer.on("timeupdate", (time) => this.moved(time));
    this.surfer.on("play", () => this.events.playing(true));
    this.surfer.on("pause", () => this.events.playing(false));
    this.surfer.on("finish", () => this.events.playing(false));
    // What it loads is what it was given; that the sound itself is missing is said by the medium.
    this.surfer.on("error", () => undefined);
    // Only then, since what it loads without an address empties the medium.
    this.surfer.on("ready", () => {
      this.show(...this.view);
      if (this.address) media.src = this.address;
    });
    media.addEventListener("error", () => this.address && this.events.failed());
  }

  load(address: string): void {
    this.address = address;
    if (this.surfer?.getDecodedData()) this.media.src = address;
  }

  /** Show so many pixels a second from a pixel on. */
  show(pixelsPerSecond: number, left: number): void {
    this.view = [pixelsPerSecond, left];
    if (!this.surfer?.getDecodedData()) return;
    if (this.drawn !== pixelsPerSecond) {
      this.surfer.zoom(pixelsPerSecond);
      this.drawn = pixelsPerSecond;
    }
    this.surfer.setScroll(left);
  }

  get time(): number {
    return this.media.currentTime;
  }

  // What is sought is asked of the medium itself, since wavesurfer forgets a place where another one is still being
  // sought; and where it stops is kept here, since there it outlives a jump to behind it.
  seek(time: number): void {
    this.until = Infinity;
    if (this.address) this.media.currentTime = time;
  }

  /** Play a stretch; seconds. */
  hear(start: number, end: number): void {
    this.seek(start);
    this.until = end;
    void this.play();
  }

  private moved(time: number): void {
    if (time >= this.until && !this.media.paused) {
      this.until = Infinity;
      this.media.pause();
    }
    this.events.time(time);
  }

  private async play(): Promise<void> {
    if (!this.address) return;
    try {
      await this.surfer?.play();
    } catch (error) {
      // A play that another one, or a pause, takes the place of is no failure.
      if ((error as Error).name !== "AbortError") this.events.failed();
    }
  }

  toggle(): void {
    if (this.media.paused) void this.play();
    else this.media.pause();
  }

  set rate(value: number) {
    this.surfer?.setPlaybackRate(value, true);
  }

  destroy(): void {
    this.media.pause();
    this.surfer?.destroy();
    if (this.address.startsWith("blob:")) URL.revokeObjectURL(this.address);
  }
}
