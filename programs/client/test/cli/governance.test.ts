/** Governance on the command line: tokens locked, a change proposed, voted, delayed and executed; and a network handed over to it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { earshot } from "./run-cli.ts";
import { type RunningLocalnet, startLocalnetCommand } from "./running-localnet.ts";

const DAY = 86_400;
const NEXT_HASH = "cd".repeat(32);
let localnet: RunningLocalnet;

beforeAll(async () => {
  localnet = await startLocalnetCommand();
});
afterAll(() => localnet.stop());

describe("a position", () => {
  test("locks tokens, until a time or until it is let go", async () => {
    const { answer, refusal, run } = localnet;
    expect(await answer("admin", "gov lock", "5000.5", "--for", "2y")).toMatchObject({ committed: false });
    await answer("admin", "gov lock", "5000.5", "--for", "2y", "--commit");
    await answer("owner", "gov lock", "200", "--for", "30d", "--constant", "--commit");
    await answer("owner", "gov top-up", "0", "100", "--commit");
    expect(await answer("owner", "gov positions")).toMatchObject([
      { id: "0", amount: "30000000000", lock: { constant: { seconds: 30 * DAY } } },
    ]);
    expect(await refusal("owner", "gov lock", "1", "--for", "1d")).toMatch(/LockOutOfRange, error \d+/);
    expect(await refusal("owner", "gov withdraw", "0")).toMatch(/StillLocked/);
    expect((await run("owner", "gov lock", "1", "--for", "soon")).code).toBe(2);
    await answer("owner", "gov extend", "0", "--for", "60d", "--constant", "--commit");
  });

  test("gives its tokens back when its time is over", async () => {
    const { answer, warp } = localnet;
    const before = BigInt((await answer("customer", "dc balance")).tokenAtoms);
    await answer("customer", "gov lock", "10", "--for", "7d", "--constant", "--commit");
    await answer("customer", "gov unlock", "0", "--commit");
    await warp(8 * DAY);
    await answer("customer", "gov withdraw", "0", "--commit");
    expect(await answer("customer", "gov positions")).toEqual([]);
    expect(BigInt((await answer("customer", "dc balance")).tokenAtoms)).toBe(before);
  });
});

describe("a proposal", () => {
  let file: string;

  test("that nobody can read is refused by the path in it", async () => {
    const { refusal, write } = localnet;
    const proposing = (value: unknown) => refusal("admin", "gov propose", write("bad.json", value));
    const one = (instruction: unknown) => ({ description: "x", instructions: [instruction] });
    expect(await proposing("not json")).toMatch(/^PRG_BAD_OPTION: .+ is no JSON file/);
    expect(await proposing({ description: "x", instructions: [] })).toMatch(
      /instructions: expected a list of at least one/,
    );
    expect(await proposing(one({ program: "bank" }))).toMatch(/instructions\[0\].program: expected one of guard/);
    expect(await proposing(one({ program: "registry", instruction: "fly" }))).toMatch(
      /registry has no instruction fly/,
    );
    const args = { hash: "ab", fromEpoch: "-1" };
    expect(await proposing(one({ program: "registry", instruction: "setParameters", args }))).toMatch(
      /setParameters.hash: expected 32 items, got 1/,
    );
    expect(await proposing(one({ program: "registry", instruction: "setParameters", args: { hash: "ab" } }))).toMatch(
      /args.fromEpoch: expected a value/,
    );
  });

  test("is handed to governance by the founder, and accepted by a vote", async () => {
    const { answer, refusal, folder, warp, network } = localnet;
    file = `${folder}/hand-over.json`;
    await answer("admin", "network hand-over", "--proposal", file, "--commit");
    expect(await answer("admin", "gov propose", file)).toMatchObject({ committed: false });
    await answer("admin", "gov propose", file, "--commit");
    expect(await answer("admin", "gov show", "0", "--file", file)).toMatchObject({ id: "0", isFile: true });
    await answer("admin", "gov vote", "0", "yes", "--commit");
    await answer("owner", "gov vote", "0", "no", "--commit");
    expect(await refusal("admin", "gov vote", "0", "no", "--commit")).toMatch(/^PRG_REFUSED: .+ already in use\n$/);
    expect(await refusal("maker", "gov vote", "0", "no")).toMatch(/has locked nothing: gov lock/);
    await answer("customer", "gov lock", "1", "--for", "30d", "--commit");
    expect(await refusal("customer", "gov vote", "0", "no")).toMatch(/nothing that counts yet/);
    expect(await refusal("admin", "gov execute", "0")).toMatch(/^PRG_REFUSED: the vote on proposal 0 is open until 20/);

    await warp(7 * DAY);
    expect(await answer("maker", "gov execute", "0")).toMatchObject({ committed: false });
    await answer("maker", "gov execute", "0", "--commit");
    await answer("maker", "gov execute", "0", "--commit");
    expect(await answer("maker", "gov list")).toMatchObject([{ id: "0", state: { queued: {} } }]);
    expect(await refusal("maker", "gov execute", "0", "--file", file)).toMatch(/the delay of proposal 0 runs until/);
    await warp(2 * DAY);
    expect(await refusal("maker", "gov execute", "0")).toMatch(/executing needs what was proposed/);
    await answer("maker", "gov execute", "0", "--file", file, "--commit");
    expect((await answer("maker", "network params")).network.admin).toBe(network.gov);
    expect(await refusal("maker", "gov execute", "0", "--file", file)).toBe("PRG_REFUSED: proposal 0 is executed\n");
  });

  test("changes the network's parameters, which nobody else can", async () => {
    const { answer, refusal, write, warp, connection } = localnet;
    const slot = await connection.getSlot("confirmed");
    const fromEpoch = Math.floor((await connection.getBlockTime(slot))! / DAY) + 30;
    const change = {
      description: "other parameters",
      instructions: [{ program: "registry", instruction: "setParameters", args: { hash: NEXT_HASH, fromEpoch } }],
    };
    file = write("parameters.json", change);
    // Several positions vote together.
    for (const amount of ["7", "8"]) await answer("owner", "gov lock", amount, "--for", "60d", "--commit");
    await warp(DAY);
    await answer("admin", "gov propose", file, "--commit");
    const other = write("other.json", {
      ...change,
      instructions: [{ ...change.instructions[0], args: { hash: NEXT_HASH, fromEpoch: fromEpoch + 1 } }],
    });
    expect(await answer("owner", "gov show", "1", "--file", other)).toMatchObject({ isFile: false });
    await answer("admin", "gov vote", "1", "yes", "--commit");
    await answer("owner", "gov vote", "1", "abstain", "--commit");
    const votes = (await answer("owner", "gov positions")).map(
      ({ votesActive }: { votesActive: number }) => votesActive,
    );
    expect(votes).toEqual([2, 1, 1]);
    await warp(7 * DAY);
    await answer("maker", "gov execute", "1", "--commit");
    await answer("maker", "gov execute", "1", "--commit");
    await warp(2 * DAY);
    expect(await refusal("maker", "gov execute", "1", "--file", other)).toMatch(/is not what proposal 1 is/);
    await answer("maker", "gov execute", "1", "--file", file, "--commit");
    const { network } = await answer("maker", "network params");
    expect(network.parameters).toMatchObject({ next: NEXT_HASH, nextFrom: String(fromEpoch) });
  });

  test("is withdrawn by its proposer only", async () => {
    const { answer, refusal } = localnet;
    await answer("admin", "gov propose", file, "--commit");
    expect(await refusal("owner", "gov cancel", "2")).toMatch(/^PRG_REFUSED: /);
    await answer("admin", "gov cancel", "2", "--commit");
    expect(await refusal("admin", "gov execute", "2")).toBe("PRG_REFUSED: proposal 2 is cancelled\n");
    expect(await refusal("admin", "gov vote", "9", "yes")).toBe("PRG_NOT_FOUND: there is no proposal 9\n");
  });
});

test("lists for people, one line each", async () => {
  const { url, network, keypair } = localnet;
  const common = ["--url", url, "--token-mint", network.tokenMint!, "--keypair", keypair("admin")];
  const { out } = await earshot(["gov", "list", ...common]);
  expect(out).toMatch(
    /^0 {2}executed {3}yes \d+\.\d{8} {2}no \d+\.\d{8} {2}ends 20\S+\n1 {2}executed .+\n2 {2}cancelled .+\n$/,
  );
  expect((await earshot(["gov", "show", "2", ...common])).out).toContain("\nstate: cancelled\n");
  expect((await earshot(["gov", "positions", ...common])).out).toMatch(
    /^0 {2}5000\.50000000 tokens {2}until 20\S+ {2}2 votes\n$/,
  );
});
