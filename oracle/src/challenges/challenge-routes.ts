/** The routes of challenges: a device's own, and the entropy everything follows from. Both may be waited for. */
import {
  type ChallengeAnswer,
  type DeviceSigner,
  type EntropyRecord,
  intervalStart,
  ORACLE_API,
  type SortitionTimes,
  signEntropy,
} from "@earshot/poc/protocol";
import type { RegionPlan } from "@earshot/poc/radio";
import { readKey } from "../ingest/upload-routes.ts";
import type { RegistryBook } from "../registry/registry-book.ts";
import {
  challengeSchema,
  entropySchema,
  errorAnswers,
  keyParams,
  minuteParams,
  waitHeaders,
} from "../service/api-schemas.ts";
import { fastifyPath, type HttpApp, type HttpReply, type HttpRequest, sendError } from "../service/http.ts";
import type { ChallengeBook } from "./challenge-book.ts";
import type { EntropyBook } from "./entropy-book.ts";
import { askedWaitMs, type LongPolls } from "./long-polls.ts";

export interface ChallengeRoutesOptions {
  readonly network: number;
  readonly signer: DeviceSigner;
  readonly times: SortitionTimes;
  readonly registry: Pick<RegistryBook, "challenged">;
  readonly entropy: EntropyBook;
  readonly challenges: ChallengeBook;
  /** Plan of a region number; undefined where the parameters know none. */
  readonly planOf: (region: number) => RegionPlan | undefined;
  /** Data rate byte of beacons in a region. */
  readonly dataRateIn: (regionName: string) => number;
  readonly polls: LongPolls;
  readonly nowMs: () => number;
  readonly epochAt: (unixMs: number) => number;
}

export async function challengeRoutes(app: HttpApp, options: ChallengeRoutesOptions): Promise<void> {
  const { network, signer, times, registry, entropy, polls, nowMs, epochAt } = options;

  app.get(
    fastifyPath(ORACLE_API.getChallenge.path),
    {
      schema: {
        tags: ["challenges"],
        summary: ORACLE_API.getChallenge.meaning,
        description: "With `Prefer: wait=SECONDS` held until the entropy of another minute is known, at most 30 s.",
        params: keyParams,
        headers: waitHeaders,
        response: { 200: challengeSchema, ...errorAnswers("bad_request", "not_registered") },
      },
    },
    async (request, reply) => {
      const key = readKey(request.params.key);
      if (key === undefined) return sendError(reply, "bad_request", "the text form of a key", request.params.key);
      const asked = registry.challenged(key, epochAt(nowMs()));
      if ("why" in asked) return sendError(reply, "not_registered", "a registered device", asked.why);
      let answer = challengeAnswer(key, options);
      if (answer.challenge === null && (await waited(request, reply))) answer = challengeAnswer(key, options);
      return answer;
    },
  );

  app.get(
    fastifyPath(ORACLE_API.getEntropy.path),
    {
      schema: {
        tags: ["challenges"],
        summary: ORACLE_API.getEntropy.meaning,
        description: "With `Prefer: wait=SECONDS` held until it is known, at most 30 s.",
        params: minuteParams,
        headers: waitHeaders,
        response: { 200: entropySchema, ...errorAnswers("bad_request", "not_found") },
      },
    },
    async (request, reply) => {
      const minute = Number(request.params.minute);
      let record = entropy.get(minute);
      const isComing = () => minute >= Math.floor(nowMs() / times.entropyMs) - 1;
      if (record === undefined && isComing() && (await waited(request, reply))) record = entropy.get(minute);
      if (record !== undefined) return { entropy: signed(record) };
      const { first, last } = entropy.range ?? { first: "none", last: "none" };
      const code = isComing() || minute > Number(last) ? "not_yet_known" : "not_found";
      return sendError(reply, code, `a minute from ${first} to ${last}`, minute);
    },
  );

  function signed(record: EntropyRecord): string {
    return signEntropy(network, record, nowMs(), signer).toBase64();
  }

  /** Waits for news as long as the request prefers; false without such a wish. */
  async function waited(request: HttpRequest, reply: HttpReply): Promise<boolean> {
    const { prefer } = request.headers;
    const waitMs = askedWaitMs(Array.isArray(prefer) ? prefer.join(",") : prefer);
    if (waitMs === 0) return false;
    const gone = new AbortController();
    const onClose = () => gone.abort();
    reply.raw.once("close", onClose);
    await polls.wait(waitMs, gone.signal);
    reply.raw.off("close", onClose);
    reply.header("preference-applied", `wait=${Math.floor(waitMs / 1000)}`);
    return true;
  }
}

/** What is known of a device's challenge in the interval that runs now. */
function challengeAnswer(key: Uint8Array, options: ChallengeRoutesOptions): ChallengeAnswer {
  const { network, signer, times, registry, entropy, challenges, planOf, dataRateIn, nowMs, epochAt } = options;
  const serverMs = nowMs();
  const start = intervalStart(Math.floor(serverMs / times.entropyMs), times);
  const base = { serverMs, intervalStart: start, knownUntil: entropy.knownUntil(start) };
  const asked = registry.challenged(key, epochAt(start * times.entropyMs));
  // Not of the network yet: refused at the next question.
  if ("why" in asked) return { ...base, challenge: null, unchallenged: asked.why };
  if ("unchallenged" in asked) return { ...base, challenge: null, unchallenged: asked.unchallenged };
  const plan = planOf(asked.region);
  if (plan === undefined) return { ...base, challenge: null, unchallenged: "no plan for its region" };
  const drawn = challenges.challengeOf(key, start);
  if (drawn === undefined) return { ...base, challenge: null, unchallenged: null };
  const { minute, challengeId, transmitMs, channelDraw } = drawn;
  return {
    ...base,
    unchallenged: null,
    challenge: {
      minute,
      challengeId: challengeId.toHex(),
      transmitMs,
      frequencyHz: plan.channelsHz[channelDraw % plan.channelsHz.length]!,
      dataRate: dataRateIn(plan.name),
      entropy: signEntropy(network, entropy.get(minute)!, serverMs, signer).toBase64(),
    },
  };
}
