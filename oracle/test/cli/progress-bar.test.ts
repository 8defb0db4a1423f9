import { describe, expect, test } from "vitest";
import { ProgressBar } from "../../src/cli/progress-bar.ts";

function terminal(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  return { written, isTTY, columns, write: (text: string) => void written.push(text) };
}

describe("ProgressBar", () => {
  test("draws one line that replaces itself, and takes it away", () => {
    const screen = terminal(true);
    const bar = new ProgressBar(screen);
    bar.show(0, 4, "reading");
    bar.show(2, 4, "reading");
    bar.show(2, 4, "reading");
    bar.show(9, 4, "reading");
    bar.clear();
    bar.clear();
    expect(screen.written).toEqual([
      `\r\x1b[2K${"░".repeat(24)}   0 % reading`,
      `\r\x1b[2K${"█".repeat(12)}${"░".repeat(12)}  50 % reading`,
      `\r\x1b[2K${"█".repeat(24)} 100 % reading`,
      "\r\x1b[2K",
    ]);
  });

  test("stays inside the terminal's width and counts nothing of nothing as 0 %", () => {
    const screen = terminal(true, 20);
    new ProgressBar(screen).show(0, 0, "x".repeat(100));
    expect(screen.written[0]).toHaveLength("\r\x1b[2K".length + 19);
  });

  test("writes nothing where there is no terminal", () => {
    const pipe = terminal(false);
    const bar = new ProgressBar(pipe);
    bar.show(1, 2, "reading");
    bar.clear();
    expect(pipe.written).toEqual([]);
  });
});
