/** A violation of one field, as the services report it in a problem document; `position` is an offset in a filter. */
export type FieldViolation = { field: string; reason: string; position: number | null };

/** What the API returned instead of success (RFC 9457). Status 0 means that no service responded. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly violations: readonly FieldViolation[] = [],
    readonly requestId: string | null = null,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message);
    this.name = "ApiProblem";
  }

  /** Whether the same request may succeed later without a change by the user. */
  get isOutage(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }
}

function readViolations(value: unknown): FieldViolation[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) => {
    if (typeof item !== "object" || item === null) return [];
    const { field, reason, position } = item as Record<string, unknown>;
    return [
      {
        field: typeof field === "string" ? field : "",
        reason: typeof reason === "string" ? reason : "",
        position: typeof position === "number" ? position : null,
      },
    ];
  });
}

const isSignIn = ({ url }: Response): boolean => /\/api\/v1\/session(\/code)?$/.test(url);

/** Reads the problem document of a response that is not a success. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const body: unknown = await response.json().catch(() => null);
  const document = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  // A 401 tells programs about API keys. Only the reply to a sign-in says what a user can do about it.
  const signedOut = response.status === 401 && !isSignIn(response);
  const text = signedOut ? "Your session ended. Sign in again." : (document.detail ?? document.title);
  const message = typeof text === "string" ? text : `The server returned ${response.status}.`;
  const retryAfter = Number(response.headers.get("Retry-After") ?? Number.NaN);
  return new ApiProblem(
    response.status,
    message,
    readViolations(document.errors),
    response.headers.get("X-Request-Id"),
    Number.isFinite(retryAfter) ? retryAfter : null,
  );
}

/** Turns whatever was thrown into a problem. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (error instanceof TypeError) return new ApiProblem(0, "Logloop does not respond. Check that it runs.");
  return new ApiProblem(500, error instanceof Error ? error.message : String(error));
}
