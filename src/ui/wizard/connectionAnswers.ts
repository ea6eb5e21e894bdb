import type { Connected, ServerLogin } from "../../engine/messages/messages";
import { type ConnectionSettings, reportsRoot, serverTimeout, withProxy } from "../connection/settings";

/** The wizard's answers so far. */
export interface ConnectionAnswers extends ConnectionSettings {
  readonly authentication: "password" | "privateKey" | "agent";
  readonly password: string;
  readonly passphrase: string;
  readonly lakeAccountKey: string;
  readonly lakeSas: string;
  readonly salt: string;
  /** Whether the salt was generated here, so that the user must keep a copy. */
  readonly saltIsNew: boolean;
  /** The lake that a stored salt was given for; empty if there is none or it is unknown. */
  readonly saltLake: string;
}

export const initialAnswers: ConnectionAnswers = {
  host: "reports-sftp.clever.com",
  port: 22,
  username: "",
  authentication: "password",
  password: "",
  privateKeyPath: "",
  passphrase: "",
  hostKey: "",
  lakeUrl: "",
  lakeAuth: "default",
  lakeAccountKey: "",
  lakeSas: "",
  saltKeyVaultUrl: "",
  salt: "",
  saltIsNew: false,
  saltLake: "",
};

/** The answers in the form that the engine expects. */
export function connectedWith(answers: ConnectionAnswers): Connected {
  const { lakeUrl, lakeAuth, lakeAccountKey, lakeSas, saltKeyVaultUrl, salt } = answers;
  const { sftp, secrets } = loginWith(answers);
  return {
    connection: withProxy({
      sftp,
      lake: { url: lakeUrl, auth: lakeAuth },
      ...(saltKeyVaultUrl ? { saltKeyVaultUrl } : {}),
    }),
    secrets: {
      ...secrets,
      ...(salt ? { salt } : {}),
      ...(lakeAccountKey ? { lakeAccountKey } : {}),
      ...(lakeSas ? { lakeSas } : {}),
    },
  };
}

/** The answers about the server alone, with the reports' folder and the timeout, which only the settings have. */
export function loginWith(answers: ConnectionAnswers): ServerLogin {
  const { host, port, username, hostKey, privateKeyPath, password, passphrase } = answers;
  const timeoutSeconds = serverTimeout();
  return {
    sftp: {
      host,
      port,
      username,
      root: reportsRoot(),
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
      ...(hostKey ? { hostKey } : {}),
      ...(privateKeyPath ? { privateKeyPath } : {}),
    },
    secrets: { ...(password ? { password } : {}), ...(passphrase ? { passphrase } : {}) },
  };
}
