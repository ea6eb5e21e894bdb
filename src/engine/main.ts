import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from "vscode-jsonrpc/node";
import { EngineServer } from "./server";

/**
 * The engine's process, forked by `EngineProcess` with an IPC channel. Everything arrives on that channel: nothing
 * about a connection is read from the command line or the environment. It ends with the channel, and so with its
 * parent.
 */

/** Longer than a cancelled run needs to shut down; a hung disk must not keep the process alive. */
const millisecondsToEnd = 5_000;

function main(): void {
  if (process.send === undefined) {
    console.error("This is the engine of Clever Lake's extension; it is started by it.");
    process.exitCode = 2;
    return;
  }
  const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
  const server = new EngineServer(connection);
  // A write to a parent that is gone; "disconnect" follows.
  connection.onError(() => undefined);

  const fail = (error: unknown) => {
    server.logFault(error);
    // After the message, which is being sent by then.
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
