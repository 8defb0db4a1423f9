/** Asks again and again until there is an answer; what fails is no answer. Throws after a time, with what `told` says. */
export async function until<T>(ask: () => Promise<T | undefined>, withinMs: number, told: () => string): Promise<T> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    if (performance.now() > endMs) throw new Error(told());
    await Bun.sleep(200);
  }
}
