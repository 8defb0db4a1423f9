/**
 * A network between a client and a chain that loses requests and answers, sends twice, answers with an error page, and has nodes that
 * are behind: by a seed, so that a failing run can be played again.
 */
export interface Faults {
  readonly seed: number;
  /** Of 100 requests, how many never arrive. */
  readonly lostRequests: number;
  /** … arrive, but their answer does not. */
  readonly lostAnswers: number;
  /** … arrive twice. */
  readonly duplicates: number;
  /** … are answered by a proxy's error page. */
  readonly errorPages: number;
  /** … are answered by a node that is some blocks behind. */
  readonly lagging: number;
}

export interface FaultyFetch {
  readonly fetch: typeof fetch;
  /** Faults by kind, so that a test can tell that there were any. */
  readonly counts: Record<"lostRequests" | "lostAnswers" | "duplicates" | "errorPages" | "lagging", number>;
  /** Every transaction that was sent, in base64. */
  readonly sent: Set<string>;
  /** Without faults from here on. */
  calm(): void;
}

export function faultyFetch(faults: Faults): FaultyFetch {
  const dice = randomBelow(faults.seed);
  const counts = { lostRequests: 0, lostAnswers: 0, duplicates: 0, errorPages: 0, lagging: 0 };
  const sent = new Set<string>();
  let isCalm = false;
  const happens = (kind: keyof typeof counts) => {
    if (isCalm || dice(100) >= faults[kind]) return false;
    counts[kind]++;
    return true;
  };
  const call = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = JSON.parse(String(init?.body));
    if (request.method === "sendTransaction") sent.add(request.params[0]);
    if (happens("lostRequests")) throw new TypeError("fetch failed: the connection was reset");
    if (happens("errorPages")) return new Response("<html>502 Bad Gateway</html>", { status: 502 });
    const body = happens("lagging") ? JSON.stringify(asOfAnOlderBlock(request)) : init?.body;
    if (happens("duplicates")) await fetch(url, { ...init, body: body as string });
    const answer = await fetch(url, { ...init, body: body as string });
    if (!happens("lostAnswers")) return answer;
    await answer.arrayBuffer();
    throw new TypeError("fetch failed: the connection was closed");
  };
  return {
    fetch: call as typeof fetch,
    counts,
    sent,
    calm: () => {
      isCalm = true;
    },
  };
}

/** The same question about the newest final block: what a node says that is as many blocks behind. */
function asOfAnOlderBlock(request: { readonly method: string; readonly params?: readonly unknown[] }): unknown {
  const params = (request.params ?? []).map((param) =>
    typeof param === "object" && param !== null && "commitment" in param
      ? { ...param, commitment: "finalized" }
      : param,
  );
  return { ...request, params };
}

/** SplitMix64, below a limit. */
function randomBelow(seed: number): (limit: number) => number {
  let state = BigInt(seed);
  return (limit) => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let mixed = state;
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    return Number((mixed ^ (mixed >> 31n)) % BigInt(limit));
  };
}
