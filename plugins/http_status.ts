import type { Finding } from "../lib/core/plugin.ts";

/** What an HTTP status of a failed model request says about the next round, null for one that waiting does not change. */
export function findingOfStatus(status: number, raw: string): Finding | null {
  switch (status) {
    case 401:
    case 403:
      return { kind: "auth_failed", raw };
    case 402:
      return { kind: "billing", raw };
    case 408:
      return { kind: "api_timeout", raw };
    case 429:
      return { kind: "limit", scope: "model", window: null, resetAt: null, raw };
    case 500:
    case 502:
    case 503:
    case 504:
    case 529:
      return { kind: "overloaded", status, raw };
  }
  return null;
}
