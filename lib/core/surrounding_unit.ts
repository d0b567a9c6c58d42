/** The service manager's unit in which this process runs. */
export interface SurroundingUnit {
  readonly name: string;
  /** Its stop or restart ends every process of the unit at once, a running round included. */
  readonly killsAll: boolean;
}
