import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import path from "node:path";
import { PassThrough } from "node:stream";
import { build } from "esbuild";
import { onTestFinished } from "vitest";
import {
  CancellationTokenSource,
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import { engineOptions } from "../../esbuild";
import type { LogMessage } from "../../src/engine/messages/messages";
import type { EngineCall } from "../../src/engine/messages/protocol";
import { logMessage, progressOf } from "../../src/engine/messages/wire";
import { fromResponseError } from "../../src/engine/messages/wireError";
import { EngineServer } from "../../src/engine/server/server";

const root = path.resolve(import.meta.dirname, "..", "..");

/** Builds the engine's process, without Azure's packages; the caller removes the folder. */
export async function buildEngine(): Promise<{ modulePath: string; remove: () => Promise<void> }> {
  // Within the project, so that packages outside the bundle are found.
  const folder = path.join(root, ".cache", `engine-${randomUUID()}`);
  await build(engineOptions(folder));
  return {
    modulePath: path.join(folder, "engine.mjs"),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** An engine in this process, connected by in-memory message streams. It is disposed with the test. */
export function engineInMemory() {
  const [toEngine, fromEngine] = [new PassThrough(), new PassThrough()];
  const theirs = createMessageConnection(
    new StreamMessageReader(toEngine),
    new StreamMessageWriter(fromEngine),
  );
  const ours = createMessageConnection(
    new StreamMessageReader(fromEngine),
    new StreamMessageWriter(toEngine),
  );
  const server = new EngineServer(theirs);
  const logs: LogMessage[] = [];
  ours.onNotification(logMessage, (message) => void logs.push(message));
  theirs.listen();
  ours.listen();
  onTestFinished(async () => {
    await server[Symbol.asyncDispose]();
    ours.dispose();
    theirs.dispose();
  });
  let tokens = 0;
  const request = async <Params, Result, Progress>(
    call: EngineCall<Params, Result, Progress>,
    params: Params,
    options: { onProgress?: (progress: Progress) => void; cancel?: AbortSignal } = {},
  ): Promise<Result> => {
    const token = ++tokens;
    const listening = options.onProgress && ours.onProgress(progressOf(call), token, options.onProgress);
    const cancellation = new CancellationTokenSource();
    options.cancel?.addEventListener("abort", () => cancellation.cancel());
    try {
      return await ours.sendRequest<Result>(
        call.method,
        { ...params, progressToken: token },
        cancellation.token,
      );
    } catch (error) {
      throw fromResponseError(error);
    } finally {
      listening?.dispose();
    }
  };
  return { request, logs, server };
}
