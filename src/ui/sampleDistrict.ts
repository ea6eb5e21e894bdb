import path from "node:path";
import type { EngineClient } from "../engine/client";
import type { Connected } from "../engine/messages";
import * as engine from "../engine/protocol";
import { readGeneralSettings, usesSample } from "./settings";

/**
 * The sample district, served by this window's engine. While in use it replaces the user's own connection, whose
 * settings and secrets are kept.
 */
export class SampleDistrict {
  private roster: string | undefined;
  readonly lakeFolder: string;

  /** @param folder the folder of the district and its lake, shared by all windows */
  constructor(
    private readonly client: EngineClient,
    private readonly folder: string,
  ) {
    this.lakeFolder = path.join(folder, "lake");
  }

  /** The parameters for a request to the sample. Starts its server if this window's engine does not serve it yet. */
  async connected(signal?: AbortSignal): Promise<Connected> {
    const { userTypes } = await readGeneralSettings();
    const { host, port, username, hostKey, password, lakeUrl, salt, rosterPath } = await this.client.request(
      engine.startSample,
      { folder: this.folder },
      { signal },
    );
    this.roster = rosterPath ?? undefined;
    return {
      connection: { sftp: { host, port, username, hostKey }, lake: { url: lakeUrl }, userTypes },
      secrets: { password, salt },
    };
  }

  /** The sample roster's path on its server; undefined while the sample is not in use. */
  get rosterPath(): string | undefined {
    return usesSample() ? this.roster : undefined;
  }
}
