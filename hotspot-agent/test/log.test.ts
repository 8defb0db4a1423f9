import { describe, expect, test } from "vitest";
import type { Clock } from "../src/clock.ts";
import { createLog, type LogOptions } from "../src/log.ts";

function fixture(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const time = { nowMs: 1_000_000 };
  const clock: Clock = { nowMs: () => time.nowMs, wallMs: () => time.nowMs, after: () => () => {} };
  const log = createLog({
    level: "info",
    format: "text",
    repeatIntervalMs: 60_000,
    clock,
    write: (line) => lines.push(line),
    hasTime: false,
    ...options,
  });
  return { lines, time, log };
}

describe("log", () => {
  test("writes actor, sentence and values on one line", () => {
    const { log, lines } = fixture();
    log.for("spool").warn("The disk is full.", { freeBytes: 0, path: "/a b", missing: undefined });
    expect(lines).toEqual(['WARN  spool: The disk is full. freeBytes=0 path="/a b"\n']);
  });

  test("writes JSON with the time", () => {
    const { log, lines } = fixture({ format: "json" });
    log.info("Started.", { port: 1 });
    expect(JSON.parse(lines[0]!)).toEqual({
      time: "1970-01-01T00:16:40.000Z",
      level: "info",
      actor: "agent",
      message: "Started.",
      port: 1,
    });
  });

  test("leaves out what is below its level", () => {
    const { log, lines } = fixture({ level: "warn" });
    log.debug("a");
    log.info("b");
    log.error("c");
    expect(lines).toEqual(["ERROR agent: c\n"]);
  });

  test("keeps text from outside on its line", () => {
    const { log, lines } = fixture();
    log.info("bad\nERROR agent: forged", { value: "x\ny" });
    expect(lines).toEqual(['INFO  agent: bad ERROR agent: forged value="x\\ny"\n']);
  });

  test("writes a complaint once in an interval and counts the rest", () => {
    const { log, lines, time } = fixture();
    for (let i = 0; i < 5; i++) log.complain("json", "Bad JSON.", { from: i });
    log.for("other").complain("json", "Bad JSON.");
    time.nowMs += 59_999;
    log.complain("json", "Bad JSON.");
    time.nowMs += 1;
    log.complain("json", "Bad JSON.");
    expect(lines).toEqual([
      "WARN  agent: Bad JSON. from=0\n",
      "WARN  other: Bad JSON.\n",
      "WARN  agent: Bad JSON. heldBack=5\n",
    ]);
  });
});
