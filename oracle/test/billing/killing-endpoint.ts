/** A Solana endpoint in front of another one that passes requests on, and calls back when a transaction went through, before the answer does. */
export interface KillingEndpoint {
  readonly url: string;
  stop(): void;
}

/** `onSent` gets how many transactions went through so far; an answer that it wants lost is `true`. */
export function killingEndpoint(url: string, onSent: (count: number) => boolean): KillingEndpoint {
  let sent = 0;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const body = await request.text();
      const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
      const isSend = body.includes('"sendTransaction"');
      if (isSend && onSent(++sent)) return new Response("lost", { status: 502 });
      return new Response(await answer.text(), { status: answer.status });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    stop: () => void server.stop(true),
  };
}
