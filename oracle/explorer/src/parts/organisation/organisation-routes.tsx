/** The organisation's own routes: what they are, and making, changing and withdrawing them. */
import { useState } from "preact/hooks";
import { newSecret } from "../../wallet/signed-change.ts";
import { RouteForm } from "./route-form.tsx";
import { ShownOnce } from "./shown-once.tsx";
import type { Change, Organisation, OrganisationRoute } from "./use-organisation.ts";

interface RoutesProps {
  readonly organisation: Organisation;
  readonly change: Change;
  readonly isBusy: boolean;
}

export function OrganisationRoutes({ organisation, change, isBusy }: RoutesProps) {
  const { routes, routeKeys, role, limits } = organisation;
  const [secret, setSecret] = useState<{ readonly name: string; readonly text: string }>();
  // A form that was sent is shown anew, empty.
  const [made, setMade] = useState(0);
  const mayChange = role !== "viewer";
  const send = async (body: object, name: string, hasNewSecret: boolean, routeId?: number) => {
    const text = newSecret();
    const whole = hasNewSecret ? { ...body, credentialSecret: text } : body;
    const answer = await (routeId === undefined
      ? change("POST", "/routes", whole)
      : change("PUT", `/routes/${routeId}`, whole));
    if (answer === undefined) return;
    setMade((count) => count + 1);
    if (hasNewSecret) setSecret({ name, text });
  };
  return (
    <section aria-labelledby="own-routes">
      <h3 id="own-routes">Routes of the organisation</h3>
      {secret !== undefined && (
        <ShownOnce
          what={`Secret of route ${secret.name}: hotspots' passwords at your broker are derived from it.`}
          secret={secret.text}
          onKept={() => setSecret(undefined)}
        />
      )}
      {routes.length === 0 && (
        <p class="note empty">None yet; an operator's file may hold others, which stand above.</p>
      )}
      {routes.map((route) => (
        <details key={`${route.routeId} ${made}`}>
          <summary>
            {route.routeId} {route.name} <State route={route} />
          </summary>
          {mayChange ? (
            <>
              <RouteForm
                route={route}
                routeKeys={routeKeys}
                isBusy={isBusy}
                onSend={(body, hasNewSecret) => void send(body, body.name, hasNewSecret, route.routeId)}
              />
              <p>
                <button
                  type="button"
                  class="second"
                  disabled={isBusy}
                  onClick={() => void change("DELETE", `/routes/${route.routeId}`)}
                >
                  Withdraw route {route.routeId}
                </button>
              </p>
            </>
          ) : (
            <p>
              {route.server.host}:{route.server.port}, {[...route.netIds, ...route.devAddrs].join(" ")},{" "}
              {route.joinEuis.length} JoinEUIs
            </p>
          )}
        </details>
      ))}
      {mayChange && routes.length < limits.routes && (
        <details key={`new ${made}`}>
          <summary>Make a route</summary>
          {routeKeys.length === 0 ? (
            <p class="note">
              No route key of this wallet has an account on chain: <code>earshot dc register</code> opens one.
            </p>
          ) : (
            <RouteForm
              routeKeys={routeKeys}
              isBusy={isBusy}
              onSend={(body, hasNewSecret) => void send(body, body.name, hasNewSecret)}
            />
          )}
        </details>
      )}
    </section>
  );
}

function State({ route: { suspended, isActive } }: { readonly route: OrganisationRoute }) {
  if (suspended.length > 0) return <span class="tag bad">suspended: {suspended.join(", ")}</span>;
  return isActive ? <span class="tag good">active</span> : <span class="tag">off</span>;
}
