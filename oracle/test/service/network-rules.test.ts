/** Which rules an oracle follows, by what it has and what the chain says. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { demo, presetOfNetwork } from "@earshot/poc";
import { canonicalJsonBytes, sha256 } from "@earshot/poc/protocol";
import { expect, test } from "vitest";
import { jsonFile } from "../../src/epoch-folder/parameters-file.ts";
import { parameterHashAt } from "../../src/registry/parameter-hashes.ts";
import { knownRules, rulesOfEpoch } from "../../src/service/network-rules.ts";
import { TemporaryFolders } from "../temporary-folder.ts";

const folders = new TemporaryFolders("rules");
const network = { wireId: 3, epochSeconds: 24 };
const accounts = { distributor: new Uint8Array(32).fill(1), treasury: new Uint8Array(32).fill(2) };
const first = presetOfNetwork(24_000, accounts);
const second = { ...first, version: first.version, distance: { ...first.distance, maximumM: 90_000 } };
const hashOf = (parameters: object) => sha256(canonicalJsonBytes(parameters));
const written = { account: "", parameters: "auto", parameters_file: "", next_parameters_file: "" } as const;

test("a change of rules is followed from the epoch that the chain says, where its file is there", () => {
  const folder = folders.next();
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "next.json");
  writeFileSync(path, jsonFile(second));
  const hashes = [
    { hash: hashOf(first), fromEpoch: 0 },
    { hash: hashOf(second), fromEpoch: 100 },
  ];
  const known = knownRules(network, { ...written, next_parameters_file: path }, accounts);
  expect(rulesOfEpoch(known, hashes, 99)).toMatchObject({ parameters: { distance: { maximumM: 100_000 } } });
  expect(rulesOfEpoch(known, hashes, 100)).toMatchObject({ parameters: { distance: { maximumM: 90_000 } } });
  const unprepared = knownRules(network, written, accounts);
  expect(rulesOfEpoch(unprepared, hashes, 99)).toBe(unprepared[0]);
  const { why } = rulesOfEpoch(unprepared, hashes, 100) as { why: string };
  expect(why).toContain(`the rules of epoch 100 have the hash ${hashOf(second).toHex()}`);
  expect(why).toContain(`known here are demo ${hashOf(first).toHex()}`);
});

test("rules with other times are refused at the start, and not when they begin and no oracle would start again", () => {
  const folder = folders.next();
  mkdirSync(folder, { recursive: true });
  for (const [name, value] of [
    ["graceMs", 2 * first.time.graceMs],
    ["windowMs", first.time.windowMs / 2],
    ["vetoMs", 2 * first.time.vetoMs],
  ] as const) {
    const path = join(folder, `${name}.json`);
    writeFileSync(path, jsonFile({ ...first, time: { ...first.time, [name]: value } }));
    expect(() => knownRules(network, { ...written, next_parameters_file: path }, accounts)).toThrow(
      new RegExp(`ORC_BAD_CONFIG.*time\\.${name} is ${value}.* stays ${first.time[name]}`),
    );
  }
});

test("a preset is bound to its network, so that two networks never have one hash", () => {
  expect(first.rewards).toMatchObject({ distributor: "01".repeat(32), treasury: "02".repeat(32) });
  expect(hashOf(first)).not.toEqual(hashOf(demo(24_000)));
});

test("of the hashes on chain the last that has begun holds, before them the oldest that is known", () => {
  const hashes = [5, 9].map((fromEpoch) => ({ hash: new Uint8Array(32).fill(fromEpoch), fromEpoch }));
  expect([1, 5, 8, 9, 50].map((epoch) => parameterHashAt(hashes, epoch)[0])).toEqual([5, 5, 5, 9, 9]);
});
