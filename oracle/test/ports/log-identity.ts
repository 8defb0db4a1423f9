/** Whose logs the tests write. */
import type { LogIdentity } from "../../src/log/log-identity.ts";
import { deviceKey } from "./raw-uploads.ts";

export const IDENTITY: LogIdentity = {
  network: 3,
  ingestKey: deviceKey(999),
  partitions: 8,
  segmentMs: 900_000,
};
