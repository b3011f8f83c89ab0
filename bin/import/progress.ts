/** How far an import is: a bar that redraws itself on a terminal, a plain line every few seconds elsewhere. Written to standard error. */

/** Where an import stands. `total` is 0 when nobody knows (standard input). */
export interface Standing {
  bytes: number;
  total: number;
  events: number;
}

const WIDTH = 24;

export class Progress {
  private readonly started = performance.now();
  private drawnAt = 0;
  private readonly terminal = process.stderr.isTTY === true;

  /** Shows where things stand, when it is time again: ten times a second on a terminal, every five seconds in a log. */
  show(standing: Standing): void {
    const now = performance.now();
    if (now - this.drawnAt < (this.terminal ? 100 : 5000)) return;
    if (!this.terminal && this.drawnAt === 0 && now - this.started < 5000) return;
    this.drawnAt = now;
    process.stderr.write(this.terminal ? `\r${this.line(standing)}\u001b[K` : `${this.line(standing)}\n`);
  }

  /** Another thing to say in the bar's place: what is waited for. */
  say(text: string): void {
    const now = performance.now();
    if (now - this.drawnAt < (this.terminal ? 100 : 5000)) return;
    this.drawnAt = now;
    process.stderr.write(this.terminal ? `\r${text}\u001b[K` : `${text}\n`);
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.terminal) process.stderr.write("\r\u001b[K");
  }

  get seconds(): number {
    return (performance.now() - this.started) / 1000;
  }

  private line({ bytes, total, events }: Standing): string {
    const rate = Math.round(events / Math.max(0.001, this.seconds));
    const said = `${events.toLocaleString("en")} events, ${rate.toLocaleString("en")}/s`;
    if (total === 0) return said;
    const share = Math.min(1, bytes / total);
    const full = Math.round(share * WIDTH);
    const left = share > 0.02 ? `, ${duration((this.seconds / share) * (1 - share))} left` : "";
    return `[${"#".repeat(full)}${"-".repeat(WIDTH - full)}] ${Math.floor(share * 100)} %  ${said}${left}`;
  }
}

/** Seconds as people say them: `8 s`, `3 min 20 s`, `1 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Somebody else's text for a terminal: control characters, which could move the cursor or worse, become visible. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, (sign) => `\\x${(sign.codePointAt(0) ?? 0).toString(16).padStart(2, "0")}`);
