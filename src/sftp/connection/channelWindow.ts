import type { SFTPWrapper } from "ssh2";

/** Enough for everything that a reader requests ahead, and the packets around it. */
const windowBytes = 5 * 1024 * 1024;

/** Internals of an ssh2 session; none of this is in its documented interface. */
interface Internals {
  readonly incoming: { window: number };
  readonly outgoing: { readonly id: number };
  readonly _protocol: { channelWindowAdjust(channel: number, bytes: number): void };
}

/**
 * Keeps the flow-control window for the server's data (RFC 4254, section 5.2) wide. ssh2 offers 2 MiB and renews it
 * when half is used. This limits transfers to 1 MiB per round trip: 20 MB/s at 50 ms, whatever the bandwidth. Does
 * nothing on a version of ssh2 with different internals.
 */
export function widenWindow(session: SFTPWrapper): void {
  if (!hasInternals(session)) return;
  const missing = windowBytes - session.incoming.window;
  if (missing < windowBytes / 8) return;
  session.incoming.window += missing;
  session._protocol.channelWindowAdjust(session.outgoing.id, missing);
}

function hasInternals(session: object): session is Internals {
  const incoming: unknown = Reflect.get(session, "incoming");
  const outgoing: unknown = Reflect.get(session, "outgoing");
  const protocol: unknown = Reflect.get(session, "_protocol");
  return (
    typeof property(incoming, "window") === "number" &&
    typeof property(outgoing, "id") === "number" &&
    property(outgoing, "state") === "open" &&
    typeof property(protocol, "channelWindowAdjust") === "function"
  );
}

function property(of: unknown, name: string): unknown {
  return typeof of === "object" && of !== null ? Reflect.get(of, name) : undefined;
}
