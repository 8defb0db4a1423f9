import { expect, test } from "vitest";
import { KeptAnswers } from "../../src/settlement/kept-answers.ts";
import { ManualClock } from "../service/manual-clock.ts";

const LIMITS = { freshMs: 3000, usableMs: 60_000, waitMs: 4000, pauseMs: 2000, mostAsked: 2, mostKept: 3 };

/** A chain that answers when it is told to. */
class Endpoint {
  asked = 0;
  readonly #waiting: { resolve: (value: number) => void; reject: (error: Error) => void }[] = [];
  readonly question = () => {
    this.asked++;
    return new Promise<number>((resolve, reject) => this.#waiting.push({ resolve, reject }));
  };

  async answer(value: number | Error): Promise<void> {
    for (const { resolve, reject } of this.#waiting.splice(0)) value instanceof Error ? reject(value) : resolve(value);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function begin() {
  const clock = new ManualClock(0);
  const endpoint = new Endpoint();
  const kept = new KeptAnswers({ clock, ...LIMITS });
  return { clock, endpoint, ask: (name = "one") => kept.of(name, endpoint.question) };
}

test("an endpoint is asked once for all who ask at once, and not again while the answer is fresh", async () => {
  const { clock, endpoint, ask } = begin();
  const both = [ask(), ask()];
  await endpoint.answer(7);
  expect(await Promise.all(both)).toEqual([{ value: 7 }, { value: 7 }]);
  clock.advance(2999);
  expect(await ask()).toEqual({ value: 7 });
  expect(endpoint.asked).toBe(1);
  clock.advance(1);
  const again = ask();
  await endpoint.answer(8);
  expect(await again).toEqual({ value: 8 });
});

test("nobody waits for an endpoint that hangs; an answer of before does for a minute", async () => {
  const { clock, endpoint, ask } = begin();
  const first = ask();
  clock.advance(4000);
  expect(await first).toBeUndefined();
  await endpoint.answer(1);
  expect(await ask()).toEqual({ value: 1 });
  clock.advance(3000);
  const stale = ask();
  clock.advance(4000);
  expect(await stale).toEqual({ value: 1 });
  clock.advance(53_000);
  const old = ask();
  clock.advance(4000);
  expect(await old).toBeUndefined();
  expect(endpoint.asked).toBe(2);
});

test("after a failure the same is answered at once with nothing, and asked again after the pause", async () => {
  const { clock, endpoint, ask } = begin();
  const first = ask();
  await endpoint.answer(new Error("away"));
  expect(await first).toBeUndefined();
  expect(await ask()).toBeUndefined();
  expect(endpoint.asked).toBe(1);
  clock.advance(2000);
  const again = ask();
  await endpoint.answer(2);
  expect(await again).toEqual({ value: 2 });
});

test("only so many questions are under way at a time, and only so many answers are kept", async () => {
  const { endpoint, ask } = begin();
  const asked = [ask("a"), ask("b")];
  expect(await ask("c")).toBeUndefined();
  await endpoint.answer(3);
  expect(await Promise.all(asked)).toEqual([{ value: 3 }, { value: 3 }]);
  for (const name of ["c", "d", "e"]) {
    const one = ask(name);
    await endpoint.answer(4);
    await one;
  }
  const count = endpoint.asked;
  void ask("a");
  expect(endpoint.asked).toBe(count + 1);
});
