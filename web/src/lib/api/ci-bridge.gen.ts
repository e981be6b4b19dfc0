// Generated from openapi/ci-bridge.json.
export interface paths {
    "/api/v1/ci/dead-letters": {
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
    "/api/v1/ci/dead-letters/{queue}/{letter_id}": {
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
    "/api/v1/ci/dead-letters/{queue}/{letter_id}/retry": {
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
    "/api/v1/ci/dispatches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List dispatches
         * @description List the dispatches of a project with their state, GitHub's message and their run.
         */
        get: operations["dispatch_list"];
        put?: never;
        /**
         * Start a workflow
         * @description Add a dispatch to the outbox. It is sent within seconds, or only recorded without GitHub credentials.
         */
        post: operations["dispatch_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ci/dispatches/{dispatch_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a dispatch
         * @description Return a dispatch.
         */
        get: operations["dispatch_read"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ci/pipelines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List pipelines
         * @description List the pipelines of a project.
         */
        get: operations["pipeline_list"];
        put?: never;
        /**
         * Create a pipeline
         * @description Define the workflow that dispatches of a service start. The output of its runs becomes logs of that service.
         */
        post: operations["pipeline_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ci/pipelines/{pipeline_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a pipeline
         * @description Return a pipeline.
         */
        get: operations["pipeline_read"];
        /**
         * Change a pipeline
         * @description Replace every field of a pipeline. Waiting dispatches keep the values that they were created with.
         */
        put: operations["pipeline_update"];
        post?: never;
        /**
         * Delete a pipeline
         * @description Delete a pipeline, unless a rule starts it.
         */
        delete: operations["pipeline_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ci/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List rules
         * @description List the rules of a project.
         */
        get: operations["rule_list"];
        put?: never;
        /**
         * Create a rule
         * @description Store a rule. A rule that does not compile, uses unknown names or triggers itself is rejected.
         */
        post: operations["rule_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ci/rules/{rule_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a rule
         * @description Return a rule.
         */
        get: operations["rule_read"];
        /**
         * Change a rule
         * @description Replace every field of a rule. Its window starts empty; its cooldown and budget continue.
         */
        put: operations["rule_update"];
        post?: never;
        /**
         * Delete a rule
         * @description Delete a rule with its state. Its dispatches stay listed.
         */
        delete: operations["rule_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ci/rules/{rule_id}/back-test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Back-test a rule
         * @description Return when the rule would have fired on stored logs and what its gates would have blocked.
         *
         *     Nothing is sent or changed.
         */
        post: operations["rule_back_test"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ci/rules/{rule_id}/evaluations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a rule's evaluations
         * @description Explain why a rule did or did not fire: the value of each clause, the window, and the closed gate.
         */
        get: operations["rule_evaluation_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ci/rules/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check a rule
         * @description Check the syntax, names, types and loops of a rule without saving it, and describe how it is evaluated.
         */
        post: operations["rule_check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ci/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List runs
         * @description List the workflow runs of a project's dispatches and pipelines.
         */
        get: operations["run_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ci/runs/{run_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a run
         * @description Return a run by GitHub's id: its state, conclusion and failures, and the dispatch and rule that started it.
         */
        get: operations["run_read"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ci/runs/{run_id}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a run's output
         * @description List the lines of a run in the order in which they were printed. Log search finds them too.
         */
        get: operations["run_log_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ci/templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List templates
         * @description List the templates of a project.
         */
        get: operations["template_list"];
        put?: never;
        /**
         * Create a template
         * @description Store a named payload with typed fields, within GitHub's limits (10 keys, 64 KB, 100 characters).
         */
        post: operations["template_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ci/templates/{template_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a template
         * @description Return a template with the JSON Schema of its payload.
         */
        get: operations["template_read"];
        /**
         * Change a template
         * @description Replace every field of a template.
         */
        put: operations["template_update"];
        post?: never;
        /**
         * Delete a template
         * @description Delete a template, unless a rule uses it.
         */
        delete: operations["template_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ci/templates/{template_id}/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Preview a template
         * @description Render the payload for given values; nothing is sent.
         */
        post: operations["template_preview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ci/webhooks/github": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Receive a GitHub webhook
         * @description Apply a `workflow_run` event, signed (HMAC-SHA256) with the webhook secret of the project's GitHub settings.
         *
         *     A repeated delivery id changes nothing. Other events are accepted and ignored.
         */
        post: operations["webhook_github_receive"];
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
         * Action
         * @description What a rule starts when it fires.
         */
        Action: {
            /**
             * Pipeline Id
             * @description Pipeline to start.
             */
            pipeline_id: string;
            /**
             * Template Id
             * @description Event template of the payload.
             */
            template_id?: string | null;
        };
        /**
         * BackTest
         * @description The result of a back-test.
         */
        BackTest: {
            /**
             * Blocked
             * @description Periods in which logs matched while a gate was closed, by gate.
             * @example {
             *       "budget_hour": 1,
             *       "cooldown": 3
             *     }
             */
            blocked: {
                [key: string]: number;
            };
            /**
             * Cut Off
             * @description There were more logs than a back-test reads in its time; use a shorter time range.
             * @default false
             */
            cut_off?: boolean;
            /**
             * Errors
             * @description Clauses that could not be evaluated for some log, with their first error; they count as false.
             */
            errors?: components["schemas"]["ClauseValue"][];
            /** First */
            first?: string | null;
            /** Last */
            last?: string | null;
            /** Logs Read */
            logs_read: number;
            /**
             * Matched
             * @description Logs that passed the filter and every per-log clause of the condition.
             */
            matched: number;
            /** Would Fire */
            would_fire: components["schemas"]["WouldFire"][];
        };
        /**
         * BackTestRequest
         * @description The stored logs to back-test a rule on.
         */
        BackTestRequest: {
            /** @description Back-test this version instead of the stored one. */
            rule?: components["schemas"]["RuleDraft"] | null;
            /**
             * Since
             * @description RFC 3339, or relative: 30m, 24h, 7d ago.
             * @default 24h
             * @example 24h
             */
            since?: string;
            /**
             * Until
             * @description RFC 3339, relative, or now.
             * @default now
             */
            until?: string;
        };
        /**
         * Budget
         * @description How often a rule may fire, over sliding hours and days.
         */
        Budget: {
            /**
             * Per Day
             * @default 20
             */
            per_day?: number;
            /**
             * Per Hour
             * @default 4
             */
            per_hour?: number;
        };
        /**
         * ClauseValue
         * @description The value of one clause of a condition.
         */
        ClauseValue: {
            /** Error */
            error?: string | null;
            /** Holds */
            holds: boolean;
            /** Text */
            text: string;
        };
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
         * Dispatch
         * @description A request to start a workflow, and its outcome.
         */
        Dispatch: {
            /**
             * Attempts
             * @default 0
             */
            attempts?: number;
            /**
             * Cause
             * @description Ids of the logs, analyses or runs that caused it.
             */
            cause?: string[];
            /**
             * Correlation Id
             * @description ULID in the payload, by which the run of the dispatch is found.
             */
            correlation_id: string;
            /** Correlation Input */
            correlation_input?: string | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Created By
             * @description Who requested a manual dispatch.
             */
            created_by?: string | null;
            /**
             * Dedupe Key
             * @description Unique within the project.
             */
            dedupe_key: string;
            /**
             * Detail
             * @description GitHub's message, or why the dispatch is waiting.
             */
            detail?: string | null;
            /**
             * Dry Run
             * @default false
             */
            dry_run?: boolean;
            /** Event Type */
            event_type: string;
            /** Finished At */
            finished_at?: string | null;
            /**
             * Guessed
             * @description The run was matched by time: its run-name does not show the correlation id.
             * @default false
             */
            guessed?: boolean;
            /**
             * Hop
             * @description Number of earlier dispatches in this chain.
             * @default 0
             */
            hop?: number;
            /** Id */
            id: string;
            /**
             * Lost
             * @description GitHub accepted it, but no run started: no workflow listens to the event.
             * @default false
             */
            lost?: boolean;
            /**
             * Mode
             * @enum {string}
             */
            mode: "repository_dispatch" | "workflow_dispatch";
            /** Next Attempt At */
            next_attempt_at?: string | null;
            /**
             * Payload
             * @description Fields, without Logloop's envelope.
             */
            payload?: {
                [key: string]: unknown;
            };
            /** Pipeline Id */
            pipeline_id: string;
            /**
             * Posted At
             * @description When it was last sent to GitHub.
             */
            posted_at?: string | null;
            /** Project Id */
            project_id: string;
            /** Ref */
            ref?: string | null;
            /** Repository */
            repository: string;
            /** Rule Id */
            rule_id?: string | null;
            /** Rule Name */
            rule_name?: string | null;
            /**
             * Rules
             * @description Rules of this chain, this one included.
             */
            rules?: string[];
            /** Run Id */
            run_id?: string | null;
            /** Run Url */
            run_url?: string | null;
            /** Service Id */
            service_id: string;
            /**
             * State
             * @default pending
             * @enum {string}
             */
            state?: "pending" | "sending" | "sent" | "failed" | "recorded";
            /**
             * Status
             * @description HTTP status of GitHub's latest response.
             */
            status?: number | null;
            /** Template Id */
            template_id?: string | null;
            /** Workflow */
            workflow?: string | null;
        };
        /**
         * DispatchPage
         * @description Dispatches, newest first.
         */
        DispatchPage: {
            /** Items */
            items: components["schemas"]["Dispatch"][];
            /**
             * Next Cursor
             * @description Send it as `cursor` to get the next page; null on the last.
             */
            next_cursor?: string | null;
        };
        /**
         * Evaluation
         * @description One evaluation of a rule and its outcome, which explains why the rule did or did not fire.
         */
        Evaluation: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Detail */
            detail?: string | null;
            /** Dispatch Id */
            dispatch_id?: string | null;
            /**
             * Gate
             * @description The gate that kept a matching rule from firing.
             */
            gate?: ("cooldown" | "budget_hour" | "budget_day" | "max_hops" | "own_run" | "duplicate" | "payload" | "no_pipeline" | "no_rule") | null;
            /**
             * Matched
             * @description Logs of the batch that passed the filter and the per-log clauses.
             * @default 0
             */
            matched?: number;
            /**
             * Outcome
             * @description fired, dry_run, blocked or no_match.
             * @example blocked
             */
            outcome: string;
            /** Parts */
            parts?: components["schemas"]["ClauseValue"][];
            /** Stats */
            stats?: {
                [key: string]: number;
            } | null;
            /**
             * Subject Id
             * @description Log, analysis or run id.
             */
            subject_id?: string | null;
        };
        /**
         * EvaluationPage
         * @description The latest 50 evaluations, newest first; of equal outcomes in a row within a second only the last is kept.
         */
        EvaluationPage: {
            /** Items */
            items: components["schemas"]["Evaluation"][];
            now: components["schemas"]["RuleStatus"];
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
        JsonValue: unknown;
        /**
         * LogFilter
         * @description What a log must match before the condition is evaluated. Empty lists match everything.
         */
        LogFilter: {
            /**
             * Contains
             * @description Text in the message, ignoring case.
             */
            contains?: string | null;
            /**
             * Pipelines
             * @description For rules on runs: ids of the pipelines whose runs are evaluated.
             */
            pipelines?: string[];
            /**
             * Services
             * @example [
             *       "checkout"
             *     ]
             */
            services?: string[];
            /**
             * Severities
             * @example [
             *       "error"
             *     ]
             */
            severities?: components["schemas"]["Severity"][];
            /** Sources */
            sources?: string[];
        };
        /**
         * NewDispatch
         * @description A workflow to start.
         * @example {
         *       "pipeline_id": "01JD0000000000000000000000",
         *       "project_id": "shop",
         *       "template_id": "01JD0000000000000000000002",
         *       "values": {
         *         "count": 12,
         *         "environment": "staging"
         *       }
         *     }
         */
        NewDispatch: {
            /** Pipeline Id */
            pipeline_id: string;
            /**
             * Project Id
             * @description The project.
             * @example shop
             */
            project_id: string;
            /** Template Id */
            template_id?: string | null;
            /**
             * Values
             * @description Values of the template's fields by name.
             * @example {
             *       "count": 12
             *     }
             */
            values?: {
                [key: string]: unknown;
            };
        };
        /**
         * NewPipeline
         * @description A pipeline to create.
         * @example {
         *       "mode": "workflow_dispatch",
         *       "name": "Checkout: collect diagnostics",
         *       "project_id": "shop",
         *       "ref": "main",
         *       "repository": "acme/shop",
         *       "service_id": "checkout",
         *       "workflow": "diagnose.yml"
         *     }
         */
        NewPipeline: {
            /**
             * Collect Logs
             * @description Runs whose output is collected as logs: those that Logloop started, or every run of `workflow` that a webhook reports.
             * @default dispatched
             * @enum {string}
             */
            collect_logs?: "dispatched" | "all";
            /**
             * Correlation Input
             * @description Workflow input for the correlation id of a workflow_dispatch; null when the workflow does not declare one.
             * @default logloop_correlation_id
             */
            correlation_input?: string | null;
            /**
             * Event Type
             * @description Event type of a repository_dispatch without a template.
             */
            event_type?: string | null;
            /**
             * Mode
             * @default repository_dispatch
             * @enum {string}
             */
            mode?: "repository_dispatch" | "workflow_dispatch";
            /**
             * Name
             * @example Checkout: collect diagnostics
             */
            name: string;
            /**
             * Project Id
             * @description The project.
             * @example shop
             */
            project_id: string;
            /**
             * Ref
             * @description Branch or tag of a workflow_dispatch; repository_dispatch always uses the default branch.
             * @default main
             */
            ref?: string;
            /**
             * Repository
             * @description owner/name on GitHub.
             * @example acme/shop
             */
            repository: string;
            /**
             * Service Id
             * @description Service it belongs to; the output of its runs becomes logs of this service.
             */
            service_id: string;
            /**
             * Workflow
             * @description Workflow file, such as diagnose.yml. Required for workflow_dispatch; for repository_dispatch it names the workflow that the event starts, so that its runs can be identified.
             * @example diagnose.yml
             */
            workflow?: string | null;
        };
        /**
         * NewRule
         * @description A rule to create or check.
         * @example {
         *       "action": {
         *         "pipeline_id": "01JD0000000000000000000000"
         *       },
         *       "condition": "log.severity == \"error\" && log.message.contains(\"timeout\") && stats.count > 5",
         *       "cooldown": "15m",
         *       "filter": {
         *         "services": [
         *           "checkout"
         *         ]
         *       },
         *       "name": "Timeout burst in checkout",
         *       "project_id": "shop",
         *       "window": "5m"
         *     }
         * @example {
         *       "action": {
         *         "pipeline_id": "01JD0000000000000000000001"
         *       },
         *       "condition": "run.conclusion == \"failure\" && run.failed_tests.exists(test, test.contains(\"checkout\"))",
         *       "filter": {
         *         "pipelines": [
         *           "01JD0000000000000000000000"
         *         ]
         *       },
         *       "max_hops": 1,
         *       "name": "Repair after a failed diagnosis",
         *       "on": "run",
         *       "project_id": "shop"
         *     }
         */
        NewRule: {
            action: components["schemas"]["Action"];
            /**
             * Allow Own Runs
             * @description Allow it to fire on the logs or results of runs that it started itself, up to max_hops.
             * @default false
             */
            allow_own_runs?: boolean;
            budget?: components["schemas"]["Budget"];
            /**
             * Condition
             * @description A CEL expression. `stats` covers the logs in the window that pass the filter and every clause of the condition, separated by &&, that does not mention `stats`; stats.rate is in logs per minute.
             * @default true
             */
            condition?: string;
            /**
             * Cooldown
             * @description How long the rule stays quiet after it fires; at least 10s.
             * @default 15m
             * @example 5m
             */
            cooldown?: string;
            /**
             * Description
             * @default
             */
            description?: string;
            /**
             * Dry Run
             * @description Record dispatches without sending them.
             * @default false
             */
            dry_run?: boolean;
            /**
             * Enabled
             * @default true
             */
            enabled?: boolean;
            filter?: components["schemas"]["LogFilter"];
            /**
             * Max Hops
             * @description How many earlier dispatches a chain may have before this rule's; 0: none.
             * @default 1
             */
            max_hops?: number;
            /** Name */
            name: string;
            /**
             * On
             * @description What is evaluated: each log, each completed analysis or each completed run.
             * @default logs
             * @enum {string}
             */
            on?: "logs" | "analysis" | "run";
            /**
             * Project Id
             * @description The project.
             * @example shop
             */
            project_id: string;
            /**
             * Window
             * @description Such as 30s, 5m, 2h or 7d.
             * @default 5m
             * @example 5m
             */
            window?: string;
        };
        /**
         * NewTemplate
         * @description A template to create.
         * @example {
         *       "event_type": "logloop.checkout.timeout-burst",
         *       "fields": [
         *         {
         *           "name": "service",
         *           "required": true,
         *           "source": "log.service_id"
         *         },
         *         {
         *           "name": "count",
         *           "source": "stats.count",
         *           "type": "integer"
         *         },
         *         {
         *           "name": "trace_id",
         *           "source": "log.attributes.trace_id"
         *         },
         *         {
         *           "default": "staging",
         *           "enum": [
         *             "staging",
         *             "production"
         *           ],
         *           "name": "environment"
         *         }
         *       ],
         *       "name": "Timeout burst",
         *       "project_id": "shop"
         *     }
         */
        NewTemplate: {
            /**
             * Description
             * @default
             */
            description?: string;
            /**
             * Event Type
             * @description Event type that the workflow lists under `on: repository_dispatch: types:`.
             * @example logloop.checkout.timeout-burst
             */
            event_type: string;
            /** Fields */
            fields?: components["schemas"]["TemplateField"][];
            /**
             * Name
             * @example Timeout burst
             */
            name: string;
            /**
             * Project Id
             * @description The project.
             * @example shop
             */
            project_id: string;
        };
        /**
         * Pipeline
         * @description A stored pipeline.
         */
        Pipeline: {
            /**
             * Collect Logs
             * @description Runs whose output is collected as logs: those that Logloop started, or every run of `workflow` that a webhook reports.
             * @default dispatched
             * @enum {string}
             */
            collect_logs?: "dispatched" | "all";
            /**
             * Correlation Input
             * @description Workflow input for the correlation id of a workflow_dispatch; null when the workflow does not declare one.
             * @default logloop_correlation_id
             */
            correlation_input?: string | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Event Type
             * @description Event type of a repository_dispatch without a template.
             */
            event_type?: string | null;
            /** Id */
            id: string;
            /**
             * Mode
             * @default repository_dispatch
             * @enum {string}
             */
            mode?: "repository_dispatch" | "workflow_dispatch";
            /**
             * Name
             * @example Checkout: collect diagnostics
             */
            name: string;
            /** Project Id */
            project_id: string;
            /**
             * Ref
             * @description Branch or tag of a workflow_dispatch; repository_dispatch always uses the default branch.
             * @default main
             */
            ref?: string;
            /**
             * Repository
             * @description owner/name on GitHub.
             * @example acme/shop
             */
            repository: string;
            /**
             * Revision
             * @default 1
             */
            revision?: number;
            /**
             * Service Id
             * @description Service it belongs to; the output of its runs becomes logs of this service.
             */
            service_id: string;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /**
             * Workflow
             * @description Workflow file, such as diagnose.yml. Required for workflow_dispatch; for repository_dispatch it names the workflow that the event starts, so that its runs can be identified.
             * @example diagnose.yml
             */
            workflow?: string | null;
        };
        /**
         * PipelineDraft
         * @description The fields of a pipeline that users write.
         */
        PipelineDraft: {
            /**
             * Collect Logs
             * @description Runs whose output is collected as logs: those that Logloop started, or every run of `workflow` that a webhook reports.
             * @default dispatched
             * @enum {string}
             */
            collect_logs?: "dispatched" | "all";
            /**
             * Correlation Input
             * @description Workflow input for the correlation id of a workflow_dispatch; null when the workflow does not declare one.
             * @default logloop_correlation_id
             */
            correlation_input?: string | null;
            /**
             * Event Type
             * @description Event type of a repository_dispatch without a template.
             */
            event_type?: string | null;
            /**
             * Mode
             * @default repository_dispatch
             * @enum {string}
             */
            mode?: "repository_dispatch" | "workflow_dispatch";
            /**
             * Name
             * @example Checkout: collect diagnostics
             */
            name: string;
            /**
             * Ref
             * @description Branch or tag of a workflow_dispatch; repository_dispatch always uses the default branch.
             * @default main
             */
            ref?: string;
            /**
             * Repository
             * @description owner/name on GitHub.
             * @example acme/shop
             */
            repository: string;
            /**
             * Service Id
             * @description Service it belongs to; the output of its runs becomes logs of this service.
             */
            service_id: string;
            /**
             * Workflow
             * @description Workflow file, such as diagnose.yml. Required for workflow_dispatch; for repository_dispatch it names the workflow that the event starts, so that its runs can be identified.
             * @example diagnose.yml
             */
            workflow?: string | null;
        };
        /**
         * PipelinePage
         * @description Pipelines in the order of their creation.
         */
        PipelinePage: {
            /** Items */
            items: components["schemas"]["Pipeline"][];
            /**
             * Next Cursor
             * @description Send it as `cursor` to get the next page; null on the last.
             */
            next_cursor?: string | null;
        };
        /**
         * Preview
         * @description Values to render a template with.
         */
        Preview: {
            /**
             * Values
             * @description Values of sources by dotted name, or of fields by name.
             * @example {
             *       "log.service_id": "checkout",
             *       "stats.count": 12
             *     }
             */
            values?: {
                [key: string]: unknown;
            };
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
         * Received
         * @description The outcome of a delivery.
         */
        Received: {
            /**
             * Outcome
             * @description accepted, ignored or repeated.
             * @example accepted
             */
            outcome: string;
        };
        /**
         * Rendered
         * @description The event type and payload of a dispatch, without Logloop's envelope.
         */
        Rendered: {
            /** Event Type */
            event_type: string;
            /** Payload */
            payload: {
                [key: string]: unknown;
            };
        };
        /**
         * Rule
         * @description A stored rule.
         * @example {
         *       "action": {
         *         "pipeline_id": "01JD0000000000000000000000"
         *       },
         *       "budget": {
         *         "per_day": 20,
         *         "per_hour": 4
         *       },
         *       "condition": "log.severity == \"error\" && log.message.contains(\"timeout\") && stats.count > 5",
         *       "cooldown": "15m",
         *       "filter": {
         *         "services": [
         *           "checkout"
         *         ]
         *       },
         *       "max_hops": 1,
         *       "name": "Timeout burst in checkout",
         *       "on": "logs",
         *       "window": "5m"
         *     }
         */
        Rule: {
            action: components["schemas"]["Action"];
            /**
             * Allow Own Runs
             * @description Allow it to fire on the logs or results of runs that it started itself, up to max_hops.
             * @default false
             */
            allow_own_runs?: boolean;
            budget?: components["schemas"]["Budget"];
            /**
             * Condition
             * @description A CEL expression. `stats` covers the logs in the window that pass the filter and every clause of the condition, separated by &&, that does not mention `stats`; stats.rate is in logs per minute.
             * @default true
             */
            condition?: string;
            /**
             * Cooldown
             * @description How long the rule stays quiet after it fires; at least 10s.
             * @default 15m
             * @example 5m
             */
            cooldown?: string;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Description
             * @default
             */
            description?: string;
            /**
             * Dry Run
             * @description Record dispatches without sending them.
             * @default false
             */
            dry_run?: boolean;
            /**
             * Enabled
             * @default true
             */
            enabled?: boolean;
            filter?: components["schemas"]["LogFilter"];
            /** Id */
            id: string;
            /**
             * Max Hops
             * @description How many earlier dispatches a chain may have before this rule's; 0: none.
             * @default 1
             */
            max_hops?: number;
            /** Name */
            name: string;
            /**
             * On
             * @description What is evaluated: each log, each completed analysis or each completed run.
             * @default logs
             * @enum {string}
             */
            on?: "logs" | "analysis" | "run";
            /** Project Id */
            project_id: string;
            /**
             * Revision
             * @default 1
             */
            revision?: number;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /**
             * Window
             * @description Such as 30s, 5m, 2h or 7d.
             * @default 5m
             * @example 5m
             */
            window?: string;
        };
        /**
         * RuleCheck
         * @description The result of checking a rule, and how it is evaluated.
         */
        RuleCheck: {
            /** Errors */
            errors?: string[];
            /**
             * Per Log
             * @description Clauses that depend on one log, analysis or run.
             */
            per_log?: string[];
            /**
             * Per Window
             * @description Clauses that depend on the statistics of the window.
             */
            per_window?: string[];
            /**
             * Prefilter
             * @description What is tested on whole batches, before any expression is evaluated.
             */
            prefilter?: string[];
            /** Valid */
            valid: boolean;
            /** Warnings */
            warnings?: string[];
        };
        /**
         * RuleDraft
         * @description The fields of a rule that users write.
         * @example {
         *       "action": {
         *         "pipeline_id": "01JD0000000000000000000000"
         *       },
         *       "budget": {
         *         "per_day": 20,
         *         "per_hour": 4
         *       },
         *       "condition": "log.severity == \"error\" && log.message.contains(\"timeout\") && stats.count > 5",
         *       "cooldown": "15m",
         *       "filter": {
         *         "services": [
         *           "checkout"
         *         ]
         *       },
         *       "max_hops": 1,
         *       "name": "Timeout burst in checkout",
         *       "on": "logs",
         *       "window": "5m"
         *     }
         */
        RuleDraft: {
            action: components["schemas"]["Action"];
            /**
             * Allow Own Runs
             * @description Allow it to fire on the logs or results of runs that it started itself, up to max_hops.
             * @default false
             */
            allow_own_runs?: boolean;
            budget?: components["schemas"]["Budget"];
            /**
             * Condition
             * @description A CEL expression. `stats` covers the logs in the window that pass the filter and every clause of the condition, separated by &&, that does not mention `stats`; stats.rate is in logs per minute.
             * @default true
             */
            condition?: string;
            /**
             * Cooldown
             * @description How long the rule stays quiet after it fires; at least 10s.
             * @default 15m
             * @example 5m
             */
            cooldown?: string;
            /**
             * Description
             * @default
             */
            description?: string;
            /**
             * Dry Run
             * @description Record dispatches without sending them.
             * @default false
             */
            dry_run?: boolean;
            /**
             * Enabled
             * @default true
             */
            enabled?: boolean;
            filter?: components["schemas"]["LogFilter"];
            /**
             * Max Hops
             * @description How many earlier dispatches a chain may have before this rule's; 0: none.
             * @default 1
             */
            max_hops?: number;
            /** Name */
            name: string;
            /**
             * On
             * @description What is evaluated: each log, each completed analysis or each completed run.
             * @default logs
             * @enum {string}
             */
            on?: "logs" | "analysis" | "run";
            /**
             * Window
             * @description Such as 30s, 5m, 2h or 7d.
             * @default 5m
             * @example 5m
             */
            window?: string;
        };
        /**
         * RulePage
         * @description Rules in the order of their creation.
         */
        RulePage: {
            /** Items */
            items: components["schemas"]["Rule"][];
            /**
             * Next Cursor
             * @description Send it as `cursor` to get the next page; null on the last.
             */
            next_cursor?: string | null;
        };
        /**
         * RuleStatus
         * @description The current state of a rule. Counters are those of the responding process since it started.
         */
        RuleStatus: {
            /** Enabled */
            enabled: boolean;
            /** Fired Last Day */
            fired_last_day: number;
            /**
             * Gate
             * @description The gate that would keep it from firing now.
             */
            gate?: ("cooldown" | "budget_hour" | "budget_day" | "max_hops" | "own_run" | "duplicate" | "payload" | "no_pipeline" | "no_rule") | null;
            /** Last Look At */
            last_look_at?: string | null;
            /**
             * Looks
             * @description Batches, analyses or runs that it was evaluated on.
             * @default 0
             */
            looks?: number;
            /**
             * Matched
             * @description Logs that passed its filter and per-log clauses; if 0, check those first.
             * @default 0
             */
            matched?: number;
            /**
             * Quiet Until
             * @description When that gate opens.
             */
            quiet_until?: string | null;
            /**
             * Stats
             * @description Statistics of the window at its newest log.
             */
            stats?: {
                [key: string]: number;
            };
        };
        /**
         * Run
         * @description A run that belongs to a project.
         */
        Run: {
            /**
             * Attempt
             * @default 1
             */
            attempt?: number;
            /** Branch */
            branch?: string | null;
            /** Conclusion */
            conclusion?: ("success" | "failure" | "cancelled" | "skipped" | "timed_out" | "action_required" | "neutral" | "stale" | "startup_failure") | null;
            /** Correlation Id */
            correlation_id?: string | null;
            /** Created At */
            created_at?: string | null;
            /** Dispatch Id */
            dispatch_id?: string | null;
            /** Event */
            event?: string | null;
            /** Failed Jobs */
            failed_jobs?: string[];
            /** Failed Tests */
            failed_tests?: string[];
            /**
             * Guessed
             * @default false
             */
            guessed?: boolean;
            /**
             * Hop
             * @description Hop of the dispatch that started it; null when Logloop did not.
             */
            hop?: number | null;
            /**
             * Log Count
             * @default 0
             */
            log_count?: number;
            /**
             * Logs
             * @description Whether its output was collected as logs.
             * @default none
             * @enum {string}
             */
            logs?: "none" | "waiting" | "collected" | "unavailable";
            /** Logs Detail */
            logs_detail?: string | null;
            /** Name */
            name?: string | null;
            /** Pipeline Id */
            pipeline_id?: string | null;
            /** Project Id */
            project_id: string;
            /** Repository */
            repository: string;
            /** Rule Id */
            rule_id?: string | null;
            /** Rules */
            rules?: string[];
            /** Run Id */
            run_id: string;
            /** Service Id */
            service_id: string;
            /** Started At */
            started_at?: string | null;
            /**
             * Status
             * @enum {string}
             */
            status: "queued" | "in_progress" | "completed";
            /** Title */
            title?: string | null;
            /** Updated At */
            updated_at?: string | null;
            /** Url */
            url?: string | null;
            /** Workflow */
            workflow?: string | null;
        };
        /**
         * RunLogs
         * @description Lines of a run's output as stored logs.
         */
        RunLogs: {
            /** Items */
            items: {
                [key: string]: unknown;
            }[];
            /**
             * Next Cursor
             * @description Send it as `cursor` to get the next page; null on the last.
             */
            next_cursor?: string | null;
        };
        /**
         * RunPage
         * @description Runs, the last seen first.
         */
        RunPage: {
            /** Items */
            items: components["schemas"]["Run"][];
            /**
             * Next Cursor
             * @description Send it as `cursor` to get the next page; null on the last.
             */
            next_cursor?: string | null;
        };
        /**
         * Severity
         * @description The severity of a log entry, in ascending order.
         * @enum {string}
         */
        Severity: "debug" | "info" | "warn" | "error";
        /**
         * TemplateDraft
         * @description The fields of a template that users write.
         */
        TemplateDraft: {
            /**
             * Description
             * @default
             */
            description?: string;
            /**
             * Event Type
             * @description Event type that the workflow lists under `on: repository_dispatch: types:`.
             * @example logloop.checkout.timeout-burst
             */
            event_type: string;
            /** Fields */
            fields?: components["schemas"]["TemplateField"][];
            /**
             * Name
             * @example Timeout burst
             */
            name: string;
        };
        /**
         * TemplateField
         * @description One value of the payload.
         */
        TemplateField: {
            /** @description Value when the source is empty. */
            default?: components["schemas"]["JsonValue"];
            /**
             * Enum
             * @description Allowed values of a string.
             */
            enum?: string[] | null;
            /**
             * Max Length
             * @description Maximum length of a string; longer text is truncated.
             * @default 256
             */
            max_length?: number;
            /**
             * Name
             * @description Key in client_payload, or name of the workflow input.
             */
            name: string;
            /**
             * Required
             * @description Reject the dispatch when there is no value.
             * @default false
             */
            required?: boolean;
            /**
             * Source
             * @description Source of the value: a known name, or log.attributes.<key>. Without a source it is `default`, or the value of a manual dispatch.
             * @example log.service_id
             * @example log.attributes.trace_id
             */
            source?: string | null;
            /**
             * Type
             * @default string
             * @enum {string}
             */
            type?: "string" | "integer" | "number" | "boolean" | "timestamp";
        };
        /**
         * TemplatePage
         * @description Templates in the order of their creation.
         */
        TemplatePage: {
            /** Items */
            items: components["schemas"]["TemplateView"][];
            /**
             * Next Cursor
             * @description Send it as `cursor` to get the next page; null on the last.
             */
            next_cursor?: string | null;
        };
        /**
         * TemplateView
         * @description A template with the JSON Schema of its payload.
         */
        TemplateView: {
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Description
             * @default
             */
            description?: string;
            /**
             * Event Type
             * @description Event type that the workflow lists under `on: repository_dispatch: types:`.
             * @example logloop.checkout.timeout-burst
             */
            event_type: string;
            /** Fields */
            fields?: components["schemas"]["TemplateField"][];
            /** Id */
            id: string;
            /**
             * Name
             * @example Timeout burst
             */
            name: string;
            /**
             * Payload Json Schema
             * @description JSON Schema of the payload without Logloop's envelope.
             */
            payload_json_schema: {
                [key: string]: unknown;
            };
            /** Project Id */
            project_id: string;
            /**
             * Revision
             * @default 1
             */
            revision?: number;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
        };
        /**
         * WouldFire
         * @description A time at which the rule would have fired.
         */
        WouldFire: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Log Id */
            log_id: string;
            /**
             * Message
             * @description The log that triggered it, shortened.
             */
            message: string;
            /** Service Id */
            service_id: string;
            /** Stats */
            stats: {
                [key: string]: number;
            };
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
    dispatch_list: {
        parameters: {
            query: {
                /** @description `next_cursor` of the previous page; omit it for the first page. */
                cursor?: string | null;
                /** @description Maximum number of items on a page. */
                limit?: number;
                /** @description Only dispatches of this pipeline. */
                pipeline_id?: string | null;
                /** @description The project. */
                project_id: string;
                /** @description Only dispatches of this rule. */
                rule_id?: string | null;
                /** @description Only dispatches in this state. */
                state?: ("pending" | "sending" | "sent" | "failed" | "recorded") | null;
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
                    "application/json": components["schemas"]["DispatchPage"];
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
    dispatch_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description A repeated request with the same key starts no second run. */
                "idempotency-key"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewDispatch"];
            };
        };
        responses: {
            /** @description The dispatch that was created with this Idempotency-Key. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dispatch"];
                };
            };
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dispatch"];
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
    dispatch_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dispatch_id: string;
            };
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
                    "application/json": components["schemas"]["Dispatch"];
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
    pipeline_list: {
        parameters: {
            query: {
                /** @description `next_cursor` of the previous page; omit it for the first page. */
                cursor?: string | null;
                /** @description Maximum number of items on a page. */
                limit?: number;
                /** @description The project. */
                project_id: string;
                /** @description Only pipelines of this service. */
                service_id?: string | null;
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
                    "application/json": components["schemas"]["PipelinePage"];
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
    pipeline_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPipeline"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pipeline"];
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
    pipeline_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pipeline_id: string;
            };
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
                    "application/json": components["schemas"]["Pipeline"];
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
    pipeline_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pipeline_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PipelineDraft"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pipeline"];
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
    pipeline_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pipeline_id: string;
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
    rule_list: {
        parameters: {
            query: {
                /** @description `next_cursor` of the previous page; omit it for the first page. */
                cursor?: string | null;
                /** @description Maximum number of items on a page. */
                limit?: number;
                /** @description The project. */
                project_id: string;
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
                    "application/json": components["schemas"]["RulePage"];
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
    rule_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewRule"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rule"];
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
    rule_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rule_id: string;
            };
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
                    "application/json": components["schemas"]["Rule"];
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
    rule_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rule_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RuleDraft"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rule"];
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
    rule_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rule_id: string;
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
    rule_back_test: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rule_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BackTestRequest"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BackTest"];
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
            /** @description Another service returned an error. */
            502: {
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
    rule_evaluation_list: {
        parameters: {
            query?: {
                /** @description Maximum number of items on a page. */
                limit?: number;
            };
            header?: never;
            path: {
                rule_id: string;
            };
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
                    "application/json": components["schemas"]["EvaluationPage"];
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
    rule_check: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewRule"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RuleCheck"];
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
    run_list: {
        parameters: {
            query: {
                /** @description Only runs with this conclusion. */
                conclusion?: ("success" | "failure" | "cancelled" | "skipped" | "timed_out" | "action_required" | "neutral" | "stale" | "startup_failure") | null;
                /** @description `next_cursor` of the previous page; omit it for the first page. */
                cursor?: string | null;
                /** @description Only the run of this dispatch. */
                dispatch_id?: string | null;
                /** @description Maximum number of items on a page. */
                limit?: number;
                /** @description Only runs of this pipeline. */
                pipeline_id?: string | null;
                /** @description The project. */
                project_id: string;
                /** @description Only runs in this state. */
                status?: ("queued" | "in_progress" | "completed") | null;
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
                    "application/json": components["schemas"]["RunPage"];
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
    run_read: {
        parameters: {
            query?: {
                /** @description Required when several projects track the run. */
                project_id?: string | null;
            };
            header?: never;
            path: {
                run_id: string;
            };
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
                    "application/json": components["schemas"]["Run"];
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
    run_log_list: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the previous page; omit it for the first page. */
                cursor?: string | null;
                /** @description Only this job. */
                job?: string | null;
                /** @description Maximum number of items on a page. */
                limit?: number;
                /** @description Required when several projects track the run. */
                project_id?: string | null;
                /** @description Only this severity. */
                severity?: string | null;
            };
            header?: never;
            path: {
                run_id: string;
            };
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
                    "application/json": components["schemas"]["RunLogs"];
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
            /** @description Another service returned an error. */
            502: {
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
    template_list: {
        parameters: {
            query: {
                /** @description `next_cursor` of the previous page; omit it for the first page. */
                cursor?: string | null;
                /** @description Maximum number of items on a page. */
                limit?: number;
                /** @description The project. */
                project_id: string;
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
                    "application/json": components["schemas"]["TemplatePage"];
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
    template_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTemplate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplateView"];
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
    template_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                template_id: string;
            };
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
                    "application/json": components["schemas"]["TemplateView"];
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
    template_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                template_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TemplateDraft"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplateView"];
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
    template_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                template_id: string;
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
    template_preview: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                template_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Preview"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rendered"];
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
    webhook_github_receive: {
        parameters: {
            query?: never;
            header?: {
                "x-github-delivery"?: string;
                "x-github-event"?: string;
                "x-hub-signature-256"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Received"];
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
