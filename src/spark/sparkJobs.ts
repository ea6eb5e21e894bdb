import { CleverLakeError } from "../basics/errors";
import { limitConcurrency } from "../basics/mapConcurrently";
import { untilAborted } from "../basics/untilAborted";
import type { EngineStatus } from "../pipeline/read/readEngine";
import type { SparkJob, SparkResult } from "./documents";
import type { SparkSession } from "./sparkSession";

/** Runs jobs in a Spark session, one after the other. */
export class SparkJobs {
  private readonly turns = limitConcurrency(1);

  constructor(private readonly session: SparkSession) {
    // Each job reports this error; without a job, nobody needs it.
    session.lost.catch(() => undefined);
  }

  /**
   * Runs a job after the earlier ones. Rejects with `engine` if Spark fails, with the error that ended the session,
   * or with the signal's reason. In the last case Spark is ended, because nothing else stops its work.
   */
  run(
    job: SparkJob,
    signal: AbortSignal | undefined,
    notify: (status: EngineStatus) => void,
  ): Promise<SparkResult> {
    return this.turns.execute(() => this.runNow(job, signal, notify));
  }

  private async runNow(
    job: SparkJob,
    signal: AbortSignal | undefined,
    notify: (status: EngineStatus) => void,
  ): Promise<SparkResult> {
    const { session } = this;
    signal?.throwIfAborted();
    let status: EngineStatus = { state: "starting", line: null };
    const change = (part: Partial<EngineStatus>) => {
      status = { ...status, ...part };
      notify(status);
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
}

/** A failure reported by a job. */
class SparkFailure extends Error {}

function failed(kind: string, log: string): CleverLakeError {
  return new CleverLakeError("engine", `Spark failed with ${kind}.${log}`, {
    hint: 'Nothing was committed, and the next run processes the landed files. With "engine": "embedded", it does not need Spark.',
  });
}
