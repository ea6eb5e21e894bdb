export function duckdbBinding(root: string, name: string): Promise<string>;
