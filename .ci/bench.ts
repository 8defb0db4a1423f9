/** `bun run bench NAME …`: runs one benchmark. Timed runs are no tests: they live here and in no test suite. */
import { runAgentBench } from "../hotspot-agent/bench/agent.ts";
import { runAttacks } from "../oracle/bench/attacks.ts";
import { runClone } from "../oracle/bench/clone-limit.ts";
import { runExplorerBench } from "../oracle/bench/explorer.ts";
import { runOracle } from "../oracle/bench/oracle.ts";
import { runPrivate } from "../oracle/bench/private.ts";
import { runCore } from "../poc/bench/core.ts";
import { runSpoof } from "../poc/bench/spoof/report.ts";
import { runProgramsBench } from "../programs/client/bench/programs.ts";

const BENCHES: Readonly<Record<string, (args: readonly string[]) => number | Promise<number>>> = {
  agent: runAgentBench,
  attacks: runAttacks,
  clone: runClone,
  core: runCore,
  explorer: runExplorerBench,
  oracle: runOracle,
  private: runPrivate,
  programs: runProgramsBench,
  spoof: runSpoof,
};

const [name, ...args] = process.argv.slice(2);
const bench = name === undefined ? undefined : BENCHES[name];
if (bench === undefined) {
  const fault = name === undefined ? "no benchmark named" : `no benchmark is called "${name}"`;
  process.stderr.write(`${fault}; usage: bun run bench ${Object.keys(BENCHES).join("|")} [options]\n`);
  process.exit(2);
}
process.exit(await bench(args));
