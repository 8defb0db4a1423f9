/**
 * Run by kill.test.ts: FOLDER URL KEY FIRST. Receipts one packet after the other, each with its number as DevAddr, and says every
 * twentieth. Receipts are due at once, not after a minute, so that uploads are many.
 */
import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import { openKeyring } from "../../src/keyring.ts";
import { silentLog } from "../../src/log.ts";
import { ProofOfCoverage } from "../../src/proof/proof-of-coverage.ts";
import { Telemetry } from "../../src/telemetry.ts";
import { dataFrame, EUI, foreignBeacon, packetOf } from "./support.ts";

const [folder, url, keyText, first] = process.argv.slice(2) as [string, string, string, string];
const real = systemClock();
const startMs = real.nowMs();
const fastMs = () => startMs + 100 * (real.nowMs() - startMs);
/** Time runs a hundred times as fast for the agent. */
const clock = {
  nowMs: fastMs,
  wallMs: fastMs,
  after: (delayMs: number, task: () => void) => real.after(delayMs / 100, task),
};
const proof = new ProofOfCoverage({
  oracle: {
    urls: [url],
    signers: [keyText],
    network: 3,
    beacons: false,
    receipts: true,
    spoolBytes: 64 * 1024 * 1024,
  },
  radio: null,
  keyring: openKeyring(join(folder, "keys")),
  folder: join(folder, "proof"),
  transmit: () => Promise.reject(new Error("no radio")),
  clock,
  log: silentLog,
  telemetry: new Telemetry(),
});
proof.gatewaySeen(EUI);
void proof.run(new AbortController().signal);
for (let number = Number(first); ; number++) {
  proof.delivered(packetOf(dataFrame(number, number), clock.nowMs()), 1);
  if (number % 10 === 0) proof.hear(packetOf(foreignBeacon(String(number)), clock.nowMs()));
  await Bun.sleep(5);
  if (number % 20 === 0) console.log(number);
}
