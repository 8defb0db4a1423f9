import { describe, expect, test } from "vitest";
import { TOKEN_LIFETIME_MS, Tokens } from "../../src/forwarder/tokens.ts";

describe("tokens", () => {
  test("stand for one thing each, once", () => {
    const tokens = new Tokens<string>();
    const [a, b] = [tokens.give("a", 0), tokens.give("b", 0)];
    expect([tokens.take(b, 1), tokens.take(b, 1), tokens.take(a, 1)]).toEqual(["b", null, "a"]);
  });

  test("are forgotten after their lifetime", () => {
    const tokens = new Tokens<string>();
    const token = tokens.give("a", 0);
    expect(tokens.take(token, TOKEN_LIFETIME_MS + 1)).toBeNull();
  });

  test("wrap at 16 bits and never repeat one that is remembered", () => {
    const tokens = new Tokens<number>(65_535);
    const first = tokens.give(0, 0);
    expect([first, tokens.give(1, 0)]).toEqual([65_535, 0]);
    const given = new Set([65_535, 0]);
    for (let i = 2; i < 65_536; i++) given.add(tokens.give(i, 0));
    expect(given.size).toBe(65_536);
    const again = tokens.give(-1, 1);
    expect([again, tokens.take(again, 1)]).toEqual([65_535, -1]);
  });
});
