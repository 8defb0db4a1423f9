/** A route to be made or changed: whose packets go to which broker. The oracle checks it and says what is wrong. */
import { useState } from "preact/hooks";
import type { OrganisationRoute } from "./use-organisation.ts";

export interface RouteBody extends Omit<OrganisationRoute, "routeId" | "suspended"> {
  readonly credentialSecret?: string;
}

const EMPTY: RouteBody = {
  name: "",
  payer: "",
  server: { host: "", port: 8883, certificateAuthority: null },
  topicPrefix: "eu868",
  netIds: [],
  devAddrs: [],
  joinEuis: [],
  maxCopies: 1,
  isActive: true,
};

export function RouteForm({
  route,
  routeKeys,
  isBusy,
  onSend,
}: {
  /** The route that is changed; a new one without it. */
  readonly route?: OrganisationRoute;
  readonly routeKeys: readonly string[];
  readonly isBusy: boolean;
  /** `hasNewSecret`: for a changed route, a secret in place of the one it has. */
  readonly onSend: (body: RouteBody, hasNewSecret: boolean) => void;
}) {
  const [body, setBody] = useState<RouteBody>(() => (route === undefined ? EMPTY : bodyOf(route)));
  const [hasNewSecret, setNewSecret] = useState(route === undefined);
  // As typed: a list in the making is no list.
  const [netIds, setNetIds] = useState(body.netIds.join(" "));
  const [devAddrs, setDevAddrs] = useState(body.devAddrs.join(" "));
  const [joinEuis, setJoinEuis] = useState(body.joinEuis.join(" "));
  const set = (part: Partial<RouteBody>) => setBody({ ...body, ...part });
  const setServer = (part: Partial<RouteBody["server"]>) => set({ server: { ...body.server, ...part } });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const lists = { netIds: listOf(netIds), devAddrs: listOf(devAddrs), joinEuis: listOf(joinEuis) };
        onSend({ ...body, ...lists, payer: body.payer || (routeKeys[0] ?? "") }, hasNewSecret);
      }}
    >
      <Text label="Name" value={body.name} isRequired onInput={(name) => set({ name })} />
      {routeKeys.length > 1 && (
        <label class="field">
          Route key that pays
          <select value={body.payer} onChange={(event) => set({ payer: event.currentTarget.value })}>
            {routeKeys.map((key) => (
              <option key={key}>{key}</option>
            ))}
          </select>
        </label>
      )}
      <div class="row">
        <Text label="Broker" value={body.server.host} isRequired onInput={(host) => setServer({ host })} />
        <label class="field">
          Port, TLS
          <input
            type="number"
            min={1}
            max={65_535}
            required
            value={body.server.port}
            onInput={(event) => setServer({ port: event.currentTarget.valueAsNumber })}
          />
        </label>
      </div>
      <label class="field">
        Authority of the broker's certificate, PEM; empty for those everybody trusts
        <textarea
          rows={2}
          spellcheck={false}
          value={body.server.certificateAuthority ?? ""}
          onInput={(event) => setServer({ certificateAuthority: event.currentTarget.value || null })}
        />
      </label>
      <Text
        label="Topic before /gateway/…, ChirpStack's region"
        value={body.topicPrefix}
        onInput={(topicPrefix) => set({ topicPrefix })}
      />
      <Text label="NetIDs, such as 60002D" value={netIds} onInput={setNetIds} />
      <Text label="DevAddrs, such as 26011000/20 or 26000000-27ffffff" value={devAddrs} onInput={setDevAddrs} />
      <Text label="JoinEUIs, for joins" value={joinEuis} onInput={setJoinEuis} />
      <label class="field">
        Copies of a packet that are paid for
        <input
          type="number"
          min={1}
          max={64}
          required
          value={body.maxCopies}
          onInput={(event) => set({ maxCopies: event.currentTarget.valueAsNumber })}
        />
      </label>
      <label class="row field">
        <input
          type="checkbox"
          checked={body.isActive}
          onChange={(event) => set({ isActive: event.currentTarget.checked })}
        />
        Told to hotspots
      </label>
      {route !== undefined && (
        <label class="row field">
          <input
            type="checkbox"
            checked={hasNewSecret}
            onChange={(event) => setNewSecret(event.currentTarget.checked)}
          />
          New secret: every hotspot's password at the broker changes
        </label>
      )}
      <button type="submit" disabled={isBusy}>
        {route === undefined ? "Make the route" : "Change the route"}
      </button>
    </form>
  );
}

function Text({
  label,
  value,
  isRequired = false,
  onInput,
}: {
  readonly label: string;
  readonly value: string;
  readonly isRequired?: boolean;
  readonly onInput: (text: string) => void;
}) {
  return (
    <label class="field">
      {label}
      <input
        spellcheck={false}
        required={isRequired}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}

function bodyOf({ routeId: _, suspended: __, ...route }: OrganisationRoute): RouteBody {
  const { name, payer, server, topicPrefix, netIds, devAddrs, joinEuis, maxCopies, isActive } = route;
  return { name, payer, server, topicPrefix, netIds, devAddrs, joinEuis, maxCopies, isActive };
}

function listOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter((part) => part !== "");
}
