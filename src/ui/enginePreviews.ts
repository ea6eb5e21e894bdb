import * as vscode from "vscode";
import type { EngineClient } from "../engine/client";
import type { PreviewInfo as EnginePreview } from "../engine/messages";
import * as engine from "../engine/protocol";
import { describeError } from "../errors";
import type {
  PreviewInfo,
  PreviewLocation,
  PreviewRow,
  PreviewRowsRequest,
  PreviewSource,
} from "../protocol/previewSource";
import type { ConnectionModel } from "./connectionModel";

/** Previews that the engine holds. */
export class EnginePreviews implements PreviewSource {
  constructor(
    private readonly model: ConnectionModel,
    private readonly client: EngineClient,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  async previewReport(file: PreviewLocation, signal: AbortSignal): Promise<PreviewInfo> {
    const params = { ...(await this.model.connected()), ...file };
    return shown(await this.client.request(engine.previewReport, params, { signal }));
  }

  async previewRows(request: PreviewRowsRequest, signal: AbortSignal): Promise<readonly PreviewRow[]> {
    const { rows, identities } = await this.client.request(engine.previewRows, request, { signal });
    return rows.map((row, index) => {
      const revealed = identities?.[index];
      return revealed ? { ...row, cells: row.cells.map((cell, at) => cell ?? revealed[at] ?? null) } : row;
    });
  }

  async recordReveal(token: string, signal: AbortSignal): Promise<void> {
    const params = { ...(await this.model.connected()), token };
    try {
      const reveal = await this.client.request(engine.revealPreview, params, { signal });
      this.log.info(
        `Identities revealed: ${reveal.path} (${reveal.origin}), by ${reveal.user} on ${reveal.machine}`,
      );
    } catch (error) {
      if (!signal.aborted) this.log.error(describeError(error));
      throw error;
    }
  }

  async refusedRows(token: string, signal: AbortSignal): Promise<readonly number[]> {
    return (await this.client.request(engine.previewRefused, { token }, { signal })).indexes;
  }

  async loadMore(token: string, signal: AbortSignal): Promise<PreviewInfo> {
    const params = { ...(await this.model.connected()), token };
    return shown(await this.client.request(engine.previewMore, params, { signal }));
  }

  async closePreview(token: string): Promise<void> {
    // Its previews ended with the engine; a request would start another one.
    if (this.client.pid === undefined) return;
    await this.client.request(engine.closePreview, { token });
  }
}

function shown(preview: EnginePreview): PreviewInfo {
  return {
    token: preview.token,
    columns: preview.columns.map(({ name, reportColumn, type, identity }, index) => ({
      name: name ?? vscode.l10n.t("Column {0}", index + 1),
      type: reportColumn === null ? "unknown" : type,
      identity,
      ...(reportColumn === null ? {} : { reportColumn }),
    })),
    rowCount: preview.rows,
    refusedCount: preview.badRows,
    totalBytes: preview.size,
    readBytes: preview.bytesRead,
    truncated: preview.truncated,
    full: preview.full,
    problem: preview.problem,
  };
}
