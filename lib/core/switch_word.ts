/** Whether an environment variable is switched on, by the words that the Python version takes. */
export function isSwitchedOn(value: string | undefined): boolean {
  return /^(1|true|yes|on)$/i.test(value ?? "");
}
