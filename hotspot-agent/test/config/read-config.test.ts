import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { printConfig } from "../../src/config/print-config.ts";
import { readConfig } from "../../src/config/read-config.ts";

function read(text: string, environment: Record<string, string> = {}, flags: readonly string[] = []) {
  return readConfig({ file: { path: "agent.toml", text }, environment, flags });
}

function complaint(text: string, environment: Record<string, string> = {}, flags: readonly string[] = []): string {
  try {
    read(text, environment, flags);
  } catch (error) {
    return (error as Error).message;
  }
  return "no complaint";
}

const server = `
[[server]]
name = "main"
url = "mqtts://ns.example.org:8883"
`;

describe("readConfig", () => {
  test("gives every default without a file", () => {
    const { config } = readConfig({ file: undefined, environment: {}, flags: [] });
    expect(config.forwarder).toEqual({
      listen: { host: "127.0.0.1", port: 1680 },
      allow: [],
      crc: ["ok"],
      ackTimeoutMs: 2000,
      timeFallback: true,
    });
    expect(config.spool.maxBytes).toBe(536_870_912);
    expect(config.servers).toEqual([]);
  });

  test("lets the environment overrule the file and flags overrule both", () => {
    const text = '[spool]\nmax_age = "1 d"\nreplay_rate = 5\n[log]\nlevel = "warn"\n';
    const environment = { AGENT__SPOOL__MAX_AGE: "2 d", AGENT__SPOOL__REPLAY_RATE: "6", PATH: "/bin" };
    const { config } = read(text, environment, ["spool.max_age=3 d"]);
    expect(config.spool.maxAgeMs).toBe(3 * 86_400_000);
    expect(config.spool.replayPerSecond).toBe(6);
    expect(config.log.level).toBe("warn");
  });

  test("takes servers from the environment by number", () => {
    const { config } = read(server, { AGENT__SERVER__1__NAME: "two", AGENT__SERVER__1__URL: "mqtt://[::1]:1883" });
    expect(config.servers.map(({ name }) => name)).toEqual(["main", "two"]);
    expect(complaint(server, { AGENT__SERVER__3__NAME: "four" })).toContain("AGENT__SERVER__3__NAME: names no place");
  });

  test("reads lists and tables in environment and flags as TOML", () => {
    const { config } = read(server, { AGENT__FORWARDER__ALLOW: '["AA555A0000000101"]' }, [
      'server.0.commands={ "uptime" = ["/usr/bin/uptime"] }',
    ]);
    expect(config.forwarder.allow).toEqual(["aa555a0000000101"]);
    expect(config.servers[0]!.commands).toEqual({ uptime: ["/usr/bin/uptime"] });
  });

  test.each([
    ["[forwarder]\n\nlisen = 1\n", "forwarder.lisen (agent.toml, line 3): no such key; did you mean listen?"],
    ["[forwarders]\nlisten = 1\n", "forwarders (agent.toml, line 1): no such key; did you mean forwarder?"],
    ["[forwarder]\nurls = []\n", "forwarder.urls (agent.toml, line 2): no such key; did you mean oracle.urls?"],
    [`${server}reply = "all"`, "server.0.reply (agent.toml, line 5): no such key; did you mean replay?"],
    ['[spool]\nmax_age = "3 weeks"\n', 'spool.max_age (agent.toml, line 2): expected a duration above 0 such as "5 s"'],
    ['[spool]\nstall_limit = "0.0 ms"\n', "spool.stall_limit (agent.toml, line 2): expected a duration above 0"],
    [
      `${server}topic_prefix = "eu868/#"`,
      "server.0.topic_prefix (agent.toml, line 5): expected a prefix without + and #",
    ],
    [
      "[spool]\nreplay_rate = 0\n",
      "spool.replay_rate (agent.toml, line 2): expected packets per second, 1 to 10000, got 0",
    ],
    [
      '[server]\nname = "main"\n',
      'server (agent.toml, line 1): expected a list of tables, [[server]] above each, got {"name":"main"}',
    ],
    ["spool = 5\n", "spool (agent.toml, line 1): expected a table, as under [spool], got 5"],
    ["[hotspot]\nantenna_gain_dbi = nan\n", "(agent.toml, line 2): expected a number of dB from -10 to 30, got NaN"],
    ["[constructor]\na = 1\n", "constructor (agent.toml, line 1): no such key"],
    ['[log]\nlevel = "loud"\n', 'log.level (agent.toml, line 2): expected "debug" or "info" or "warn" or "error"'],
    ['[[server]]\nname = "a"\n', "server.0.url (agent.toml, line 1): is missing; expected mqtt://"],
    ["a = 1\nb = 2\n[hotspot\n", "agent.toml: line 3: "],
    [
      "[hotspot]\n[forwarder]\n[spool]\n\n[forwarder]\n",
      "agent.toml: line 5: Cannot redefine table 'forwarder'; [forwarder] stands on line 2 already: put its keys there",
    ],
  ])("names key, line and what is right in %j", (text, expected) => {
    expect(complaint(text)).toContain(expected);
  });

  test("names the variable or flag of a table that nobody knows", () => {
    const expected = "no such key; did you mean spool?";
    expect(complaint("", { AGENT__SPOL__MAX_SIZE: "1 GiB" })).toContain(`spol (AGENT__SPOL__MAX_SIZE): ${expected}`);
    expect(complaint("", {}, ["spol.max_size=1 GiB"])).toContain(`spol (--set spol.max_size): ${expected}`);
  });

  test("hints at no name that only every object has", () => {
    expect(complaint("[constructor]\na = 1\n")).not.toContain("did you mean");
  });

  test("names every wrong key at once", () => {
    expect(complaint("[forwarder]\nx = 1\n[spool]\ny = 2\n").split("\n")).toHaveLength(2);
  });

  test.each([
    [["forwarder.listen=0.0.0.0:1680"], "needs forwarder.allow"],
    [["forwarder.listen=127.0.0.1:99999"], "port 99999 is above 65535"],
    [["page.listen=0.0.0.0:80"], "loopback address only"],
    [['oracle.urls=["https://a.example"]'], "oracle.signers must list"],
    [['oracle.urls=["http://a.example"]'], "https expected, plain http only on loopback"],
    [["oracle.rpc_url=http://a.example"], "https expected, plain http only on loopback"],
    [[`oracle.signers=["${"a".repeat(44)}"]`], "oracle.signers.0: "],
    [["update.key=abc"], 'update.key (--set update.key): "abc" is no key'],
    [["server.0.name=x", "server.0.url=mqtt://h:99999"], "a host and a port up to 65535 expected"],
    [["spool.max_size=0 B"], "spool.max_size (--set spool.max_size): at least 1 MiB"],
    [["update.enabled=true"], "update.url and update.key"],
    [["hotspot.region=EU867"], "hotspot.region (--set hotspot.region): no such region; did you mean EU868?"],
    [["server.0.name=x", "server.0.url=mqtt://h:1", 'server.0.dev_addr=["26000001/7"]'], "26000000/7, zeros after it"],
    [
      ["server.0.name=x", "server.0.url=mqtt://h:1", "server.1.name=x", "server.1.url=mqtt://h:1"],
      'called "x" already',
    ],
    [["server.0.name=x", "server.0.url=mqtts://h:1", "server.0.cert_file=/c"], "cert_file and key_file go together"],
    [
      [
        "server.0.name=x",
        "server.0.url=mqtt://h:1",
        "server.1.name=y",
        "server.1.url=mqtt://h:1",
        "server.1.mode=fanout",
      ],
      'group "main" is "failover" by its first server',
    ],
  ])("refuses what breaks a rule between keys: %j", (flags, expected) => {
    expect(complaint("", {}, flags)).toContain(expected);
  });

  test("listens beyond loopback when forwarders are listed", () => {
    const { config } = read("", {}, ["forwarder.listen=[::]:1700", 'forwarder.allow=["0102030405060708"]']);
    expect(config.forwarder.listen).toEqual({ host: "::", port: 1700 });
  });

  test("refuses a password in the address of a broker without repeating it", () => {
    expect(complaint("", {}, ["server.0.name=x", "server.0.url=mqtt://u:secret@h:1"])).not.toContain("secret");
  });

  test("survives any text in the file, environment and flags", () => {
    const noise = fc.oneof(
      fc.string(),
      fc.constantFrom("[server]", "[[server]]", "name = 1", "=", "__proto__ = 1", '"""'),
    );
    fc.assert(
      fc.property(fc.array(noise), fc.string(), fc.string(), (parts, key, value) => {
        try {
          read(parts.join("\n"), { [`AGENT__${key}`]: value }, [`${key}=${value}`]);
        } catch (error) {
          expect(error).toMatchObject({ code: "AGT_BAD_CONFIG" });
        }
      }),
    );
  });
});

describe("printConfig", () => {
  test("writes defaults as comments that can be taken in as they stand", () => {
    const { written } = read("");
    const text = printConfig(written);
    expect(read(text).written).toEqual(written);
    const sections = text.split("\n").filter((line) => !/^# (\[|.* = )/.test(line) || !line.startsWith("# "));
    expect(sections.filter((line) => /^[a-z_]+ =/.test(line))).toEqual([]);
  });

  test("writes what reads back as the same configuration", () => {
    const text = `${server}net_id = ["000013"]\n[server.commands]\nuptime = ["/usr/bin/uptime", "-p"]\n[hotspot]\nregion = "EU868"\n`;
    const { written } = read(text);
    expect(read(printConfig(written)).written).toEqual(written);
  });
});
