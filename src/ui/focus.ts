import * as vscode from "vscode";

/** Resolves once the window has the focus, or the signal aborts. */
export function focus(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      listening.dispose();
      resolve();
    };
    const listening = vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) end();
    });
    signal?.addEventListener("abort", end, { once: true });
    if (vscode.window.state.focused || signal?.aborted) end();
  });
}
