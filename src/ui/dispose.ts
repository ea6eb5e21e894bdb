import type * as vscode from "vscode";

/** Collects resources that are released together. */
export abstract class Disposable implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[] = [];
  protected disposed = false;

  protected hold<T extends vscode.Disposable>(part: T): T {
    if (this.disposed) part.dispose();
    else this.disposables.push(part);
    return part;
  }

  dispose(): void {
    this.disposed = true;
    for (const part of this.disposables.splice(0).reverse()) part.dispose();
  }
}
