/** Every account slot of every instruction, given wrongly in every way of `mutate.ts`: refused by the right check, with nothing changed. */
import { beforeAll, expect, test } from "vitest";
import { ALLOWED, allowedBecause } from "./allowed.ts";
import { readExpected, tableOf } from "./expected.ts";
import { ALL_TITLES } from "./mutate.ts";
import { runMutations, type Trial } from "./run-mutations.ts";

let trials: readonly Trial[];

beforeAll(async () => {
  trials = await runMutations();
});

const nameOf = ({ title, slot, kind }: Trial) => `${title} ${slot} ${kind}`;

test("tries every instruction of the five programs", () => {
  expect(new Set(trials.map(({ title }) => title))).toEqual(new Set(ALL_TITLES));
});

test("no mutation survives but those that may", () => {
  const survived = trials.filter(({ error }) => error === null);
  const single = trials.filter(({ kind }) => kind !== "mixture");
  const slots = new Set(single.map(({ title, slot }) => `${title} ${slot}`)).size;
  const refused = trials.length - survived.length;
  const wrongly = survived.filter((trial) => allowedBecause(trial) === null).map(nameOf);
  process.stdout.write(
    `mutations: ${slots} slots of ${ALL_TITLES.length} instructions, ${trials.length} tried ` +
      `(${trials.length - single.length} mixtures of two networks), ${refused} refused, ` +
      `${survived.length - wrongly.length} allowed by design, ${wrongly.length} survived\n`,
  );
  expect(wrongly).toEqual([]);
});

test("every exception is needed", () => {
  const survived = trials.filter(({ error }) => error === null);
  for (const { because } of ALLOWED)
    expect(
      survived.some((trial) => allowedBecause(trial) === because),
      because,
    ).toBe(true);
});

test("what is refused leaves every account byte for byte as it was", () => {
  expect(trials.filter(({ error, changed }) => error !== null && changed.length > 0).map(nameOf)).toEqual([]);
});

test("each is refused by the check that is there for it", () => {
  expect(tableOf(trials)).toBe(readExpected());
});

test("the programs refuse with an error and never panic", () => {
  const panicked = trials.filter(
    ({ error }) => error !== null && / panicked|failed to complete|transaction error/.test(error),
  );
  // Token-2022 itself does, given its mint for the account it burns from.
  expect(panicked.filter(({ error }) => error !== "Token-2022 panicked").map(nameOf)).toEqual([]);
});
