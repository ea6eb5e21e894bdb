import * as z from "zod";
import { CleverLakeError, type ErrorCode } from "../../basics/errors";
import { jsonIn } from "../../basics/json";
import { callService, NoResponse } from "../../lake/adls/callService";
import { type AzureAccess, tokensFor } from "../../lake/adls/identity";
import type { TokenKeeper } from "../../lake/adls/tokens";
import type { WebRequest, WebResponse } from "../../lake/adls/webRequest";
import type { LivyService } from "./livyService";

/** What a batch runs. */
export interface BatchRequest {
  readonly name: string;
  readonly file: string;
  readonly pyFiles: readonly string[];
  readonly args: readonly string[];
}

/** Livy's states. Fabric and Synapse have the same ones, and possibly more. */
const ended = new Set(["success", "error", "dead", "killed"]);
const queued = new Set(["not_started", "recovering", "submitting", "queued"]);

const batchResponse = z.object({
  id: z.union([z.int(), z.string().min(1)]).transform(String),
  state: z.string().nullish(),
  /** Only in Fabric and Synapse. */
  livyInfo: z.object({ currentState: z.string().nullish() }).nullish(),
  errorInfo: z.array(z.object({ errorCode: z.string().max(100).nullish() })).nullish(),
  log: z.array(z.string()).nullish(),
});

const logResponse = z.object({ log: z.array(z.string()) });

export interface Batch {
  readonly id: string;
  readonly state: string;
  readonly isQueued: boolean;
  readonly hasEnded: boolean;
  /** The last lines of its log. */
  readonly log: readonly string[];
  /** Synapse's or Fabric's codes for the failure. The texts may quote the log and are omitted. */
  readonly errorCodes: readonly string[];
}

export interface LivyOptions extends AzureAccess {
  readonly service: LivyService;
  /** How often a request is retried. With pauses, 7 retries take about two minutes. */
  readonly retries?: number;
  /** Milliseconds. */
  readonly firstWait?: number;
}

const maxWait = 30_000;
const logLines = 200;
const endTimeout = 10_000;

/** The batches of a Livy service. Rejects with `auth`, `network` or `engine`. */
export class LivyBatches {
  private readonly tokens: TokenKeeper | undefined;

  constructor(private readonly options: LivyOptions) {
    const { scope } = options.service;
    this.tokens = scope === undefined ? undefined : tokensFor(options, scope);
  }

  /**
   * Starts a batch. A request that may have been executed is not repeated, to avoid a second batch. For the same
   * reason, no signal aborts it.
   */
  async submit(request: BatchRequest): Promise<Batch> {
    const body = JSON.stringify({ ...request, ...this.options.service.sizes });
    return this.batchIn(await this.ask("POST", "", { body }));
  }

  async get(id: string, signal?: AbortSignal): Promise<Batch> {
    return this.batchIn(await this.ask("GET", `/${id}`, { signal }));
  }

  /** More of the log than a batch includes, if the service provides it. */
  async log(id: string): Promise<readonly string[]> {
    if (this.options.service.kind !== "livy") return (await this.get(id)).log;
    const { text } = await this.ask("GET", `/${id}/log?size=${logLines}`, {});
    return logResponse.safeParse(jsonIn(text)).data?.log ?? [];
  }

  /** Ends a batch; no error if it does not exist. Retried for a few seconds only, because the caller is waiting. */
  async end(id: string): Promise<void> {
    await this.ask("DELETE", `/${id}`, { missing: true, signal: AbortSignal.timeout(endTimeout) });
  }

  private batchIn(answer: WebResponse): Batch {
    const parsed = batchResponse.safeParse(jsonIn(answer.text));
    if (!parsed.success) {
      throw new CleverLakeError("engine", "The answer is not from a Livy service.", {
        subject: this.options.service.name,
        hint: "Check the address in the setting livy.",
      });
    }
    const { id, log, errorInfo, livyInfo } = parsed.data;
    const state = (parsed.data.state ?? livyInfo?.currentState ?? "not_started").toLowerCase();
    return {
      id,
      state,
      isQueued: queued.has(state),
      hasEnded: ended.has(state),
      log: log ?? [],
      errorCodes: (errorInfo ?? []).flatMap(({ errorCode }) => errorCode ?? []),
    };
  }

  private async ask(
    method: WebRequest["method"],
    path: string,
    { body, signal, missing = false }: { body?: string; signal?: AbortSignal | undefined; missing?: boolean },
  ): Promise<WebResponse> {
    const { service, proxy, retries = 7, firstWait = 1_000 } = this.options;
    const request = {
      method,
      address: new URL(`${service.batches}${path}`),
      headers: {
        accept: "application/json",
        "content-type": "application/json",
        // Required by Livy's protection against requests from other sites.
        "x-requested-by": "clever-lake",
      },
      proxy,
      signal,
      ...(body ? { body } : {}),
    };
    const serviceOptions = { name: "the Spark service", tokens: this.tokens, retries, firstWait, maxWait };
    const answer = await callService(request, serviceOptions).catch((error: unknown) => {
      throw error instanceof NoResponse ? this.unreachable(error.cause) : error;
    });
    if (answer.status < 300 || (missing && answer.status === 404)) return answer;
    throw this.refusal(answer);
  }

  private unreachable(cause: unknown): CleverLakeError {
    return new CleverLakeError("network", "The Spark service cannot be reached.", {
      subject: this.options.service.name,
      hint: "Check the network and the setting livy. A batch that was started ends on its own within a few minutes.",
      cause,
    });
  }

  private refusal(answer: WebResponse): CleverLakeError {
    const { name, kind } = this.options.service;
    const { status } = answer;
    const error = (code: ErrorCode, message: string, hint?: string) =>
      new CleverLakeError(code, message, { subject: name, hint });
    if (status === 401 || status === 403)
      return error(
        "auth",
        `The Spark service does not let you start batches (${status}).`,
        signInHints[kind],
      );
    if (status === 404)
      return error(
        "engine",
        "The Spark service does not know this pool, lakehouse or batch.",
        "Check the setting livy. A service that was restarted forgets its batches: run again.",
      );
    if (status === 429 || status >= 500)
      return error(
        "network",
        `The Spark service answered with an error (${status}).`,
        "It may be busy or at capacity: try again in a few minutes.",
      );
    return error("engine", `The Spark service refused the batch (${status})${reasonIn(answer)}.`);
  }
}

const signInHints: Readonly<Record<LivyService["kind"], string>> = {
  synapse: "Ask for the role Synapse Compute Operator or Synapse Administrator in the workspace.",
  fabric: "You need the role Contributor in the workspace, and the tenant must have the Livy API enabled.",
  livy: "Only Livy servers without authentication are supported.",
};

const refusal = z.object({ msg: z.string().optional(), message: z.string().optional() });

/** Why Livy, Synapse or Fabric refused a request. Their answers contain no rows. */
function reasonIn(answer: WebResponse): string {
  const parsed = refusal.safeParse(jsonIn(answer.text));
  const reason = parsed.success ? (parsed.data.msg ?? parsed.data.message) : undefined;
  return reason === undefined ? "" : `: ${reason.slice(0, 300).replace(/\.$/, "")}`;
}
