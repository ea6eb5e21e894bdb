import path from "node:path";
import type { EngineClient } from "../engine/client";
import type { Connected } from "../engine/messages";
import * as engine from "../engine/protocol";
import { readGeneralSettings, usesSample } from "./settings";

/**
 * The sample district, served by this window's engine. While it is in use it stands in the place of the user's own
 * connection, whose settings and secrets stay as they are.
 */
export class SampleDistrict {
  private roster: string | undefined;
  readonly lakeFolder: string;

  /** @param folder where the district and its lake are, for all windows */
  constructor(
    private readonly client: EngineClient,
    private readonly folder: string,
  ) {
    this.lakeFolder = path.join(folder, "lake");
  }

  /** What a request to the sample needs. Its server is started where this window's engine does not serve it yet. */
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

  /** Where the sample's roster is on its server; undefined while the sample is not in use. */
  get rosterPath(): string | undefined {
    return usesSample() ? this.roster : undefined;
  }
}
