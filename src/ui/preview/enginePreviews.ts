import * as vscode from "vscode";
import { describeError } from "../../basics/errors";
import type {
  Preview,
  PreviewInfo,
  PreviewParams,
  PreviewRow,
  PreviewRowsParams,
} from "../../engine/messages/messages";
import * as engine from "../../engine/messages/protocol";
import type { Parts } from "../parts";

/** A preview's webview type. It is defined here so that using it does not load the tab. */
export const previewViewType = "clever.preview";

/** The location of a report. */
export type PreviewLocation = Pick<PreviewParams, "origin" | "path">;

/** What a preview needs of `EnginePreviews`. */
export type PreviewSource = Pick<EnginePreviews, keyof EnginePreviews>;

/**
 * Previews that the engine holds: a report's first rows, identified by a token. A cancelled call rejects with its
 * signal's reason.
 */
export class EnginePreviews {
  constructor(private readonly parts: Parts) {}

  /**
   * Reads the first part of a report. Rejects with a `CleverLakeError` if the file cannot be reached; for a file
   * whose header cannot be read it resolves with `problem`.
   */
  async previewReport(file: PreviewLocation, signal: AbortSignal): Promise<Preview> {
    const params = { ...(await this.parts.model.connected()), ...file };
    const { token, info } = await this.parts.client.request(engine.previewReport, params, { signal });
    return { token, info: named(info) };
  }

  /** At most 1,000 rows, fewer at the end. Rejects with `notFound` if the engine has released the token. */
  previewRows(request: PreviewRowsParams, signal: AbortSignal): Promise<readonly PreviewRow[]> {
    return this.parts.client.request(engine.previewRows, request, { signal });
  }

  /**
   * Records that the report's identities are revealed; before that, `previewRows` returns none. Rejects if recording
   * fails.
   */
  async recordReveal(token: string, signal: AbortSignal): Promise<void> {
    const params = { ...(await this.parts.model.connected()), token };
    try {
      const reveal = await this.parts.client.request(engine.revealPreview, params, { signal });
      this.parts.log.info(
        `Identities revealed: ${reveal.path} (${reveal.origin}), by ${reveal.user} on ${reveal.machine}`,
      );
    } catch (error) {
      if (!signal.aborted) this.parts.log.error(describeError(error));
      throw error;
    }
  }

  /** Reads the next part of the file; existing rows keep their index. */
  async loadMore(token: string, signal: AbortSignal): Promise<PreviewInfo> {
    const params = { ...(await this.parts.model.connected()), token };
    return named(await this.parts.client.request(engine.previewMore, params, { signal }));
  }

  async closePreview(token: string): Promise<void> {
    // Its previews ended with the engine; a request would start another one.
    if (this.parts.client.pid === undefined) return;
    await this.parts.client.request(engine.closePreview, { token });
  }
}

/** Gives columns whose names are not shown their positions as names. */
function named(info: PreviewInfo): PreviewInfo {
  const columns = info.columns.map((column, index) => ({
    ...column,
    name: column.name || vscode.l10n.t("Column {0}", index + 1),
  }));
  return { ...info, columns };
}
