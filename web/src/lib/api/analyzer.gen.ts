// Generated from openapi/analyzer.json.
export interface paths {
    "/api/v1/analyzer/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List dead letters
         * @description Messages that could not be handled, oldest first, with the reason. They stay until retried or deleted.
         */
        get: operations["dead_letter_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/analyzer/dead-letters/{queue}/{letter_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a dead letter
         * @description Drop the message for good.
         */
        delete: operations["dead_letter_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/analyzer/dead-letters/{queue}/{letter_id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry a dead letter
         * @description Put the message back on its work queue.
         */
        post: operations["dead_letter_retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/analyzer/previews": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Preview an analysis
         * @description Show what an analysis would read, and the redacted prompt that it would send. Nothing is sent or stored.
         */
        post: operations["analysis_preview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/analyzer/providers/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Test the model provider
         * @description Ask the saved provider for one word. Requires admin rights and costs a few tokens. No log text is sent.
         */
        post: operations["provider_test"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Is the process alive?
         * @description Responds while the event loop runs; does not check dependencies.
         */
        get: operations["health_live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Can the service handle requests?
         * @description Checks each dependency. A 503 names the one that is unavailable.
         */
        get: operations["health_ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * DeadLetter
         * @description A message that could not be handled.
         */
        DeadLetter: {
            /** Attempts */
            attempts: number;
            /**
             * Body
             * @description The first 4 KiB, as text if it is UTF-8, else as base64.
             */
            body: string;
            /** Code Version */
            code_version?: string | null;
            /** Detail */
            detail: string;
            /** Exchange */
            exchange: string;
            /** Failed At */
            failed_at?: string | null;
            /**
             * Id
             * @description Message id; within one queue.
             */
            id: string;
            /** Queue */
            queue: string;
            /**
             * Reason
             * @example bad_event
             */
            reason: string;
            /** Routing Key */
            routing_key: string;
            /**
             * Size
             * @description Bytes of the body.
             */
            size: number;
        };
        /**
         * DeadLetters
         * @description Dead letters of one service, oldest first in each queue.
         */
        DeadLetters: {
            /** Items */
            items: components["schemas"]["DeadLetter"][];
            /**
             * Total
             * @description Number of dead letters in all queues.
             */
            total: number;
        };
        /**
         * Health
         * @description Readiness of a service.
         */
        Health: {
            /**
             * Checks
             * @description 'ok', or what is wrong.
             * @example {
             *       "mongodb": "ok"
             *     }
             */
            checks: {
                [key: string]: string;
            };
            /**
             * Status
             * @example ok
             */
            status: string;
        };
        /**
         * Preview
         * @description What an analysis would read and send.
         */
        Preview: {
            /**
             * Baseline Logs
             * @description Logs in the range of the same length before it.
             */
            baseline_logs: number;
            /**
             * Findings
             * @description Changes that are measured without a model.
             */
            findings: number;
            /**
             * Left Out
             * @description What the limits exclude.
             */
            left_out: string | null;
            /**
             * Logs
             * @description Logs in the time range.
             */
            logs: number;
            /** @description null: no model would be asked. */
            model: components["schemas"]["PreviewModel"] | null;
            /**
             * Reason
             * @description Why no model would be asked.
             */
            reason: string | null;
        };
        /**
         * PreviewMessage
         * @description One message of a prompt, as it would be sent.
         */
        PreviewMessage: {
            /**
             * Role
             * @example user
             */
            role: string;
            /** Text */
            text: string;
        };
        /**
         * PreviewModel
         * @description The model that would be asked, and what it would receive.
         */
        PreviewModel: {
            /**
             * Host
             * @description The host that receives the prompt.
             * @example api.openai.com
             */
            host: string;
            /**
             * Lines
             * @description Log lines in the prompt.
             */
            lines: number;
            /**
             * Masked
             * @description How many values are replaced by placeholders, by kind.
             * @example {
             *       "EMAIL": 2
             *     }
             */
            masked: {
                [key: string]: number;
            };
            /**
             * Model
             * @example gpt-5-mini
             */
            model: string;
            /** Prompt */
            prompt: components["schemas"]["PreviewMessage"][];
            /**
             * Provider
             * @example openai
             */
            provider: string;
            /**
             * Redaction
             * @example standard
             */
            redaction: string;
            /**
             * Tokens
             * @description About how many tokens the prompt has.
             */
            tokens: number;
        };
        /**
         * PreviewRequest
         * @description The logs and the question of an analysis that is not requested yet.
         */
        PreviewRequest: {
            /**
             * Project Id
             * @example shop
             */
            project_id: string;
            /**
             * Q
             * @description Search text; empty: every log.
             * @default
             */
            q?: string;
            /** Question */
            question?: string | null;
            /**
             * Since
             * Format: date-time
             * @example 2026-11-22T10:00:00Z
             */
            since: string;
            /**
             * Until
             * Format: date-time
             * @description Exclusive.
             * @example 2026-11-22T11:00:00Z
             */
            until: string;
        };
        /**
         * ProblemDocument
         * @description The body of every error.
         */
        ProblemDocument: {
            /**
             * Detail
             * @example there is no project 'shop'; list projects with GET /api/v1/projects
             */
            detail: string;
            /**
             * Errors
             * @description One object per invalid field: field and reason.
             */
            errors?: {
                [key: string]: unknown;
            }[] | null;
            /** Instance */
            instance?: string | null;
            /**
             * Status
             * @example 404
             */
            status: number;
            /**
             * Title
             * @example Not found
             */
            title: string;
            /**
             * Type
             * @default about:blank
             * @example about:blank
             */
            type?: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * ProviderTest
         * @description Which provider to test.
         */
        ProviderTest: {
            /**
             * Project Id
             * @description A project. Without it, the default provider of the instance.
             * @example shop
             */
            project_id?: string | null;
        };
        /**
         * ProviderTested
         * @description The provider's answer.
         */
        ProviderTested: {
            /**
             * Detail
             * @description The answer, or else what to do, with the provider's own words.
             * @example hello
             */
            detail: string;
            /**
             * Failure
             * @description Kind of failure, such as auth.
             * @example auth
             */
            failure?: string | null;
            /**
             * Input Tokens
             * @default 0
             */
            input_tokens?: number;
            /**
             * Model
             * @example gpt-5-mini
             */
            model: string;
            /** Ok */
            ok: boolean;
            /**
             * Output Tokens
             * @default 0
             */
            output_tokens?: number;
            /**
             * Provider
             * @example openai
             */
            provider: string;
            /**
             * Seconds
             * @default 0
             */
            seconds?: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    dead_letter_list: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetters"];
                };
            };
            /** @description The caller is not signed in, or the key is unknown, revoked or expired. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The caller lacks the right to do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The request is well-formed but has invalid values. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description A dependency is unavailable; retry after `retry_after` seconds. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    dead_letter_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                letter_id: string;
                queue: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The caller is not signed in, or the key is unknown, revoked or expired. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The caller lacks the right to do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The resource does not exist, or the caller may not see it. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The request is well-formed but has invalid values. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description A dependency is unavailable; retry after `retry_after` seconds. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    dead_letter_retry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                letter_id: string;
                queue: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The caller is not signed in, or the key is unknown, revoked or expired. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The caller lacks the right to do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The resource does not exist, or the caller may not see it. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The request is well-formed but has invalid values. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description A dependency is unavailable; retry after `retry_after` seconds. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    analysis_preview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PreviewRequest"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Preview"];
                };
            };
            /** @description The request is malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The caller is not signed in, or the key is unknown, revoked or expired. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The caller lacks the right to do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The resource does not exist, or the caller may not see it. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The resource already exists, or it was changed by someone else. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The request exceeds a size limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The request is well-formed but has invalid values. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description A rate or capacity limit is reached; retry after `retry_after` seconds. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description A dependency is unavailable; retry after `retry_after` seconds. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    provider_test: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProviderTest"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProviderTested"];
                };
            };
            /** @description The request is malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The caller is not signed in, or the key is unknown, revoked or expired. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The caller lacks the right to do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The resource does not exist, or the caller may not see it. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The resource already exists, or it was changed by someone else. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The request is well-formed but has invalid values. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description A dependency is unavailable; retry after `retry_after` seconds. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDocument"];
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    health_live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    health_ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description A dependency is unavailable, or the service is stopping. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
}
