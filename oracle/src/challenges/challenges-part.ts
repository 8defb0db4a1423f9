/** Challenges as a part of the service: entropy from the chain, its file, and the routes. */
import { intervalStart } from "@earshot/poc/protocol";
import { RpcBlocks } from "../chain/rpc-blocks.ts";
import { durationMs } from "../config/values.ts";
import type { ServiceContext, ServicePart } from "../service/part.ts";
import { ChallengeBook } from "./challenge-book.ts";
import { challengeRoutes } from "./challenge-routes.ts";
import type { EntropyFile } from "./entropy-file.ts";
import { quorumOf } from "./entropy-quorum.ts";
import { EntropyWatch } from "./entropy-watch.ts";

/** Minutes that may pass before an entropy that is not known is a fault. */
const MISSING_MINUTES = 3;

/** `since`: the first epoch whose entropy is needed. */
export function challengesPart(
  context: ServiceContext,
  file: EntropyFile,
  since: () => number = () => context.rules.epochAt(context.networkClock.nowMs()),
): ServicePart {
  const { config, rules, signer, registry, entropy, polls, networkClock, clock, log, telemetry } = context;
  const { rpc, timeout } = config.chain;
  const { time } = rules.parameters;
  const nowMs = () => networkClock.nowMs();
  const nowMinute = () => Math.floor(nowMs() / time.entropyMs);
  const watch = new EntropyWatch({
    readers: rpc.map((url) => new RpcBlocks({ url, timeoutMs: durationMs(timeout) })),
    quorum: quorumOf(config.chain),
    times: time,
    book: entropy,
    keep: (record) => file.append(record),
    nowMs,
    since: () => Math.floor((since() * time.epochMs) / time.entropyMs),
    clock,
    log: log.for("challenges"),
    onAnswer: (endpoint, outcome) => telemetry.endpointAnswer(endpoint, outcome),
  });
  entropy.onRecord(({ minute, blockTimeS }) => {
    // An old minute that is filled in says nothing of the chain's time now.
    if (minute >= nowMinute() - MISSING_MINUTES) networkClock.heardBlock(blockTimeS);
    telemetry.entropyKnown(entropy.range?.last ?? minute);
    polls.wake();
  });
  telemetry.gauge("oracle_waiting_requests", "Requests that wait for the entropy of a minute.", () => polls.size);
  return {
    name: "challenges",
    routes: (app) =>
      challengeRoutes(app, {
        network: rules.network,
        signer,
        times: time,
        registry,
        entropy,
        challenges: new ChallengeBook(entropy, time),
        planOf: rules.planOf,
        dataRateIn: rules.dataRateIn,
        polls,
        nowMs,
        epochAt: rules.epochAt,
      }),
    run: (stop) => watch.run(stop),
    fault() {
      const known = entropy.knownUntil(intervalStart(nowMinute(), time));
      const missing = nowMinute() - known;
      return missing > MISSING_MINUTES ? `the entropy of the last ${missing} minutes is not known` : undefined;
    },
  };
}
