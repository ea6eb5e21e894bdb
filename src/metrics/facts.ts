/** A school's true numbers; schools that only resource usage knows are not here. */
export interface SchoolFacts {
  readonly name: string | null;
  readonly users: number;
  readonly activeUsers: number;
  /** Sum of num_logins, and the rows that have one. */
  readonly logins: number;
  readonly loginRows: number;
  /** Sum of num_resources_accessed, and the rows that have one. */
  readonly resources: number;
  readonly resourceRows: number;
  /** Pairs of a person and a different resource used at the school. */
  readonly resourcePairs: number;
  /** People with resource usage at the school. */
  readonly resourceUsers: number;
}

export interface DayFacts {
  readonly date: string;
  readonly logins: number;
  readonly resources: number;
  readonly activeUsers: number;
  readonly distinctResources: number;
  /** People with resource usage that day. */
  readonly resourceUsers: number;
}

export interface ResourceFacts {
  readonly name: string | null;
  readonly type: string | null;
  readonly rows: number;
  readonly accesses: number;
  readonly users: number;
}

export interface ResourceNameFacts {
  readonly name: string | null;
  /** At least 1. */
  readonly users: number;
}

export interface CellFacts {
  readonly school: string | null;
  readonly resource: string | null;
  /** At least 1. */
  readonly users: number;
}

/** The true numbers, before suppression: never to be shown as they are. */
export interface Facts {
  readonly users: number;
  readonly days: number;
  readonly activeUsers: number;
  readonly schools: readonly SchoolFacts[];
  readonly byDay: readonly DayFacts[];
  readonly resources: readonly ResourceFacts[];
  readonly resourceNames: readonly ResourceNameFacts[];
}
