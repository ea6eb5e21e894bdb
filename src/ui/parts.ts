import type * as vscode from "vscode";
import type { EngineClient } from "../engine/client/client";
import type { ConnectionModel } from "./connection/connectionModel";

/** The parts of the extension that most commands and views use. */
export interface Parts {
  readonly model: ConnectionModel;
  readonly client: EngineClient;
  readonly log: vscode.LogOutputChannel;
}
