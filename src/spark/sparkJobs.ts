import { CleverLakeError } from "../basics/errors";
import type { EngineStatus } from "../pipeline/read/readEngine";
import type { SparkJob, SparkResult } from "./documents";
import type { SparkListener, SparkSession } from "./sparkSession";

/** Runs jobs in a Spark session, one after the other. */
export class SparkJobs {
  private turn: Promise<unknown> = Promise.resolve();

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
    const turn = this.turn.then(() => this.runNow(job, signal, notify));
    this.turn = turn.catch(() => undefined);
    return turn;
  }

  private async runNow(
    job: SparkJob,
    signal: AbortSignal | undefined,
    notify: (status: EngineStatus) => void,
  ): Promise<SparkResult> {
    const { session } = this;
    signal?.throwIfAborted();
    const done = new AbortController();
    const aborted = new Promise<never>((_, reject) => {
      const stop = () => {
        // An error while ending Spark is not reported, because a person requested the end.
        session
          .kill()
          .catch(() => undefined)
          .finally(() => reject(signal?.reason));
      };
      signal?.addEventListener("abort", stop, { once: true, signal: done.signal });
    });
    aborted.catch(() => undefined);
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
    // Once it is no longer awaited, nobody handles its error.
    answered.catch(() => undefined);
    try {
      await Promise.race([session.send({ job }), session.lost, aborted]);
      return await Promise.race([answered, session.lost, aborted]);
    } catch (error) {
      if (!(error instanceof SparkFailure)) throw error;
      throw failed(error.message, await session.logOfFailure());
    } finally {
      done.abort();
      session.listen(ignoreMessages);
    }
  }
}

const ignoreMessages: SparkListener = {
  start: () => undefined,
  line: () => undefined,
  message: () => undefined,
};

/** A failure reported by a job. */
class SparkFailure extends Error {}

function failed(kind: string, log: string): CleverLakeError {
  return new CleverLakeError("engine", `Spark failed with ${kind}.${log}`, {
    hint: 'Nothing was committed, and the next run processes the landed files. With "engine": "embedded", it does not need Spark.',
  });
}
