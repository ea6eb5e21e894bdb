import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from "vscode-jsonrpc/node";
import { EngineServer } from "./server";

/**
 * The engine's process, forked by `EngineProcess` with an IPC channel. Everything arrives on that channel: the
 * command line and the environment contain nothing about a connection. The process ends with the channel, and so
 * with its parent.
 */

/** Longer than a cancelled run needs to shut down. A hung disk must not keep the process alive. */
const millisecondsToEnd = 5_000;

function main(): void {
  if (process.send === undefined) {
    console.error("This is the engine of the Clever Lake extension, which starts it.");
    process.exitCode = 2;
    return;
  }
  const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
  const server = new EngineServer(connection);
  // Caused by a write to a parent that has ended; "disconnect" follows.
  connection.onError(() => undefined);

  const fail = (error: unknown) => {
    server.logFault(error);
    // Exits after the message has been sent.
    setImmediate(() => process.exit(1));
  };
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  process.on("disconnect", () => {
    setTimeout(() => process.exit(0), millisecondsToEnd).unref();
    server[Symbol.asyncDispose]().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
  connection.listen();
}

main();
