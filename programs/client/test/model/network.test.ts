/**
 * Random networks: commands of owners, customers, oracles, guardians and thieves in any order, with the clock moving between them. Every
 * command has the outcome the model expects, to the name of the error, and R1 to R13 hold all the time.
 *
 * 20,000 commands; `bun run soak programs` makes a million. The seed is printed; EARSHOT_SEED repeats a run.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { AnyKind, Outcome } from "./command-kind.ts";
import { COMMANDS, opening } from "./commands.ts";
import { usurp } from "./governance-commands.ts";
import { checkAll, checkCheap, checkRoots } from "./invariants.ts";
import { type NetworkModel, World } from "./world.ts";

const SOAK = Number(process.env.EARSHOT_SOAK ?? 1);
const COMMANDS_TO_RUN = SOAK === 1 ? 20_000 : 50_000 * SOAK;
const SEED = Number(process.env.EARSHOT_SEED ?? Date.now() % 2 ** 31);
/** Commands between two looks at every account. */
const LOOK_EVERY = 25;

class Command implements fc.Command<NetworkModel, Counter> {
  readonly #kind: AnyKind;
  readonly #parameters: unknown;

  constructor(kind: AnyKind, parameters: unknown) {
    this.#kind = kind;
    this.#parameters = parameters;
  }

  check(): boolean {
    return true;
  }

  run(model: NetworkModel, counter: Counter): void {
    const outcomes = this.#kind.act(model, this.#parameters);
    let isChanged = false;
    for (const outcome of Symbol.iterator in outcomes ? outcomes : [outcomes]) {
      send(model, outcome, this);
      counter.count(this.#kind.name, outcome.expected);
      isChanged ||= outcome.expected === null;
    }
    // What is refused changes nothing; if it did, the next look would find it.
    if (isChanged) checkCheap(model);
    if (counter.total % LOOK_EVERY === 0) checkAll(model);
  }

  toString(): string {
    return `${this.#kind.name}(${fc.stringify(this.#parameters)})`;
  }
}

/** Sends what the model has an answer to. Throws when the chain has another. */
function send(model: NetworkModel, { expected, instructions }: Outcome, what: unknown): void {
  if (instructions.length === 0) return;
  const { error, logs } = model.world.stage.chain.send(...instructions);
  if (error !== expected)
    throw new Error(`${what}: the chain says ${error}, the model ${expected}\n${logs.slice(-12).join("\n")}`);
}

class Counter {
  total = 0;
  readonly outcomes = new Map<string, number>();

  count(name: string, error: string | null): void {
    this.total++;
    const key = `${name} ${error ?? "done"}`;
    this.outcomes.set(key, (this.outcomes.get(key) ?? 0) + 1);
  }
}

const command = fc.oneof(
  ...COMMANDS.map((kind) => ({
    weight: kind.weight,
    arbitrary: kind.parameters.map((parameters: unknown) => new Command(kind, parameters)),
  })),
);

test(`${COMMANDS_TO_RUN} commands do what the model says, and every invariant holds`, {
  timeout: SOAK === 1 ? 600_000 : 7_200_000,
}, async () => {
  process.stdout.write(`model: seed ${SEED} (EARSHOT_SEED)\n`);
  const world = await World.create();
  const counter = new Counter();
  for (let round = 0; counter.total < COMMANDS_TO_RUN; round++)
    fc.assert(
      fc.property(fc.commands([command], { maxCommands: 400, size: "max" }), (commands) => {
        let model: NetworkModel | undefined;
        fc.modelRun(() => {
          model = world.begin();
          for (const outcome of opening(model)) send(model, outcome, "opening");
          return { model, real: counter };
        }, commands);
        if (model === undefined) return;
        checkAll(model);
        checkRoots(model);
      }),
      { seed: SEED + round, numRuns: 10 },
    );
  const errors = [...counter.outcomes.keys()];
  process.stdout.write(`model: ${counter.total} commands, ${errors.length} different outcomes\n`);
  if (process.env.EARSHOT_OUTCOMES !== undefined)
    for (const [outcome, count] of [...counter.outcomes].toSorted()) process.stdout.write(`  ${count} ${outcome}\n`);
  // A run that never came as far would prove little.
  for (const kind of COMMANDS) if (kind !== usurp) expect(errors, kind.name).toContain(`${kind.name} done`);
  for (const outcome of [
    "claim LimitExceeded",
    "claim WrongRoot",
    "vote AlreadyVoted",
    "finalize VetoWindowOpen",
    "usurp NotGovernance",
    "govern BadRule",
    "govern TooEarly",
    "govern WrongState",
  ])
    expect(errors).toContain(outcome);
});
