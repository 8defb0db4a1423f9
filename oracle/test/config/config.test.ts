/** The configuration of the oracle: its layers, its errors, and the file it prints. */
import { describe, expect, test } from "vitest";
import { printConfig } from "../../src/config/print-config.ts";
import { readConfig, readConfigFile } from "../../src/config/read-config.ts";
import { messageOf } from "../temporary-folder.ts";

const read = (text = "", environment: Record<string, string> = {}, flags: string[] = []) =>
  readConfig({ file: text === "" ? undefined : { path: "oracle.toml", text }, environment, flags });
const complaint = (...args: Parameters<typeof read>) => messageOf(() => read(...args));

describe("the layers", () => {
  test("file, environment and flags overrule each other in this order, and defaults fill the rest", () => {
    const text = '[http]\nlisten = "127.0.0.1:1"\nmax_connections = 5\n[log]\nlevel = "debug"\n';
    const environment = { ORACLE__HTTP__LISTEN: "127.0.0.1:2", ORACLE__HTTP__MAX_CONNECTIONS: "6", OTHER: "x" };
    const config = read(text, environment, ["http.listen=127.0.0.1:3", 'chain.rpc=["http://a", "http://b"]']);
    expect(config.http).toMatchObject({ listen: "127.0.0.1:3", max_connections: 6, max_per_address: 500 });
    expect(config.log.level).toBe("debug");
    expect(config.chain.rpc).toEqual(["http://a", "http://b"]);
  });

  test("what is printed reads back as the same, and says what was set", () => {
    const config = read("", {}, ["http.explorer=false", "ingest.uploads_per_second=0.5"]);
    const printed = printConfig(config);
    expect(read(printed)).toEqual(config);
    expect(printed).toContain("\nexplorer = false\n");
    expect(printed).toContain('\n# listen = "127.0.0.1:8080"\n');
    expect(read(printConfig(read()))).toEqual(read());
  });
});

describe("an error names", () => {
  test("the key that nobody knows and the nearest that somebody does, wherever it was written", async () => {
    expect(await complaint('[http]\nlissen = "x"\n')).toContain(
      "http.lissen (oracle.toml): no such key; did you mean http.listen?",
    );
    expect(await complaint("[htp]\n")).toContain("htp (oracle.toml): no such table; did you mean http?");
    expect(await complaint("[http]\nquorum = 2\n")).toContain(
      "http.quorum (oracle.toml): no such key; did you mean chain.quorum?",
    );
    expect(await complaint("", { ORACLE__LOG__LEVAL: "info" })).toContain(
      "log.leval (ORACLE__LOG__LEVAL): no such key; did you mean log.level?",
    );
    expect(await complaint("", {}, ["listen=1"])).toContain("--set listen: names no key");
  });

  test("what was expected and what came, without secrets", async () => {
    expect(await complaint("[http]\nmax_connections = 0\n")).toContain(
      "http.max_connections (oracle.toml): expected an integer from 1 to 1000000, got 0",
    );
    expect(await complaint('[chain]\ntimeout = "soon"\n')).toContain(
      'chain.timeout (oracle.toml): expected a duration such as "5 s"',
    );
    expect(await complaint('[log]\nlevel = "loud"\n')).toContain(
      'expected "debug" or "info" or "warn" or "error", got "loud"',
    );
    const secret = await complaint('[chain]\nrpc = ["ftp://user:secret@host"]\n');
    expect(secret).toContain("chain.rpc");
    expect(secret).not.toContain("secret");
  });

  test("every problem at once, and rules between keys", async () => {
    const both = await complaint('[http]\nmax_connections = 0\n[log]\nlevel = "loud"\n');
    expect(both.match(/expected/g)).toHaveLength(2);
    expect(await complaint("", {}, ["chain.quorum=2"])).toContain("chain.quorum: 2 of 1 endpoints");
    expect(await complaint("", {}, ["ingest.partitions=3"])).toContain("a power of two");
    expect(await complaint("", {}, ["data.folder="])).toContain("data.folder");
    expect(await complaint("", {}, ["network.parameters=file"])).toContain("network.parameters_file");
    expect(await complaint("", {}, ["http.listen=127.0.0.1:99999"])).toContain("above 65535");
  });

  test("what does not go together of where things are kept, and a password that would be printed", async () => {
    expect(await complaint("", {}, ["store.url=mysql://host/db"])).toContain(
      "store.url: expected sqlite:PATH or postgres",
    );
    const secret = await complaint("", {}, ["store.url=postgres://earshot:hunter2@host/db"]);
    expect(secret).toContain("store.url: a password stands in store.password_file");
    expect(secret).not.toContain("hunter2");
    const s3 = await complaint("", {}, ["artefacts.endpoint=https://s3.example", "artefacts.folder=x"]);
    expect(s3).toContain("artefacts.bucket: goes with artefacts.endpoint");
    expect(s3).toContain("artefacts.credentials_file: goes with artefacts.endpoint");
    expect(s3).toContain("artefacts.folder: either a folder or an endpoint");
    expect(await complaint("", {}, ["artefacts.prefix=one"])).toContain("artefacts.prefix: expected to end in a slash");
    expect(await complaint("", {}, ['report_log.servers=["nats"]'])).toContain("a list of HOST:PORT");
    expect(await complaint("", {}, ["report_log.user=me", "report_log.token_file=t"])).toContain(
      "either a user or a token",
    );
    expect(await complaint("[workers]\ncounts = 2\n")).toContain("did you mean workers.count?");
    const peer = "8xUj1Np8VMyVLQ4mdqH61ATC52XsuM6gPXT8WVsgSe7iPL7DbdT@http://127.0.0.1:1";
    expect(read("", {}, [`peers.ingests=["${peer}"]`]).peers.ingests).toEqual([peer]);
    expect(await complaint("", {}, [`peers.ingests=["${peer}", "${peer}"]`])).toContain("a key is there twice");
    expect(await complaint("", {}, ['peers.ingests=["http://127.0.0.1:1"]'])).toContain(
      "the key as its oracle prints it",
    );
  });

  test("a file that is not there only where somebody asked for it, and one that is no TOML", async () => {
    expect(readConfigFile("/nowhere/oracle.toml", false)).toBeUndefined();
    expect(await messageOf(() => readConfigFile("/nowhere/oracle.toml", true))).toContain(
      "ORC_BAD_CONFIG: /nowhere/oracle.toml: there is no such file",
    );
    expect(await complaint("[http\n")).toContain("ORC_BAD_CONFIG: oracle.toml: ");
  });
});
