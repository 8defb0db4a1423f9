/** Which tests a soak of each name runs: paths below the repository's root. `.ci/test/soak.test.ts` finds tests with a size that none runs. */
export const SOAK_SUITES: Readonly<Record<string, readonly string[]>> = {
  geo: ["geo/test"],
  poc: ["poc/test"],
  // What has a size, and what must survive; tests that last by their nature (browsers, changes of keys and rules) are in CI alone.
  oracle: [
    "oracle/test/api",
    "oracle/test/billing",
    "oracle/test/challenges",
    "oracle/test/epoch-folder",
    "oracle/test/ingest",
    "oracle/test/load",
    "oracle/test/log",
    "oracle/test/meter",
    "oracle/test/notices",
    "oracle/test/pipeline",
    "oracle/test/ports",
    "oracle/test/registry",
    "oracle/test/score",
    "oracle/test/service/cluster.test.ts",
    "oracle/test/service/e2e.test.ts",
    "oracle/test/service/network-clock.test.ts",
    "oracle/test/service/openapi.test.ts",
    "oracle/test/service/whole-oracle.test.ts",
  ],
  programs: ["programs/client/test"],
  // The whole network, its processes killed at random: FACTOR epochs of 48 s.
  network: ["fixtures/live/test/live", "fixtures/live/test/radio"],
  // Without the end-to-end tests, whose time limits are for one run.
  agent: [
    "hotspot-agent/test/routes",
    "hotspot-agent/test/spool",
    "hotspot-agent/test/forwarder",
    "hotspot-agent/test/network-server",
    "hotspot-agent/test/proof",
  ],
};
