/** Times of the gateway messages, and how a message is read that may be none. */
import { Duration } from "google-protobuf/google/protobuf/duration_pb.js";
import { Timestamp } from "google-protobuf/google/protobuf/timestamp_pb.js";
import type { SecondsNanos } from "../gateway-message.ts";

/** Generated readers throw on bytes that end early or have an unknown wire type. */
export function reading<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

export function timestamp({ seconds, nanos }: SecondsNanos): Timestamp {
  const message = new Timestamp();
  message.setSeconds(seconds);
  message.setNanos(nanos);
  return message;
}

export function duration({ seconds, nanos }: SecondsNanos): Duration {
  const message = new Duration();
  message.setSeconds(seconds);
  message.setNanos(nanos);
  return message;
}

export function secondsNanos(message: Timestamp | Duration | undefined): SecondsNanos | null {
  return message === undefined ? null : { seconds: message.getSeconds(), nanos: message.getNanos() };
}
