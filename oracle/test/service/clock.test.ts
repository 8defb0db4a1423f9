/** Waits that end with a signal which lasts as long as the process. */
import { expect, test } from "vitest";
import { SYSTEM_CLOCK, sleep, unlessAborted } from "../../src/service/clock.ts";

/** A signal that counts who listens to it. */
function countedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const listening = new Set<unknown>();
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = ((type: string, listener: never, options: never) => {
    listening.add(listener);
    add(type, listener, options);
  }) as typeof signal.addEventListener;
  signal.removeEventListener = ((type: string, listener: never) => {
    listening.delete(listener);
    remove(type, listener);
  }) as typeof signal.removeEventListener;
  return { controller, signal, listening };
}

test("what is done again and again until a signal leaves nothing hanging on it", async () => {
  const { signal, listening } = countedSignal();
  for (let round = 0; round < 100; round++) {
    expect(await unlessAborted(Promise.resolve(round), signal)).toBe(round);
    await expect(unlessAborted(Promise.reject(new Error("failed")), signal)).rejects.toThrow("failed");
    await sleep(SYSTEM_CLOCK, 0, signal);
  }
  expect(listening.size).toBe(0);
});

test("work that goes on is left behind when the signal is aborted, and what it fails with is nobody's", async () => {
  const { controller, signal, listening } = countedSignal();
  const { promise, reject } = Promise.withResolvers<number>();
  const left = unlessAborted(promise, signal);
  controller.abort();
  expect(await left).toBeUndefined();
  reject(new Error("too late"));
  expect(await unlessAborted(Promise.reject(new Error("later still")), signal)).toBeUndefined();
  await sleep(SYSTEM_CLOCK, 0, new AbortController().signal);
  expect(listening.size).toBe(0);
});
