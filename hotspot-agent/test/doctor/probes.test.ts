import { createServer } from "node:net";
import { expect, test } from "vitest";
import { readConfig } from "../../src/config/read-config.ts";
import { probe } from "../../src/doctor/probes.ts";

test("says of an oracle that takes the connection and never answers that it does not", async () => {
  const silent = createServer();
  await new Promise<void>((listening) => silent.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(silent.address() as { port: number }).port}`;
  const key = "8xY5oBr4fmY5yC3z2qSjfFp4djWehdhAEZuMYoHyLX5rb5TFsee";
  const flags = [`oracle.urls=["${url}"]`, `oracle.signers=["${key}"]`, "hotspot.state_dir=/nowhere/at/all"];
  const { config } = readConfig({ file: undefined, environment: {}, flags });
  const found = await probe(config, 100);
  expect(found.find(({ check }) => check === `oracle ${url}`)).toEqual({
    check: `oracle ${url}`,
    verdict: "fail",
    cause: "It cannot be reached: no answer in 0.1 s.",
    remedy: "Check address, firewall and the machine's network.",
  });
  expect(found.find(({ check }) => check === "disk")?.verdict).toBe("fail");
  silent.close();
});

test("tries the brokers that gateways publish at", async () => {
  const flags = ["gateway_mqtt.0.url=mqtt://127.0.0.1:1"];
  const { config } = readConfig({ file: undefined, environment: {}, flags });
  const found = await probe(config, 1000);
  const broker = found.find(({ check }) => check === "gateway_mqtt mqtt://127.0.0.1:1");
  expect(broker).toMatchObject({ verdict: "fail", cause: "mqtt://127.0.0.1:1 cannot be reached: ECONNREFUSED." });
});
