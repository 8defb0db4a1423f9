/** A line on stderr that shows how far a command is; nothing at all where stderr is no terminal. */
import type { Terminal } from "./context.ts";

const BAR_CHARACTERS = 24;
const CLEAR_LINE = "\r\x1b[2K";

export class ProgressBar {
  readonly #terminal: Terminal;
  #shown = "";

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Shows that `done` of `total` is done of what `label` says; the same line again costs nothing. */
  show(done: number, total: number, label: string): void {
    if (this.#terminal.isTTY !== true) return;
    const share = total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
    const filled = Math.floor(share * BAR_CHARACTERS);
    const bar = "█".repeat(filled) + "░".repeat(BAR_CHARACTERS - filled);
    const line = `${bar} ${String(Math.floor(share * 100)).padStart(3)} % ${label}`;
    if (line === this.#shown) return;
    this.#shown = line;
    this.#terminal.write(CLEAR_LINE + line.slice(0, (this.#terminal.columns ?? 80) - 1));
  }

  /** Takes the line away, so that what is printed next begins at the left. */
  clear(): void {
    if (this.#shown === "") return;
    this.#shown = "";
    this.#terminal.write(CLEAR_LINE);
  }
}
