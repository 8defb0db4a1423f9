/**
 * A change of rules as docs/guides/operator.md has it: the rules in force are asked for and edited, the oracle gets the new ones as a file,
 * the chain says from when on they hold. The oracle ends, is started again, and serves them; what had begun under the old rules is closed
 * under the old rules. Another oracle without the file goes on answering and says what it lacks.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJsonBytes, sha256 } from "@earshot/poc/protocol";
import { expect } from "vitest";
import { LocalRegistry } from "../servers/local-registry.ts";
import { ServiceProcess } from "../servers/service-process.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { until } from "./until.ts";

const folders = new TemporaryFolders("rule-change");
const EPOCH_S = 24;
const PATIENCE_MS = 16 * EPOCH_S * 1000;

interface Play {
  readonly chain: LocalRegistry;
  readonly running: ServiceProcess[];
}

/** An oracle of the network, `settles` or not. */
async function begin(
  { chain, running }: Play,
  folder: string,
  settles: boolean,
  more: readonly string[] = [],
  url = "",
): Promise<ServiceProcess> {
  const key = join(folder, "oracle.json");
  mkdirSync(folder, { recursive: true });
  if (settles) chain.writeOracleKey(key);
  const settings = settles ? [`settlement.key_file=${key}`, "settlement.interval=500 ms", "settlement.slot=40 ms"] : [];
  const oracle = new ServiceProcess(
    folder,
    [`chain.rpc=["${chain.url}"]`, `network.account=${chain.account}`, ...settings, ...more],
    url,
  );
  await oracle.start();
  running.push(oracle);
  return oracle;
}

/** Is followed by an oracle that has the file and is started again, and said by one that has not. */
export async function changeRules(): Promise<void> {
  const chain = await LocalRegistry.start(EPOCH_S, { oracles: 1, vetoSeconds: 1 });
  const running: ServiceProcess[] = [];
  try {
    await playChange({ chain, running });
  } finally {
    for (const one of running) await one.stop();
    await chain.stop();
  }
}

async function playChange(play: Play): Promise<void> {
  const { chain } = play;
  const folder = folders.next();
  const before = await begin(play, folder, true);
  const unaware = await begin(play, folders.next(), false);
  const { parameters, parameterHash } = await before.get("/v1/parameters");
  const next = { ...parameters, distance: { ...parameters.distance, maximumM: 90_000 } };
  const file = join(folder, "next.json");
  writeFileSync(file, JSON.stringify(next));
  const hash = sha256(canonicalJsonBytes(next));
  expect(hash.toHex()).not.toBe(parameterHash);
  await before.stop();
  const told = await begin(play, folder, true, [`network.next_parameters_file=${file}`], before.url);
  // A whole epoch and more from now: the program takes no change of an epoch that has begun when it lands.
  const change = Math.floor(Date.now() / 1000 / EPOCH_S) + 2;
  await chain.setParameters(hash, change);

  expect(await told.ended()).not.toBe(0);
  expect(told.log).toContain("ORC_RULES_CHANGED");
  expect(Math.floor(Date.now() / 1000 / EPOCH_S)).toBeGreaterThanOrEqual(change);
  // As systemd does.
  await told.start();
  expect(await told.get("/v1/parameters")).toMatchObject({ parameterHash: hash.toHex(), effectiveEpoch: change });
  const log = () => told.log.slice(-5000);
  const closed = (epoch: number) =>
    until(
      async () => {
        const answer = await fetch(`${told.url}/v1/epochs/${epoch}`);
        return answer.ok ? ((await answer.json()) as { parameterHash: string }) : undefined;
      },
      PATIENCE_MS,
      log,
    );
  expect((await closed(change - 1)).parameterHash).toBe(parameterHash);
  expect((await closed(change)).parameterHash).toBe(hash.toHex());
  await until(async () => ((await told.metric("oracle_epoch_final")) >= change ? true : undefined), PATIENCE_MS, log);

  const { status, faults } = await unaware.get("/readyz");
  expect(status).toBe("not_ready");
  expect(JSON.stringify(faults)).toContain(hash.toHex());
  expect((await fetch(`${unaware.url}/v1/epochs/${change}`)).status).toBe(404);
}
