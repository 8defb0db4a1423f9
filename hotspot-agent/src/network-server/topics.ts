/**
 * Topics of ChirpStack's gateway MQTT: PREFIX/gateway/ID/event/…, …/command/… and …/state/conn; the prefix is a region such as
 * eu868 and may be empty.
 */

export type EventName = "up" | "stats" | "ack" | "exec";
export type CommandName = "down" | "config" | "exec";

export interface GatewayTopics {
  event(name: EventName): string;
  readonly connState: string;
  /** Every command to the gateway. */
  readonly commands: string;
  /** The name of the command that a message on `topic` carries; null for a topic that is not this gateway's command. */
  commandOf(topic: string): string | null;
}

/** The topics of one gateway. `gatewayId`: sixteen lower-case hex digits. */
export function gatewayTopics(prefix: string, gatewayId: string): GatewayTopics {
  const base = `${prefix === "" ? "" : `${prefix.replace(/\/$/, "")}/`}gateway/${gatewayId}`;
  const commandBase = `${base}/command/`;
  return {
    event: (name) => `${base}/event/${name}`,
    connState: `${base}/state/conn`,
    commands: `${commandBase}+`,
    commandOf: (topic) => (topic.startsWith(commandBase) ? topic.slice(commandBase.length) : null),
  };
}
