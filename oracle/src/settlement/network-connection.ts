/** The connection to the endpoints of a configuration, as one; who says something else than the others is named in log and metrics. */
import { agreedConnection } from "../chain/agreed-connection.ts";
import { quorumOf } from "../challenges/entropy-quorum.ts";
import type { WrittenConfig } from "../config/schema.ts";
import { durationMs } from "../config/values.ts";
import { DISSENT, type Quorum } from "../registry/agreement.ts";
import type { OracleContext } from "../service/part.ts";

/** Accounts of one epoch, and one answer of a simulation. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

export type ChainConfig = Pick<WrittenConfig, "chain">;

export interface NetworkConnectionOptions extends Pick<OracleContext, "log" | "telemetry"> {
  readonly config: ChainConfig;
}

/** How many endpoints must say alike, and where it is told who does not. */
export function networkQuorum({ config, log, telemetry }: NetworkConnectionOptions): Quorum {
  const own = log.for("chain");
  return {
    count: quorumOf(config.chain),
    onDissent(endpoint, what) {
      telemetry.endpointDissent(endpoint);
      own.complain(`dissent ${endpoint}`, DISSENT, { endpoint, what });
    },
  };
}

/** Connects nothing yet. */
export function networkConnection(options: NetworkConnectionOptions): ReturnType<typeof agreedConnection> {
  return quietConnection(options.config, networkQuorum(options));
}

/** The same for a command, which tells nobody of dissents. */
export function quietConnection(
  { chain }: ChainConfig,
  quorum: Quorum = { count: quorumOf(chain) },
): ReturnType<typeof agreedConnection> {
  const timeoutMs = durationMs(chain.timeout);
  return agreedConnection({ urls: chain.rpc, quorum, timeoutMs, maxAnswerBytes: MAX_ANSWER_BYTES });
}
