import { CleverLakeError } from "../basics/errors";
import { untilAborted } from "../basics/untilAborted";
import type { EngineStatus, EngineTask } from "../pipeline/read/readEngine";
import type { SparkJob, SparkResult } from "./documents";
import type { SparkSession } from "./sparkSession";

/**
 * Runs a job in a Spark session that has no other one. Rejects with `engine` if Spark fails, with the error that ended
 * the session, or with the signal's reason. In the last case Spark is ended, because nothing else stops its work.
 */
export async function runJob(
  session: SparkSession,
  job: SparkJob,
  { signal, onState }: Pick<EngineTask, "signal" | "onState">,
): Promise<SparkResult> {
  signal?.throwIfAborted();
  let status: EngineStatus = { state: "starting", line: null };
  const change = (part: Partial<EngineStatus>) => {
    status = { ...status, ...part };
    onState?.(status);
  };
  change({});
  const answered = new Promise<SparkResult>((resolve, reject) => {
    session.listen({
      start: (state) => change({ state }),
      line: (line) => change({ line }),
      message: (message) => {
        if ("state" in message && message.state !== "ready") change({ state: message.state });
        if ("result" in message) resolve(message.result);
        if ("error" in message) reject(new SparkFailure(message.error));
      },
    });
  });
  // If Spark ends first, nobody awaits it.
  answered.catch(() => undefined);
  try {
    const sent = session.send({ job }).then(() => answered);
    return await untilAborted(Promise.race([sent, session.lost]), signal);
  } catch (error) {
    // An error while ending Spark is not reported, because a person requested the end.
    if (signal?.aborted) await session.kill().catch(() => undefined);
    signal?.throwIfAborted();
    if (!(error instanceof SparkFailure)) throw error;
    throw failed(error.message, await session.logOfFailure());
  } finally {
    session.listen(undefined);
  }
}

/** A failure reported by a job. */
class SparkFailure extends Error {}

function failed(kind: string, log: string): CleverLakeError {
  return new CleverLakeError("engine", `Spark failed with ${kind}.${log}`, {
    hint: 'Nothing was committed, and the next run processes the landed files. With "engine": "embedded", it does not need Spark.',
  });
}
