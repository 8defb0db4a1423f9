import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DeviceSigner, keyToText } from "@earshot/poc/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../../src/cli/app.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { OrganisationWorld } from "./organisation-world.ts";
import { member, routeKey, wallet, walletOf, walletText } from "./people.ts";

const folders = new TemporaryFolders("organisation-cli");
const files = folders.next();
const worlds: OrganisationWorld[] = [];
const urls: string[] = [];
const walletFile = join(files, "wallet.json");
const memberFile = join(files, "member.json");
const routeKeyFile = join(files, "route.key");
const routeFile = join(files, "route.toml");

beforeAll(async () => {
  mkdirSync(files);
  const keypair = (fill: number, { publicKey }: DeviceSigner) =>
    JSON.stringify([...new Uint8Array(32).fill(fill), ...publicKey.subarray(1)]);
  writeFileSync(walletFile, keypair(41, wallet), { mode: 0o600 });
  writeFileSync(memberFile, keypair(45, member), { mode: 0o600 });
  writeFileSync(routeKeyFile, `# a route key\ned25519 ${"2a".repeat(32)}\n`, { mode: 0o600 });
  writeFileSync(
    routeFile,
    `name = "air"
topicPrefix = "eu868"
netIds = []
devAddrs = ["26011000/20"]
joinEuis = []
maxCopies = 2
isActive = true
[server]
host = "broker.example.com"
port = 8883
`,
  );
  for (const fill of [250, 251]) {
    const folder = folders.next();
    mkdirSync(folder);
    const world = await OrganisationWorld.start({ folder, nowMs: Date.now() }, fill);
    worlds.push(world);
    urls.push(await world.app.listen({ host: "127.0.0.1", port: 0 }));
  }
});
afterAll(async () => {
  for (const world of worlds) await world.stop();
});

/** Runs a command as the wallet, at the first oracle, where nothing else is said. */
async function oracle(
  args: readonly string[],
  { by = walletFile, at = [urls[0]!] }: { by?: string; at?: readonly string[] } = {},
) {
  // The service's clock stands; the command's does not.
  for (const { clock } of worlds) clock.advance(Math.max(0, Date.now() - clock.wallMs()));
  const [out, err]: [string[], string[]] = [[], []];
  const into = (texts: string[]) => ({ write: (text: string) => void texts.push(text) });
  const streams = { stdout: into(out), stderr: into(err) };
  const code = await runCli([...args, "--wallet", by, ...at.flatMap((url) => ["--url", url])], streams);
  return { code, stdout: out.join(""), stderr: err.join("") };
}

const json = async (...asked: Parameters<typeof oracle>) => {
  const { code, stdout, stderr } = await oracle([...asked[0], "--json"], asked[1]);
  return { code, stderr, answer: JSON.parse(stdout) };
};

describe("oracle organisation", () => {
  test("founds it, names its people, and shows it to them", async () => {
    expect((await oracle(["organisation", "show"])).stdout).toContain(`${walletText} has no organisation yet\n`);
    expect(await oracle(["organisation", "name", "Air quality"])).toEqual({
      code: 0,
      stdout: "  is called Air quality; revision 1\n",
      stderr: "",
    });
    const added = await oracle(["organisation", "add-member", walletOf(member), "--name", "Ada"]);
    expect(added.stdout).toBe("  Ada is a viewer; revision 2\n");
    const shown = await oracle(["organisation", "show", "--organisation", walletText], { by: memberFile });
    expect(shown.stdout).toContain("you are one of its viewers; revision 2");
    expect(shown.stdout).toMatch(new RegExp(`Ada +viewer +${walletOf(member)}`));
  });

  test("says in one line what was refused and ends with 1, and with 2 for a wrong command line", async () => {
    const refused = await oracle(["organisation", "add-key", "ci", "--organisation", walletText], { by: memberFile });
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toBe(
      `ORC_REFUSED: ${urls[0]}: not_permitted: expected a signature of the organisation's editor, got viewer\n`,
    );
    expect((await json(["organisation", "drop-key", "000000000000"])).answer.error.code).toBe("ORC_REFUSED");
    expect(await oracle(["organisation", "show"], { by: routeKeyFile })).toMatchObject({ code: 2 });
    expect(await oracle(["organisation", "show"], { at: ["here"] })).toMatchObject({ code: 2 });
    expect(await oracle(["organisation", "show"], { by: routeFile })).toMatchObject({ code: 1 });
    expect((await oracle(["organisation", "show"], { at: ["http://127.0.0.1:1"] })).stderr).toMatch(
      /^ORC_DOWNLOAD_FAILED: /,
    );
  });

  test("makes and revokes keys for programs, and sets the webhook, by a route key too", async () => {
    const at = { by: routeKeyFile };
    const org = ["--organisation", walletText];
    const made = await json(["organisation", "add-key", "billing", "--days", "7", ...org], at);
    const reading = await fetch(`${urls[0]}/v1/organisations/${walletText}`, {
      headers: { authorization: `Bearer ${made.answer.key}` },
    });
    expect(reading.status).toBe(200);
    expect((await oracle(["organisation", "drop-key", made.answer.id, ...org], at)).stdout).toMatch(
      /is revoked; revision/,
    );
    const hook = await json(
      ["organisation", "set-webhook", "https://hooks.example.com/", "--below", "1000", ...org],
      at,
    );
    expect(hook.answer.secret).toMatch(/^[0-9a-f]{64}$/);
    expect((await oracle(["organisation", "show"])).stdout).toContain(
      "https://hooks.example.com/ below 1000 data credits",
    );
    expect((await oracle(["organisation", "drop-webhook"])).code).toBe(0);
    expect((await oracle(["organisation", "drop-member", walletOf(member)])).code).toBe(0);
  });
});

describe("oracle route", () => {
  test("makes a route at every oracle under one number, with a secret of its own, and withdraws it", async () => {
    await oracle(["organisation", "name", "Air quality"], { at: [urls[1]!] });
    const made = await json(["route", "add", routeFile], { at: urls });
    expect(made.code).toBe(0);
    const [first, second] = made.answer.oracles.map(({ answer }: { answer: unknown }) => answer);
    expect(first.route).toMatchObject({
      name: "air",
      payer: keyToText(routeKey.publicKey),
      server: { certificateAuthority: null },
    });
    expect(second.route.routeId).toBe(first.route.routeId);
    expect(first.credentialSecret).toMatch(/^[0-9a-f]{64}$/);
    expect(worlds.map(({ routes }) => routes.book.routes[0]!.route.credentialSecret)).toEqual(
      [first, second].map(({ credentialSecret }) => credentialSecret),
    );
    const { routeId } = first.route;
    const changed = await oracle(["route", "set", String(routeId), routeFile]);
    expect(changed.stdout).toMatch(new RegExp(`^  ${routeId}  air  26011000/20  0 JoinEUIs  active\n$`));
    expect((await oracle(["route", "list"])).stdout).toBe(changed.stdout);
    expect((await oracle(["route", "withdraw", String(routeId)], { at: urls })).code).toBe(0);
    expect((await oracle(["route", "list"], { at: [urls[1]!] })).stdout).toBe("no route yet\n");
  });

  test("says of each oracle what it did when one of them does not answer", async () => {
    const { code, stdout } = await oracle(["route", "add", routeFile], { at: [urls[0]!, "http://127.0.0.1:1"] });
    expect(code).toBe(1);
    expect(stdout).toContain(`${urls[0]}:\n  2`);
    expect(stdout).toContain("http://127.0.0.1:1:\n  ORC_DOWNLOAD_FAILED: ");
  });

  test("says what is wrong with a file, in the words of the oracle", async () => {
    const bad = join(files, "bad.toml");
    writeFileSync(bad, "name = ");
    expect(await oracle(["route", "add", bad])).toMatchObject({ code: 2 });
    writeFileSync(bad, 'name = "x"\ndevAddrs = ["26011001/20"]\n');
    const refused = await oracle(["route", "add", bad]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^ORC_REFUSED: .*bad_request: expected \/: must have required properties/);
    expect((await oracle(["route", "set", "7", routeFile])).stderr).toContain("not_found");
    expect(await oracle(["route", "withdraw", "x"])).toMatchObject({ code: 2 });
  });
});
