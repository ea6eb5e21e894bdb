/** Which numbers hang together (union-find), with the members of each component. */
export class Components {
  private readonly parent: Int32Array;
  private readonly lists = new Map<number, number[]>();

  constructor(numbers: number) {
    this.parent = Int32Array.from({ length: numbers }, (_, number) => number);
  }

  of(number: number): number {
    let root = number;
    while (this.parent[root] !== root) root = this.parent[root] as number;
    for (let at = number; at !== root; ) {
      const next = this.parent[at] as number;
      this.parent[at] = root;
      at = next;
    }
    return root;
  }

  join(one: number, other: number): void {
    const [a, b] = [this.of(one), this.of(other)];
    if (a === b) return;
    this.lists.set(a, [...this.members(a), ...this.members(b)]);
    this.lists.delete(b);
    this.parent[b] = a;
  }

  members(component: number): readonly number[] {
    const root = this.of(component);
    return this.lists.get(root) ?? [root];
  }
}
