import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../../src/cli/app.ts";
import { DEFAULT_CONFIG_PATH } from "../../src/config/read-config.ts";
import { AgentProcess } from "../doubles/agent-process.ts";
import { freePort } from "../doubles/mosquitto.ts";

const folder = mkdtempSync(join(tmpdir(), "earshot-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line; `answers` are what a person types. */
async function run(
  args: readonly string[],
  answers?: string[],
  environment: Record<string, string> = {},
): Promise<Ran> {
  const texts = { stdout: "", stderr: "" };
  const terminal = (name: "stdout" | "stderr") => ({
    write: (text: string) => {
      texts[name] += text;
    },
  });
  const ask = answers === undefined ? undefined : () => answers.shift() ?? null;
  const code = await runCli(args, { stdout: terminal("stdout"), stderr: terminal("stderr"), environment, ask });
  return { code, ...texts };
}

function place(name: string): { readonly config: string; readonly state: string } {
  return { config: join(folder, name, "agent.toml"), state: join(folder, name, "state") };
}

describe("the command line", () => {
  test.each([
    ["--help"],
    ["server", "--help"],
    ["init", "--help"],
    ["info", "--help"],
    ["doctor", "--help"],
    ["config", "check", "--help"],
  ])("explains itself: %s %s %s", async (...args) => {
    const { code, stdout } = await run(args.filter((arg) => arg !== undefined));
    expect([code, stdout.length > 200]).toEqual([0, true]);
    expect(stdout).toContain("hotspot-agent");
  });

  test.each([[["doctr"]], [["info", "--jsn"]], [["server", "--set"]], [["config", "chekc"]]])(
    "ends %j with 2",
    async (args) => {
      const { code, stderr, stdout } = await run(args);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).not.toBe("");
    },
  );

  test("hints at the command that was meant", async () => {
    expect((await run(["doctr"])).stderr).toContain("doctor");
  });
});

describe("init", () => {
  test("writes a configuration and a key from flags, and says who the hotspot is", async () => {
    const { config, state } = place("flags");
    const args = [
      "--yes",
      "--region",
      "EU868",
      "--server",
      "mqtt://ns.example.org:1883",
      "--state-dir",
      state,
      "-c",
      config,
    ];
    const { code, stdout } = await run(["init", ...args]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^This hotspot is [A-Z][a-z]+ [A-Z][a-z]+ [A-Z][a-z]+\.$/m);
    expect(statSync(join(state, "keys/hotspot.key")).mode & 0o777).toBe(0o600);
    const check = await run(["config", "check", "-c", config]);
    expect(check).toMatchObject({ code: 0, stdout: expect.stringContaining("right; 1 network server,") });
    const printed = JSON.parse((await run(["config", "print", "--json", "-c", config])).stdout);
    expect(printed.server[0]).toMatchObject({ name: "main", url: "mqtt://ns.example.org:1883", topic_prefix: "eu868" });
    // A region's place in the file is where a person looks for it.
    expect(readFileSync(config, "utf8")).toMatch(/^region = "EU868"$/m);
  });

  test("asks for what no flag says", async () => {
    const { config, state } = place("asked");
    const answers = ["US915", "mqtts://ns.example.org:8883", "us915_0", "hotspot", "/etc/earshot/password"];
    const { code } = await run(["init", "--state-dir", state, "-c", config], answers);
    expect(code).toBe(0);
    const { server, hotspot } = JSON.parse((await run(["config", "print", "--json", "-c", config])).stdout);
    expect(hotspot.region).toBe("US915");
    expect(server[0]).toMatchObject({
      topic_prefix: "us915_0",
      username: "hotspot",
      password_file: "/etc/earshot/password",
    });
  });

  test("asks again at once where an answer is wrong, and says what would be right", async () => {
    const { config, state } = place("asked-again");
    const answers = ["EU686", "EU868", "ns.example.org", "mqtts://ns.example.org:8883", "eu868/#", "", ""];
    const { code, stderr } = await run(["init", "--state-dir", state, "-c", config], answers);
    expect(code).toBe(0);
    expect(stderr.split("\n")).toEqual([
      "no such region; did you mean EU868?",
      expect.stringContaining("expected mqtt://HOST:PORT or mqtts://HOST:PORT"),
      expect.stringContaining("expected a prefix without + and #"),
      "",
    ]);
    const { server, hotspot } = JSON.parse((await run(["config", "print", "--json", "-c", config])).stdout);
    expect([hotspot.region, server[0].url, server[0].topic_prefix]).toEqual([
      "EU868",
      "mqtts://ns.example.org:8883",
      "eu868",
    ]);
  });

  test("asks nothing where a flag is wrong already", async () => {
    const { config, state } = place("wrong-flag");
    const answers = ["mqtts://ns.example.org:8883", "", ""];
    const { code, stderr } = await run(["init", "--region", "EU686", "--state-dir", state, "-c", config], answers);
    expect([code, stderr]).toEqual([2, expect.stringContaining("did you mean EU868?")]);
    expect([answers.length, existsSync(config)]).toEqual([3, false]);
  });

  test("writes whole paths, for the service runs in another folder", async () => {
    const { config, state } = place("paths");
    const files = [
      "--ca-file",
      "ca.pem",
      "--cert-file",
      "cert.pem",
      "--key-file",
      "key.pem",
      "--password-file",
      "word",
    ];
    const broker = ["--server", "mqtts://ns.example.org:8883", "--username", "hotspot"];
    expect((await run(["init", "--yes", "--state-dir", state, "-c", config, ...broker, ...files])).code).toBe(0);
    const { server } = JSON.parse((await run(["config", "print", "--json", "-c", config])).stdout);
    expect(server[0]).toMatchObject({
      ca_file: resolve("ca.pem"),
      cert_file: resolve("cert.pem"),
      key_file: resolve("key.pem"),
      password_file: resolve("word"),
    });
  });

  test("writes no configuration where the key cannot be made, so that it can be run again", async () => {
    const { config, state } = place("no-key");
    mkdirSync(dirname(state), { recursive: true });
    writeFileSync(state, "a file where the folder should be");
    const args = ["init", "--yes", "--state-dir", state, "-c", config];
    expect(await run(args)).toMatchObject({ code: 1, stderr: expect.stringContaining("AGT_KEY_UNUSABLE") });
    rmSync(state);
    expect((await run(args)).code).toBe(0);
  });

  test("keeps the configuration that it was to write over where the disk takes no other", async () => {
    const { config, state } = place("full");
    const args = ["init", "--yes", "--region", "EU868", "--state-dir", state, "-c", config];
    expect((await run(args)).code).toBe(0);
    const before = readFileSync(config, "utf8");
    // No file may have a byte here, as on a full disk; the key is there already.
    const full = ["-c", 'trap "" XFSZ; ulimit -f 0; exec "$@"', "bash"];
    const program = [process.execPath, join(import.meta.dirname, "../../src/main.ts")];
    expect(() => execFileSync("bash", [...full, ...program, ...args, "--force"], { stdio: "pipe" })).toThrow(
      "cannot be written",
    );
    expect(readFileSync(config, "utf8")).toBe(before);
    expect(readdirSync(dirname(config)).sort()).toEqual(["agent.toml", "state"]);
  });

  test("writes over nothing, keeps the key, and says what is wrong before it writes", async () => {
    const { config, state } = place("twice");
    const args = ["init", "--yes", "--json", "--state-dir", state, "-c", config];
    const first = JSON.parse((await run(args)).stdout);
    const again = await run(args);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("exists already")]);
    const forced = JSON.parse((await run([...args, "--force"])).stdout);
    expect(forced).toEqual(first);
    const wrong = place("wrong");
    const { code, stderr } = await run([
      "init",
      "--yes",
      "--region",
      "EU686",
      "--state-dir",
      wrong.state,
      "-c",
      wrong.config,
    ]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("did you mean EU868?")]);
    expect(existsSync(wrong.config)).toBe(false);
  });
});

describe("info", () => {
  test("says the same as init, from the key alone", async () => {
    const { config, state } = place("info");
    const made = JSON.parse((await run(["init", "--yes", "--json", "--state-dir", state, "-c", config])).stdout);
    const info = JSON.parse((await run(["info", "--json", "-c", config, "--set", "page.enabled=false"])).stdout);
    expect(info).toMatchObject({ key: made.key, name: made.name, gatewayId: made.gatewayId });
    expect((await run(["info", "-c", config, "--set", "page.enabled=false"])).stdout).toContain(`${made.name}\n`);
  });
});

describe.runIf(process.getuid?.() === 0)("root beside the service's state folder", () => {
  const owner = 65_534;
  const ownersOf = (...paths: readonly string[]) => paths.map((path) => statSync(path).uid);

  /** A state folder of the service's user, in a folder that this user may enter, and the program for it. */
  function service(name: string): { readonly config: string; readonly state: string; readonly program: string[] } {
    const { config, state } = place(name);
    mkdirSync(state, { recursive: true });
    for (const path of [folder, dirname(state)]) chmodSync(path, 0o755);
    chownSync(state, owner, owner);
    writeFileSync(config, `[hotspot]\nstate_dir = "${state}"\n[page]\nenabled = false\n`);
    return { config, state, program: [process.execPath, join(import.meta.dirname, "../../src/main.ts")] };
  }

  test("makes a key that the service can open, whoever asks first", () => {
    for (const args of [["info"], ["init", "--yes", "--force"]]) {
      const { config, state, program } = service(`owner-${args[0]}`);
      const flags = args[0] === "init" ? ["--state-dir", state] : [];
      execFileSync(program[0]!, [...program.slice(1), ...args, "-c", config, ...flags], { stdio: "pipe" });
      expect(ownersOf(join(state, "keys"), join(state, "keys/hotspot.key"))).toEqual([owner, owner]);
    }
  });

  test("runs the agent as the service would, so that no file is root's afterwards", async () => {
    const { config, state, program } = service("owner-server");
    const flags = ["-c", config, "--set", "forwarder.listen=127.0.0.1:0"];
    const child = Bun.spawn([...program, "server", ...flags], { stdout: "ignore", stderr: "pipe" });
    // Leaving the loop closes the log's reader, which is no reason to fail either.
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) if (text.includes("Started")) break;
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    const made = readdirSync(state, { recursive: true }).map((name) => join(state, String(name)));
    expect(made.length).toBeGreaterThan(3);
    expect(new Set(ownersOf(...made))).toEqual(new Set([owner]));
  });
});

describe("a wrong configuration", () => {
  test("is named with key, line and the nearest name, as text and as JSON", async () => {
    const config = join(folder, "wrong.toml");
    writeFileSync(config, "[forwarder]\nlisen = 1\n");
    const { code, stdout, stderr } = await run(["config", "check", "--json", "-c", config]);
    expect(code).toBe(2);
    expect(stderr).toContain(`forwarder.lisen (${config}, line 2): no such key; did you mean listen?`);
    expect(JSON.parse(stdout).error.code).toBe("AGT_BAD_CONFIG");
  });

  test("that names a missing file says how to make one", async () => {
    const { code, stderr } = await run(["server", "-c", join(folder, "missing.toml")]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('"hotspot-agent init" writes one')]);
  });

  test("ends the agent with 2 before any socket opens or any file is made", async () => {
    const config = join(folder, "early.toml");
    const state = join(folder, "early-state");
    const port = await freePort();
    writeFileSync(config, `[hotspot]\nstate_dir = "${state}"\n[forwarder]\nlisten = "0.0.0.0:${port}"\n`);
    const { code, stderr } = await run(["server", "-c", config]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("forwarder.allow")]);
    expect(existsSync(state)).toBe(false);
  });

  test.skipIf(existsSync(DEFAULT_CONFIG_PATH))("is none where nobody wrote one, and check says so", async () => {
    const { code, stdout } = await run(["config", "check"]);
    expect(code).toBe(0);
    expect(stdout).toBe(
      `${DEFAULT_CONFIG_PATH}: there is no such file, so the defaults hold; 0 network servers, 0 oracles\n`,
    );
    expect(JSON.parse((await run(["config", "check", "--json"])).stdout)).toMatchObject({ config: null });
  });

  test("comes from the environment with the variable's name", async () => {
    const { code, stderr } = await run(["config", "check"], undefined, { AGENT__SPOOL__MAX_AGE: "soon" });
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("spool.max_age (AGENT__SPOOL__MAX_AGE): expected a duration"),
    ]);
  });
});

describe("beside a running agent", () => {
  let agent: AgentProcess;
  beforeAll(async () => {
    agent = await AgentProcess.prepare({ folder: join(folder, "running"), toml: "" });
    await agent.start();
  });
  afterAll(() => agent.kill());

  test("doctor names what is missing, and its bundle holds it", async () => {
    const bundle = join(folder, "bundle.json");
    const { code, stdout } = await run(["doctor", "-c", agent.configFile, "--bundle", bundle]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^warn {2}forwarder: No packet forwarder was heard yet; the agent was started \d+ s ago\.$/m,
    );
    expect(stdout).toContain("In the packet forwarder's global_conf.json");
    expect(stdout).toContain("warn  server: No network server is configured");
    const { findings, metrics, status } = JSON.parse(readFileSync(bundle, "utf8"));
    expect(findings[0].check).toBe("forwarder");
    expect([metrics.includes("agent_uptime_seconds"), status.version]).toEqual([true, expect.any(String)]);
    expect(statSync(bundle).mode & 0o777).toBe(0o600);
  });

  test("info tells the running agent's hotspots", async () => {
    const { primary } = await agent.status();
    expect(JSON.parse((await run(["info", "--json", "-c", agent.configFile])).stdout)).toMatchObject(primary);
  });

  test("a second agent says that the port is taken, and ends", async () => {
    const second = join(folder, "second.toml");
    const text = readFileSync(agent.configFile, "utf8");
    writeFileSync(second, text.replace(/state_dir = .*/, `state_dir = "${join(folder, "second-state")}"`));
    const child = Bun.spawn([...agent.command, "server", "-c", second], { stdout: "ignore", stderr: "pipe" });
    expect(await child.exited).toBe(1);
    expect(await new Response(child.stderr).text()).toContain("AGT_LISTEN_FAILED");
  });
});

describe("without a running agent", () => {
  test("doctor tries disk, ports, brokers and oracles itself", async () => {
    const { config, state } = place("probes");
    const free = await freePort();
    await run(["init", "--yes", "--server", `mqtt://127.0.0.1:${free}`, "--state-dir", state, "-c", config]);
    const flags = ["--set", `forwarder.listen=127.0.0.1:${await freePort()}`, "--set", `page.listen=127.0.0.1:${free}`];
    const oracle = [
      "--set",
      `oracle.urls=["http://127.0.0.1:${free}"]`,
      "--set",
      'oracle.signers=["8xY5oBr4fmY5yC3z2qSjfFp4djWehdhAEZuMYoHyLX5rb5TFsee"]',
    ];
    const { code, stdout } = await run(["doctor", "-c", config, ...flags, ...oracle]);
    expect(code).toBe(1);
    expect(stdout).toContain("fail  agent: No agent answers");
    expect(stdout).toContain("ok    disk: ");
    expect(stdout).toContain("ok    forwarder port: ");
    expect(stdout).toContain("cannot be reached: ECONNREFUSED.\n      → Nothing listens at that port");
    expect(stdout).toMatch(/fail {2}oracle http:\/\/127\.0\.0\.1:[0-9]+: It cannot be reached/);
  });
});
