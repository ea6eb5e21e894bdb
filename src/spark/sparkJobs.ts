import { CleverLakeError } from "../errors";
import type { EngineStatus } from "../pipeline/read/readEngine";
import type { SparkJob, SparkResult } from "./documents";
import type { SparkListener, SparkSession } from "./sparkSession";

/** Runs jobs on a Spark, one after the other. */
export class SparkJobs {
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly session: SparkSession) {
    // Told by each job; without one there is nobody to tell.
    session.lost.catch(() => undefined);
  }

  /**
   * Runs a job, behind those before it. Rejects with `engine` if Spark fails, with what the session is lost by, and
   * with the signal's reason; then Spark is ended, since nothing else stops what it is at.
   */
  run(
    job: SparkJob,
    signal: AbortSignal | undefined,
    tell: (status: EngineStatus) => void,
  ): Promise<SparkResult> {
    const turn = this.turn.then(() => this.runNow(job, signal, tell));
    this.turn = turn.catch(() => undefined);
    return turn;
  }

  private async runNow(
    job: SparkJob,
    signal: AbortSignal | undefined,
    tell: (status: EngineStatus) => void,
  ): Promise<SparkResult> {
    const { session } = this;
    signal?.throwIfAborted();
    const heard = new AbortController();
    const aborted = new Promise<never>((_, reject) => {
      const stop = () => {
        // What keeps Spark from being ended is told by no one: the reason is that a person wanted it.
        session
          .kill()
          .catch(() => undefined)
          .finally(() => reject(signal?.reason));
      };
      signal?.addEventListener("abort", stop, { once: true, signal: heard.signal });
    });
    aborted.catch(() => undefined);
    let status: EngineStatus = { state: "starting", line: null };
    const change = (part: Partial<EngineStatus>) => {
      status = { ...status, ...part };
      tell(status);
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
    // If it is not waited for any more, nobody is there to hear of it.
    answered.catch(() => undefined);
    try {
      await Promise.race([session.send({ job }), session.lost, aborted]);
      return await Promise.race([answered, session.lost, aborted]);
    } catch (error) {
      if (!(error instanceof SparkFailure)) throw error;
      throw failed(error.message, await session.logOfFailure());
    } finally {
      heard.abort();
      session.listen(deaf);
    }
  }
}

const deaf: SparkListener = { start: () => undefined, line: () => undefined, message: () => undefined };

/** What a job says that it failed with. */
class SparkFailure extends Error {}

function failed(kind: string, log: string): CleverLakeError {
  return new CleverLakeError("engine", `Spark failed with ${kind}.${log}`, {
    hint: 'Nothing was committed, and the landed files wait for the next run. With "engine": "embedded" it does without Spark.',
  });
}
