import path from "node:path";
import type { EngineClient } from "../../engine/client/client";
import type { Connected, SampleServer } from "../../engine/messages/messages";
import * as engine from "../../engine/messages/protocol";
import { readGeneralSettings } from "./settings";

/**
 * The sample district, served by this window's engine. While in use, it replaces the user's own connection, whose
 * settings and secrets are kept.
 */
export class SampleDistrict {
  private served: SampleServer | undefined;
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
    const { userTypes, keepWhole } = await readGeneralSettings();
    const params = { folder: this.folder };
    this.served = await this.client.request(engine.startSample, params, { signal });
    const { host, port, username, hostKey, password, lakeUrl, salt } = this.served;
    return {
      connection: { sftp: { host, port, username, hostKey }, lake: { url: lakeUrl }, userTypes, keepWhole },
      secrets: { password, salt },
    };
  }

  /** The sample roster's path on its server; undefined for any other connection. */
  rosterOf({ connection }: Connected): string | undefined {
    const { served } = this;
    return (connection.lake.url === served?.lakeUrl && served.rosterPath) || undefined;
  }
}
