// Generated from openapi/query.json.
export interface paths {
    "/api/v1/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List API keys
         * @description List keys ordered by id, including revoked and expired keys, without secrets.
         */
        get: operations["api_key_list"];
        put?: never;
        /**
         * Create an API key
         * @description Create a key for programs. Only this response contains the whole key; only a hash of the secret is stored.
         */
        post: operations["api_key_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/api-keys/{key_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an API key
         * @description Read one key without its secret.
         */
        get: operations["api_key_read"];
        put?: never;
        post?: never;
        /**
         * Revoke an API key
         * @description Revoke a key permanently. Every service rejects it within five seconds. Idempotent.
         */
        delete: operations["api_key_revoke"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the audit trail
         * @description List changes and sign-ins, newest first. Without project_id this needs an administrator of the instance.
         */
        get: operations["audit_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/verification": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Verify the audit trail
         * @description Check the chain of hashes from the first entry on. Needs an administrator.
         */
        get: operations["audit_verify"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search logs
         * @description Find logs by text, fields, attributes and time, newest first.
         *
         *     Logs are found within a second of being accepted. Pages are stable: a log that arrives later never repeats
         *     or hides another one while you page.
         */
        get: operations["log_search"];
        put?: never;
        post?: never;
        /**
         * Delete logs by search
         * @description Delete every log that a search selects, permanently; for example a secret that was logged by mistake.
         *
         *     At least one of `q`, `since` and `until` is required. `q=*` selects all logs of the project.
         */
        delete: operations["log_delete_by_search"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a log
         * @description Read one log by its id.
         */
        get: operations["log_read"];
        put?: never;
        post?: never;
        /**
         * Delete a log
         * @description Delete one log permanently.
         */
        delete: operations["log_delete"];
        options?: never;
        head?: never;
        /**
         * Change a log
         * @description Change fields of a log. The id and the project cannot change.
         */
        patch: operations["log_update"];
        trace?: never;
    };
    "/api/v1/logs/{id}/context": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the logs around a log
         * @description Read a log and the logs around it in time, by default of the same service.
         */
        get: operations["log_context"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logs/analyses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List analyses
         * @description List the analyses of a project, newest first, without reports and threads.
         */
        get: operations["analysis_list"];
        put?: never;
        /**
         * Explain logs
         * @description Request an analysis. Follow it with `/events`, or read it until its status is final.
         *
         *     The request is saved first, so it reaches the analyzer even if the broker is unavailable right now.
         */
        post: operations["analysis_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logs/analyses/{analysis_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an analysis
         * @description Read one analysis with its report and thread.
         */
        get: operations["analysis_read"];
        put?: never;
        post?: never;
        /**
         * Cancel or delete an analysis
         * @description Cancel a queued or running analysis, which stays as `cancelled`. Delete a finished one.
         */
        delete: operations["analysis_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logs/analyses/{analysis_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow an analysis
         * @description Stream all past events, then new ones until the running turn ends. Reconnecting resumes the stream.
         *
         *     `bye` carries the reason for the end: `finished`, `stopping` (reconnect) or `signed_out`.
         */
        get: operations["analysis_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logs/analyses/{analysis_id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask a follow-up question
         * @description Ask a question about a finished analysis. The reply is added as a message with the role `assistant`.
         */
        post: operations["analysis_message_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logs/attributes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List attributes
         * @description List the names of attributes in the logs that a search selects, and how many logs have each.
         *
         *     Nested names are joined with dots. Of many logs, a sample is read.
         */
        get: operations["log_attribute_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logs/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export logs
         * @description Export every log that a search selects, oldest first, without a limit on their number.
         *
         *     The response is a stream. If the export fails, the connection is closed without a proper end.
         */
        get: operations["log_export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logs/facets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count logs by field
         * @description List the most frequent values of fields in the logs that a search selects.
         *
         *     The counts are exact: those of a field add up to the total. A log counts for one value of an attribute: the first
         *     one of a list, and null for an object. Values are texts of at most 1,000 characters.
         */
        get: operations["log_facets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logs/histogram": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count logs over time
         * @description Count logs in equal intervals, split by severity or service.
         *
         *     Without text to search for, the counts stored with the logs are used and no log is read. Intervals of whole
         *     minutes are fastest.
         */
        get: operations["log_histogram"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logs/patterns": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Group logs by message pattern
         * @description List the most frequent message patterns and which of them are new, for example since a deployment.
         *
         *     Without `new_since`, a pattern is new when it was first seen in the selected time range.
         */
        get: operations["log_patterns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logs/tail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow logs live
         * @description Follow the logs that a search selects, as they are accepted from now on.
         *
         *     A slow tail never delays logs. A client that cannot keep up, or would get more than 2,000 logs per second, gets
         *     the newest ones and the number of dropped logs. All logs are stored and can be searched.
         */
        get: operations["log_tail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List metrics
         * @description List the metrics of a project, ordered by id.
         */
        get: operations["metric_list"];
        put?: never;
        /**
         * Create a metric
         * @description Create a metric, then send points to it. The name is unique within the service.
         */
        post: operations["metric_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/metrics/{metric_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a metric
         * @description Read one metric.
         */
        get: operations["metric_read"];
        put?: never;
        post?: never;
        /**
         * Delete a metric
         * @description Delete a metric and its points.
         */
        delete: operations["metric_delete"];
        options?: never;
        head?: never;
        /**
         * Change a metric
         * @description Change name, unit or description. Kind and service cannot change, because they define what the points mean.
         */
        patch: operations["metric_update"];
        trace?: never;
    };
    "/api/v1/metrics/{metric_id}/points": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send points
         * @description Store one point or up to 10,000. Needs the scope `ingest`. Points are kept for 400 days.
         *
         *     A second point at the same microsecond replaces the first, so repeating a request changes nothing.
         */
        post: operations["metric_points_add"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/metrics/{metric_id}/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a series
         * @description Aggregate the points in [since, until) by step. Steps start at multiples of their length since 1970 in UTC.
         */
        get: operations["metric_series"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List projects
         * @description List the projects that the caller may see, ordered by id.
         */
        get: operations["project_list"];
        put?: never;
        /**
         * Create a project
         * @description Create a project. Needs an administrator. Its data is visible only to its members and keys.
         */
        post: operations["project_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a project
         * @description Read one project.
         */
        get: operations["project_read"];
        put?: never;
        post?: never;
        /**
         * Delete a project and everything in it
         * @description Delete keys and memberships at once, then logs, services, tests, metrics, settings and analyses.
         *
         *     Needs an administrator. The project has the state `deleting` until nothing is left, then it is 404. The deletion
         *     continues after a restart.
         */
        delete: operations["project_delete"];
        options?: never;
        head?: never;
        /**
         * Change a project
         * @description Change name, description or retention. A new retention also applies to stored logs.
         */
        patch: operations["project_update"];
        trace?: never;
    };
    "/api/v1/projects/{project_id}/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sum up a project
         * @description Count the records and logs of a project. The counts come from indexes, so that no log is read for most.
         */
        get: operations["project_overview_read"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/query/dead-letters": {
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
    "/api/v1/query/dead-letters/{queue}/{letter_id}": {
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
    "/api/v1/query/dead-letters/{queue}/{letter_id}/retry": {
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
    "/api/v1/saved-views": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List saved views
         * @description List the shared views of a project and the caller's own, ordered by id.
         */
        get: operations["saved_view_list"];
        put?: never;
        /**
         * Save a view
         * @description Save a search with its time range and presentation. The caller becomes its owner.
         *
         *     A project may have 200 shared views, and each owner 100 personal ones.
         */
        post: operations["saved_view_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/saved-views/{view_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a saved view
         * @description Read one view. A personal view of somebody else is not found.
         */
        get: operations["saved_view_read"];
        put?: never;
        post?: never;
        /**
         * Delete a saved view
         * @description Delete a view. Only its owner and administrators of the project may delete a shared one.
         */
        delete: operations["saved_view_delete"];
        options?: never;
        head?: never;
        /**
         * Change a saved view
         * @description Change a view. Only its owner and administrators of the project may change a shared one.
         */
        patch: operations["saved_view_update"];
        trace?: never;
    };
    "/api/v1/services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List services
         * @description List the services of a project, ordered by id.
         */
        get: operations["service_list"];
        put?: never;
        /**
         * Create a service
         * @description Create a service. This is optional: the first log of a service registers it.
         */
        post: operations["service_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/services/{service_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a service
         * @description Read one service.
         */
        get: operations["service_read"];
        put?: never;
        post?: never;
        /**
         * Delete a service
         * @description Delete a service. Its logs stay, and its next log registers it again.
         */
        delete: operations["service_delete"];
        options?: never;
        head?: never;
        /**
         * Change a service
         * @description Change name, description, repository or labels.
         */
        patch: operations["service_update"];
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the current caller
         * @description Read the caller, signed in by session or key, and the projects that the caller may see.
         */
        get: operations["session_read"];
        put?: never;
        /**
         * Sign in
         * @description Start a session and set its cookie. A session ends after 12 hours without use, and after 7 days at the latest.
         *
         *     A wrong address and a wrong password get the same response. After ten failures within ten minutes, further
         *     attempts get 429 with `Retry-After`.
         */
        post: operations["session_begin"];
        /**
         * Sign out
         * @description End the session and delete its cookie.
         */
        delete: operations["session_end"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change your password
         * @description Change the caller's password. All sessions of the user end, and a new one starts with a new cookie.
         */
        put: operations["session_password_change"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the settings
         * @description Read the LLM and GitHub settings that apply to a project: its own, else the default of the instance.
         */
        get: operations["settings_read"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settings/github": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Set up GitHub
         * @description Set the credentials for starting workflows and reading runs. Secrets are encrypted at rest.
         *
         *     A changed api_url needs every secret again.
         */
        put: operations["settings_github_update"];
        post?: never;
        /**
         * Delete the GitHub settings
         * @description Delete the settings of a project, so that the default applies, or the default itself.
         */
        delete: operations["settings_github_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settings/github/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Test the GitHub settings
         * @description Let ci-bridge read the default repository on GitHub, or check the credentials without one. Changes nothing.
         */
        post: operations["settings_github_test"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settings/llm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Set the LLM provider
         * @description Choose the model that explains logs. The key is encrypted at rest and never returned.
         *
         *     A changed provider or base_url needs the key again, so that a stored key is never sent to another address.
         *     Private addresses need `LOGLOOP_EGRESS_ALLOW`; loopback works when Logloop itself listens on loopback.
         */
        put: operations["settings_llm_update"];
        post?: never;
        /**
         * Delete the LLM settings
         * @description Delete the settings of a project, so that the default applies, or the default itself.
         */
        delete: operations["settings_llm_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settings/llm/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Test the LLM settings
         * @description Let the analyzer request the provider's list of models with the stored key. No log and no prompt is sent.
         */
        post: operations["settings_llm_test"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List tests
         * @description List the tests of a project, ordered by test_id.
         */
        get: operations["test_list"];
        put?: never;
        /**
         * Create a test
         * @description Create a test. This is optional: the first log of a test registers it.
         */
        post: operations["test_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tests/{test_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a test
         * @description Read one test.
         */
        get: operations["test_read"];
        put?: never;
        post?: never;
        /**
         * Delete a test
         * @description Delete a test. Its logs stay, and its next log registers it again.
         */
        delete: operations["test_delete"];
        options?: never;
        head?: never;
        /**
         * Change a test
         * @description Change name, function or service.
         */
        patch: operations["test_update"];
        trace?: never;
    };
    "/api/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List users
         * @description List users ordered by id. Needs an administrator.
         */
        get: operations["user_list"];
        put?: never;
        /**
         * Create a user
         * @description Create a user with a one-time password, which must be changed at the first sign-in. Needs an administrator.
         */
        post: operations["user_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a user
         * @description Read one user. Needs an administrator.
         */
        get: operations["user_read"];
        put?: never;
        post?: never;
        /**
         * Delete a user
         * @description Delete a user and end all their sessions. The last administrator cannot be deleted. Needs an administrator.
         */
        delete: operations["user_delete"];
        options?: never;
        head?: never;
        /**
         * Change a user
         * @description Change a user. A new role, membership or disabled flag ends all their sessions. Needs an administrator.
         */
        patch: operations["user_update"];
        trace?: never;
    };
    "/api/v1/users/{user_id}/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reset a user's password
         * @description Set a one-time password and end all sessions of the user. Needs an administrator.
         */
        post: operations["user_password_reset"];
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
         * AddedPoints
         * @description Result of sending points.
         */
        AddedPoints: {
            /**
             * Accepted
             * @description Number of stored points.
             */
            accepted: number;
        };
        /**
         * AllSettings
         * @description All settings that apply to a project.
         */
        AllSettings: {
            github: components["schemas"]["GithubSettings"];
            llm: components["schemas"]["LlmSettings"];
        };
        /**
         * Analysis
         * @description An analysis with its report and thread.
         */
        Analysis: {
            /**
             * Created At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            created_at: string;
            created_by: components["schemas"]["Creator"];
            failure: components["schemas"]["Failure"] | null;
            /** Id */
            id: string;
            /** Messages */
            messages: components["schemas"]["Message"][];
            /** Project Id */
            project_id: string;
            /** Question */
            question: string | null;
            /** @description Every claim cites the ids of logs. */
            report: components["schemas"]["Report"] | null;
            scope: components["schemas"]["Scope"];
            /**
             * Stage
             * @description The analyzer's current stage while the analysis runs.
             */
            stage: string | null;
            /**
             * Status
             * @enum {string}
             */
            status: "queued" | "running" | "completed" | "failed" | "cancelled";
            /** Summary */
            summary?: string | null;
            /**
             * Turn
             * @description 0 for the report, plus one for each follow-up question.
             */
            turn: number;
            /**
             * Updated At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            updated_at: string;
            /**
             * Verdict
             * @example likely
             */
            verdict?: string | null;
        };
        /**
         * AnalysisPage
         * @description One page of analyses, newest first.
         */
        AnalysisPage: {
            /** Items */
            items: components["schemas"]["AnalysisSummary"][];
            /**
             * Next Cursor
             * @description Send it as `cursor` to get the next page; null on the last.
             */
            next_cursor?: string | null;
        };
        /**
         * AnalysisSummary
         * @description An analysis in a list.
         */
        AnalysisSummary: {
            /**
             * Created At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            created_at: string;
            created_by: components["schemas"]["Creator"];
            failure: components["schemas"]["Failure"] | null;
            /** Id */
            id: string;
            /** Project Id */
            project_id: string;
            /** Question */
            question: string | null;
            scope: components["schemas"]["Scope"];
            /**
             * Stage
             * @description The analyzer's current stage while the analysis runs.
             */
            stage: string | null;
            /**
             * Status
             * @enum {string}
             */
            status: "queued" | "running" | "completed" | "failed" | "cancelled";
            /** Summary */
            summary?: string | null;
            /**
             * Turn
             * @description 0 for the report, plus one for each follow-up question.
             */
            turn: number;
            /**
             * Updated At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            updated_at: string;
            /**
             * Verdict
             * @example likely
             */
            verdict?: string | null;
        };
        /**
         * ApiKey
         * @description A key without its secret.
         */
        ApiKey: {
            /**
             * Created At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            created_at: string;
            /**
             * Created By
             * @description Id of the user or key that created it.
             */
            created_by: string | null;
            /** Expires At */
            expires_at: string | null;
            /**
             * Id
             * @description Public part; the key starts with llk_<id>_.
             * @example k3vT9xQ2bZ
             */
            id: string;
            /**
             * Last Used At
             * @description Accurate to a minute.
             */
            last_used_at: string | null;
            /** Name */
            name: string;
            /** Project Id */
            project_id: string | null;
            /** Revoked At */
            revoked_at: string | null;
            /** Scopes */
            scopes: ("ingest" | "read" | "admin")[];
        };
        /**
         * ApiKeyPage
         * @description One page of keys.
         */
        ApiKeyPage: {
            /** Items */
            items: components["schemas"]["ApiKey"][];
            /**
             * Next Cursor
             * @description Send it as `cursor` to get the next page; null on the last.
             */
            next_cursor?: string | null;
        };
        /**
         * AttributeName
         * @description An attribute that occurs in logs.
         */
        AttributeName: {
            /**
             * Count
             * @description Number of logs with it among `logs`.
             * @example 812
             */
            count: number;
            /**
             * Name
             * @description Search for it as `attributes.<name>`.
             * @example http.status
             */
            name: string;
        };
        /**
         * AttributeNameList
         * @description Attributes of logs, the most frequent first.
         * @example {
         *       "exact": true,
         *       "items": [
         *         {
         *           "count": 812,
         *           "name": "http.status"
         *         }
         *       ],
         *       "logs": 1200,
         *       "partial": false,
         *       "scanned": {
         *         "bytes": 0,
         *         "logs": 0,
         *         "segments": 40
         *       },
         *       "took_ms": 4.1
         *     }
         */
        AttributeNameList: {
            /**
             * Exact
             * @description True when all selected logs were read. Otherwise the counts are those of a sample from the whole time range, and rare attributes may be missing.
             */
            exact: boolean;
            /** Items */
            items: components["schemas"]["AttributeName"][];
            /**
             * Logs
             * @description Number of logs whose attributes were read.
             */
            logs: number;
            /**
             * Partial
             * @description True when a limit ended the count early; the numbers are then too low.
             */
            partial: boolean;
            /** Partial Reason */
            partial_reason: ("time" | "bytes") | null;
            scanned: components["schemas"]["Scanned"];
            /** Took Ms */
            took_ms: number;
        };
        /**
         * AuditActor
         * @description The caller that made the change.
         */
        AuditActor: {
            /** Id */
            id: string;
            /**
             * Kind
             * @example user
             */
            kind: string;
            /** Name */
            name: string;
        };
        /**
         * AuditEntry
         * @description One change.
         */
        AuditEntry: {
            /**
             * Action
             * @example service.update
             */
            action: string;
            actor: components["schemas"]["AuditActor"];
            /**
             * At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            at: string;
            /**
             * Changed
             * @description Names of the changed fields. Values are not stored.
             */
            changed: string[];
            /**
             * Hash
             * @description SHA-256 of this entry as JSON with sorted keys, without this member.
             */
            hash: string;
            /** Ip */
            ip: string | null;
            /**
             * Number
             * @description Counted from 1 without gaps.
             */
            number: number;
            /**
             * Previous
             * @description Hash of the previous entry.
             */
            previous: string;
            /** Project Id */
            project_id: string | null;
            resource: components["schemas"]["AuditResource"];
        };
        /**
         * AuditPage
         * @description One page of the trail, newest first.
         */
        AuditPage: {
            /** Items */
            items: components["schemas"]["AuditEntry"][];
            /**
             * Next Cursor
             * @description Send it as `cursor` to get the next page; null on the last.
             */
            next_cursor?: string | null;
        };
        /**
         * AuditResource
         * @description The resource that was changed.
         */
        AuditResource: {
            /**
             * Id
             * @example checkout
             */
            id: string;
            /**
             * Kind
             * @example service
             */
            kind: string;
        };
        /**
         * AuditVerification
         * @description Result of checking the whole chain.
         */
        AuditVerification: {
            /**
             * Broken At
             * @description Number of the first invalid entry.
             */
            broken_at: number | null;
            /**
             * Entries
             * @description Number of valid entries from the start.
             */
            entries: number;
            /**
             * Head
             * @description Hash of the last valid entry. Keep it elsewhere to detect a truncated trail.
             */
            head: string;
            /** Intact */
            intact: boolean;
        };
        /**
         * CheckedSettings
         * @description Result of testing settings.
         */
        CheckedSettings: {
            /**
             * Detail
             * @description What happened, with the provider's own message if it responded.
             */
            detail: string;
            /**
             * Models
             * @description Models that the provider offers.
             */
            models: string[];
            /** Ok */
            ok: boolean;
            /**
             * Status
             * @description HTTP status of the provider's response.
             */
            status: number | null;
        };
        /**
         * Claim
         * @description A statement of an explanation with citations that were verified by code.
         */
        Claim: {
            /** Citations */
            citations: string[];
            /**
             * Confidence
             * @default 0.5
             */
            confidence?: number;
            /** Text */
            text: string;
        };
        /**
         * Context
         * @description A log and the logs around it, each list oldest first.
         */
        Context: {
            /** After */
            after: components["schemas"]["Log"][];
            /** Before */
            before: components["schemas"]["Log"][];
            log: components["schemas"]["Log"];
            /**
             * Partial
             * @description True when a limit ended the search early, so that logs may be missing.
             */
            partial: boolean;
        };
        /**
         * CreatedApiKey
         * @description A new key with its secret, which is shown only now.
         */
        CreatedApiKey: {
            /**
             * Created At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            created_at: string;
            /**
             * Created By
             * @description Id of the user or key that created it.
             */
            created_by: string | null;
            /** Expires At */
            expires_at: string | null;
            /**
             * Id
             * @description Public part; the key starts with llk_<id>_.
             * @example k3vT9xQ2bZ
             */
            id: string;
            /**
             * Key
             * @example llk_k3vT9xQ2bZ_0123456789abcdefghijklmnopqrstuv
             */
            key: string;
            /**
             * Last Used At
             * @description Accurate to a minute.
             */
            last_used_at: string | null;
            /** Name */
            name: string;
            /** Project Id */
            project_id: string | null;
            /** Revoked At */
            revoked_at: string | null;
            /** Scopes */
            scopes: ("ingest" | "read" | "admin")[];
        };
        /**
         * CreatedUser
         * @description A new user.
         */
        CreatedUser: {
            /**
             * Created At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            created_at: string;
            /** Disabled */
            disabled: boolean;
            /** Email */
            email: string;
            /**
             * Id
             * @example u_01KB4C7F3A9W2M5N8P1QRSTVWX
             */
            id: string;
            /** Must Change Password */
            must_change_password: boolean;
            /** Name */
            name: string;
            /**
             * One Time Password
             * @description The generated password, which is shown only now.
             */
            one_time_password: string | null;
            /** Projects */
            projects: components["schemas"]["Membership"][];
            /**
             * Role
             * @enum {string}
             */
            role: "admin" | "member" | "viewer";
            /**
             * Updated At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            updated_at: string;
        };
        /**
         * Creator
         * @description The caller that requested the analysis.
         */
        Creator: {
            /** Id */
            id: string;
            /** Kind */
            kind: string;
            /** Name */
            name: string;
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
         * Deleted
         * @description Result of a deletion.
         */
        Deleted: {
            /**
             * Deleted
             * @description Number of deleted logs.
             */
            deleted: number;
        };
        /**
         * EvidenceLine
         * @description A log that a report cites, redacted as it was shown to the model.
         */
        EvidenceLine: {
            /** Log Id */
            log_id: string;
            /** Message */
            message: string;
            /** Service Id */
            service_id: string;
            /** Severity */
            severity: string;
            /**
             * Timestamp
             * Format: date-time
             */
            timestamp: string;
        };
        /**
         * Facets
         * @description The most frequent values of fields.
         * @example {
         *       "fields": {
         *         "attributes.http.status": [
         *           {
         *             "count": 2,
         *             "value": "502"
         *           },
         *           {
         *             "count": 1
         *           }
         *         ],
         *         "severity": [
         *           {
         *             "count": 3,
         *             "value": "error"
         *           }
         *         ]
         *       },
         *       "partial": false,
         *       "scanned": {
         *         "bytes": 0,
         *         "logs": 0,
         *         "segments": 40
         *       },
         *       "took_ms": 4.1,
         *       "total": 3
         *     }
         */
        Facets: {
            /**
             * Fields
             * @example {
             *       "attributes.http.status": [
             *         {
             *           "count": 2,
             *           "value": "502"
             *         },
             *         {
             *           "count": 1
             *         }
             *       ],
             *       "severity": [
             *         {
             *           "count": 3,
             *           "value": "error"
             *         }
             *       ]
             *     }
             */
            fields: {
                [key: string]: components["schemas"]["FacetValue"][];
            };
            /**
             * Partial
             * @description True when a limit ended the count early; the numbers are then too low.
             */
            partial: boolean;
            /** Partial Reason */
            partial_reason: ("time" | "bytes") | null;
            scanned: components["schemas"]["Scanned"];
            /** Took Ms */
            took_ms: number;
            /** Total */
            total: number;
        };
        /**
         * FacetValue
         * @description The number of logs with a value; null stands for logs without the field.
         */
        FacetValue: {
            /** Count */
            count: number;
            /** Value */
            value: string | null;
        };
        /**
         * Failure
         * @description Why there is no report.
         */
        Failure: {
            /** Detail */
            detail: string;
            /**
             * Provider Message
             * @description The provider's own error message.
             */
            provider_message?: string | null;
            /**
             * Reason
             * @example provider
             */
            reason: string;
        };
        /**
         * Finding
         * @description An observation measured in the logs without a model. Counts are log entries.
         */
        Finding: {
            /**
             * Baseline Count
             * @description Log entries in the preceding time range of the same length.
             * @default 0
             */
            baseline_count?: number;
            /**
             * Count
             * @description Log entries in the time range.
             * @default 0
             */
            count?: number;
            /**
             * Evidence
             * @description Ids of logs that show it.
             */
            evidence?: string[];
            /** First Seen */
            first_seen?: string | null;
            /**
             * Kind
             * @enum {string}
             */
            kind: "error_rate" | "new_pattern" | "burst" | "vanished_pattern" | "first_error" | "service_split" | "test_split" | "suspicious_text";
            /** Pattern */
            pattern?: string | null;
            /**
             * Score
             * @description Rank within the report; higher is more significant.
             */
            score: number;
            /** Service Id */
            service_id?: string | null;
            /** Test Id */
            test_id?: string | null;
            /** Title */
            title: string;
        };
        /**
         * GithubSettings
         * @description The GitHub settings that apply to a project.
         */
        GithubSettings: {
            /** Api Url */
            api_url: string;
            /** App Id */
            app_id: string | null;
            /** Default Repository */
            default_repository: string | null;
            /** Has Private Key */
            has_private_key: boolean;
            /** Has Token */
            has_token: boolean;
            /** Has Webhook Secret */
            has_webhook_secret: boolean;
            /** Installation Id */
            installation_id: string | null;
            /**
             * Source
             * @description Where the settings come from.
             * @enum {string}
             */
            source: "project" | "default" | "none";
            /**
             * Token Last4
             * @description Only for callers that may change it.
             */
            token_last4: string | null;
            /** Updated At */
            updated_at: string | null;
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
         * Histogram
         * @description Logs over time. Empty intervals between the first and the last have the count 0.
         * @example {
         *       "interval_seconds": 60,
         *       "items": [
         *         {
         *           "count": 3,
         *           "groups": {
         *             "error": 3
         *           },
         *           "start": "2026-11-22T10:00:00.000000Z"
         *         }
         *       ],
         *       "partial": false,
         *       "scanned": {
         *         "bytes": 0,
         *         "logs": 0,
         *         "segments": 40
         *       },
         *       "took_ms": 4.1,
         *       "total": 3
         *     }
         */
        Histogram: {
            /** Interval Seconds */
            interval_seconds: number;
            /** Items */
            items: components["schemas"]["HistogramBucket"][];
            /**
             * Partial
             * @description True when a limit ended the count early; the numbers are then too low.
             */
            partial: boolean;
            /** Partial Reason */
            partial_reason: ("time" | "bytes") | null;
            scanned: components["schemas"]["Scanned"];
            /** Took Ms */
            took_ms: number;
            /** Total */
            total: number;
        };
        /**
         * HistogramBucket
         * @description The logs of one interval.
         */
        HistogramBucket: {
            /** Count */
            count: number;
            /**
             * Groups
             * @description Number of logs by value of the field.
             * @example {
             *       "error": 3
             *     }
             */
            groups: {
                [key: string]: number;
            };
            /**
             * Start
             * Format: date-time
             */
            start: string;
        };
        JsonValue: unknown;
        /**
         * LlmSettings
         * @description The LLM settings that apply to a project.
         */
        LlmSettings: {
            /**
             * Api Key Last4
             * @description Only for callers that may change it.
             */
            api_key_last4: string | null;
            /** Base Url */
            base_url: string | null;
            /** Budget Tokens Per Day */
            budget_tokens_per_day: number | null;
            /** Evidence Tokens */
            evidence_tokens: number;
            /** Has Api Key */
            has_api_key: boolean;
            /** Max Tokens */
            max_tokens: number;
            /** Model */
            model: string | null;
            /**
             * Provider
             * @enum {string}
             */
            provider: "none" | "openai" | "anthropic" | "google" | "ollama" | "openai-compatible";
            /**
             * Redaction
             * @enum {string}
             */
            redaction: "off" | "standard" | "strict";
            /**
             * Source
             * @description Where the settings come from.
             * @enum {string}
             */
            source: "project" | "default" | "none";
            /** Temperature */
            temperature: number | null;
            /** Timeout S */
            timeout_s: number;
            /** Updated At */
            updated_at: string | null;
        };
        /**
         * Log
         * @description A stored log.
         * @example {
         *       "attributes": {
         *         "http": {
         *           "status": 502
         *         },
         *         "trace_id": "4bf92f"
         *       },
         *       "func_id": "checkout.pay:charge",
         *       "id": "06k3v5e1c8q0g2d7h4n9s5t1vk-7a1c2-3",
         *       "message": "payment timed out after 30 s",
         *       "project_id": "shop",
         *       "service_id": "checkout",
         *       "severity": "error",
         *       "source": "stdout",
         *       "timestamp": "2026-11-22T10:00:00.123456Z"
         *     }
         */
        Log: {
            /** Attributes */
            attributes: {
                [key: string]: components["schemas"]["JsonValue"];
            } | null;
            /** Func Id */
            func_id: string | null;
            /**
             * Id
             * @description Never changes, whatever is edited.
             */
            id: string;
            /** Message */
            message: string;
            /** Project Id */
            project_id: string;
            /** Service Id */
            service_id: string;
            severity: components["schemas"]["Severity"];
            /** Source */
            source: string | null;
            /** Test Id */
            test_id: string | null;
            /**
             * Timestamp
             * Format: date-time
             * @description UTC with microseconds.
             */
            timestamp: string;
        };
        /**
         * LogChanges
         * @description Fields to change. Omitted fields stay as they are; null removes an optional field.
         * @example {
         *       "attributes": {
         *         "ticket": "SHOP-12"
         *       },
         *       "severity": "warn"
         *     }
         */
        LogChanges: {
            /**
             * Attributes
             * @description Replaces all attributes.
             */
            attributes?: {
                [key: string]: components["schemas"]["JsonValue"];
            } | null;
            /** Func Id */
            func_id?: string | null;
            /** Message */
            message?: string | null;
            /** Service Id */
            service_id?: string | null;
            severity?: components["schemas"]["Severity"] | null;
            /** Source */
            source?: string | null;
            /** Test Id */
            test_id?: string | null;
            /**
             * Timestamp
             * @description With an offset.
             */
            timestamp?: string | null;
        };
        /**
         * LogCounts
         * @description Logs of the last 24 hours.
         */
        LogCounts: {
            /**
             * Errors
             * @description Logs with the severity error.
             * @example 3
             */
            errors: number;
            /**
             * Logs
             * @example 1200
             */
            logs: number;
        };
        /**
         * LogPage
         * @description A page of logs in time order.
         * @example {
         *       "hints": [],
         *       "items": [
         *         {
         *           "attributes": {
         *             "http": {
         *               "status": 502
         *             },
         *             "trace_id": "4bf92f"
         *           },
         *           "func_id": "checkout.pay:charge",
         *           "id": "06k3v5e1c8q0g2d7h4n9s5t1vk-7a1c2-3",
         *           "message": "payment timed out after 30 s",
         *           "project_id": "shop",
         *           "service_id": "checkout",
         *           "severity": "error",
         *           "source": "stdout",
         *           "timestamp": "2026-11-22T10:00:00.123456Z"
         *         }
         *       ],
         *       "next_cursor": "WzE3OTUzNDg4MDAwMDAwMDAsIjA2azMiLDQ5ODcwOCwzXQ",
         *       "partial": false,
         *       "scanned": {
         *         "bytes": 812345,
         *         "logs": 81200,
         *         "segments": 2
         *       },
         *       "took_ms": 9.5
         *     }
         */
        LogPage: {
            /**
             * Hints
             * @description What in the search text probably means something else, such as `or` in lower case.
             * @example [
             *       "'or' is searched as a word; write OR to find logs with either term"
             *     ]
             */
            hints: string[];
            /** Items */
            items: components["schemas"]["Log"][];
            /**
             * Next Cursor
             * @description Send it as `cursor` to get the next page; null on the last.
             */
            next_cursor: string | null;
            /**
             * Partial
             * @description True when a limit on time or bytes ended the search early. The page has no gaps down to `next_cursor`, where the next page continues.
             */
            partial: boolean;
            /** Partial Reason */
            partial_reason: ("time" | "bytes") | null;
            scanned: components["schemas"]["Scanned"];
            /** Took Ms */
            took_ms: number;
        };
        /**
         * Membership
         * @description The role of a user in one project.
         */
        Membership: {
            /**
             * Project Id
             * @example shop
             */
            project_id: string;
            /**
             * Role
             * @description `viewer` reads, `member` also writes, `admin` also manages the keys and settings of the project.
             * @enum {string}
             */
            role: "admin" | "member" | "viewer";
        };
        /**
         * Message
         * @description One message of the thread.
         */
        Message: {
            /**
             * At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            at: string;
            /**
             * Role
             * @enum {string}
             */
            role: "user" | "assistant";
            /** Text */
            text: string;
            /** Turn */
            turn: number;
        };
        /**
         * Metric
         * @description A metric.
         */
        Metric: {
            /**
             * Created At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            created_at: string;
            /** Description */
            description: string;
            /**
             * Id
             * @example 01KB4C7F3A9W2M5N8P1QRSTVWX
             */
            id: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "gauge" | "counter";
            /**
             * Last At
             * @description Time of the newest point, to the millisecond.
             */
            last_at: string | null;
            /** Last Value */
            last_value: number | null;
            /** Name */
            name: string;
            /** Project Id */
            project_id: string;
            /** Service Id */
            service_id: string | null;
            /** Unit */
            unit: string;
            /**
             * Updated At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            updated_at: string;
        };
        /**
         * MetricChanges
         * @description Fields to change. Omitted fields stay as they are.
         */
        MetricChanges: {
            /** Description */
            description?: string;
            /** Name */
            name?: string;
            /** Unit */
            unit?: string;
        };
        /**
         * MetricPage
         * @description One page of metrics.
         */
        MetricPage: {
            /** Items */
            items: components["schemas"]["Metric"][];
            /**
             * Next Cursor
             * @description Send it as `cursor` to get the next page; null on the last.
             */
            next_cursor?: string | null;
        };
        /**
         * MetricSeries
         * @description A metric over time. Steps without points are omitted.
         */
        MetricSeries: {
            /**
             * Aggregate
             * @enum {string}
             */
            aggregate: "avg" | "min" | "max" | "sum" | "count" | "last" | "p95";
            /** Metric Id */
            metric_id: string;
            /** Points */
            points: components["schemas"]["SeriesPoint"][];
            /**
             * Since
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            since: string;
            /**
             * Step S
             * @description Length of a step in seconds.
             */
            step_s: number;
            /**
             * Until
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            until: string;
        };
        /**
         * ModelUsage
         * @description Which model answered, and its cost in tokens and seconds.
         */
        ModelUsage: {
            /**
             * Calls
             * @default 0
             */
            calls?: number;
            /**
             * Input Tokens
             * @default 0
             */
            input_tokens?: number;
            /** Model */
            model: string;
            /**
             * Output Tokens
             * @default 0
             */
            output_tokens?: number;
            /** Provider */
            provider: string;
            /**
             * Seconds
             * @default 0
             */
            seconds?: number;
        };
        /**
         * NewAnalysis
         * @description The logs to explain, and optionally a question about them.
         */
        NewAnalysis: {
            /**
             * Project Id
             * @example shop
             */
            project_id: string;
            /**
             * Q
             * @description Search text; empty: every log.
             * @default
             * @example service:checkout
             */
            q?: string;
            /**
             * Question
             * @example Why do payments fail?
             */
            question?: string | null;
            /**
             * Since
             * @description RFC 3339 or an age such as 15m.
             * @default 1h
             * @example 1h
             */
            since?: string;
            /**
             * Until
             * @description RFC 3339, an age or now; exclusive.
             * @default now
             */
            until?: string;
        };
        /**
         * NewApiKey
         * @description A key to create.
         */
        NewApiKey: {
            /**
             * Expires At
             * @description When the key expires; omitted: never.
             * @example 2099-01-01T00:00:00Z
             */
            expires_at?: string | null;
            /**
             * Name
             * @description What the key is for.
             * @example checkout in production
             */
            name: string;
            /**
             * Project Id
             * @description Omitted: every project; only with the scope admin.
             */
            project_id?: string | null;
            /**
             * Scopes
             * @description `ingest` sends logs and points, `read` reads, `admin` does everything in the project.
             * @example [
             *       "ingest"
             *     ]
             */
            scopes: ("ingest" | "read" | "admin")[];
        };
        /**
         * NewGithubSettings
         * @description GitHub credentials: a token, or a GitHub App.
         */
        NewGithubSettings: {
            /**
             * Api Url
             * @description For GitHub Enterprise: https://host/api/v3.
             * @default https://api.github.com
             */
            api_url?: string;
            /** App Id */
            app_id?: string | null;
            /**
             * Default Repository
             * @example acme/shop
             */
            default_repository?: string | null;
            /** Installation Id */
            installation_id?: string | null;
            /**
             * Private Key
             * @description Private key of the App in PEM format. Omitted: the stored value stays. null: it is removed. Never returned.
             */
            private_key?: string | null;
            /**
             * Token
             * @description Fine-grained token with Actions: write. Omitted: the stored value stays. null: it is removed. Never returned.
             */
            token?: string | null;
            /**
             * Webhook Secret
             * @description Webhook secret. Omitted: the stored value stays. null: it is removed. Never returned.
             */
            webhook_secret?: string | null;
        };
        /**
         * NewLlmSettings
         * @description The model that explains logs, and its limits.
         */
        NewLlmSettings: {
            /**
             * Api Key
             * @description Omitted: the stored value stays. null: it is removed. Never returned.
             */
            api_key?: string | null;
            /**
             * Base Url
             * @description For openai-compatible and ollama.
             * @example https://llm.example.org/v1
             */
            base_url?: string | null;
            /**
             * Budget Tokens Per Day
             * @description Maximum number of tokens per day; null: no limit.
             */
            budget_tokens_per_day?: number | null;
            /**
             * Evidence Tokens
             * @description Maximum number of tokens of evidence in a prompt.
             * @default 12000
             */
            evidence_tokens?: number;
            /**
             * Max Tokens
             * @description Maximum number of tokens in one response.
             * @default 4096
             */
            max_tokens?: number;
            /**
             * Model
             * @example gpt-5-mini
             */
            model?: string | null;
            /**
             * Provider
             * @description `none`: reports are made without a model.
             * @enum {string}
             */
            provider: "none" | "openai" | "anthropic" | "google" | "ollama" | "openai-compatible";
            /**
             * Redaction
             * @description What is redacted before data is sent. `standard`: secrets; `strict`: also IPs and user names.
             * @default standard
             * @enum {string}
             */
            redaction?: "off" | "standard" | "strict";
            /**
             * Temperature
             * @description Omitted: the provider's default.
             */
            temperature?: number | null;
            /**
             * Timeout S
             * @description Timeout of one call in seconds.
             * @default 120
             */
            timeout_s?: number;
        };
        /**
         * NewMessage
         * @description A follow-up question about a finished analysis.
         */
        NewMessage: {
            /**
             * Text
             * @example Did it start with the deployment?
             */
            text: string;
        };
        /**
         * NewMetric
         * @description A metric to create.
         */
        NewMetric: {
            /**
             * Description
             * @default
             */
            description?: string;
            /**
             * Kind
             * @description A `gauge` goes up and down, a `counter` only grows.
             * @default gauge
             * @enum {string}
             */
            kind?: "gauge" | "counter";
            /**
             * Name
             * @example http.request.duration
             */
            name: string;
            /**
             * Project Id
             * @example shop
             */
            project_id: string;
            /**
             * Service Id
             * @description Service of the metric; null: the whole project.
             */
            service_id?: string | null;
            /**
             * Unit
             * @description Unit as in UCUM.
             * @default
             * @example ms
             */
            unit?: string;
        };
        /**
         * NewProject
         * @description A project to create. The id cannot change later.
         */
        NewProject: {
            /**
             * Description
             * @default
             */
            description?: string;
            /**
             * Id
             * @description Slug: lower-case letters, digits and dashes.
             * @example shop
             */
            id: string;
            /**
             * Name
             * @example Shop
             */
            name: string;
            /**
             * Retention Days
             * @description Days that logs are kept.
             * @default 30
             * @example 30
             */
            retention_days?: number;
        };
        /**
         * NewSavedView
         * @description A view to save.
         */
        NewSavedView: {
            /**
             * Name
             * @example failed payments
             */
            name: string;
            options?: components["schemas"]["ViewOptions"];
            /**
             * Project Id
             * @example shop
             */
            project_id: string;
            /**
             * Q
             * @description Search text.
             * @default
             * @example severity:error service:checkout
             */
            q?: string;
            /**
             * Range
             * @description An age such as 1h, `all`, or two moments with a slash between them; one may be empty.
             * @default 1h
             * @example 1h
             * @example 2026-11-22T10:00:00Z/2026-11-22T11:00:00Z
             */
            range?: string;
            /**
             * Shared
             * @description Everybody in the project sees it; otherwise only its owner.
             * @default false
             */
            shared?: boolean;
        };
        /**
         * NewService
         * @description A service to create.
         */
        NewService: {
            /**
             * Description
             * @default
             */
            description?: string;
            /**
             * Id
             * @example checkout
             */
            id: string;
            /**
             * Labels
             * @description Names and values of your choice.
             * @example {
             *       "team": "payments"
             *     }
             */
            labels?: {
                [key: string]: string;
            };
            /**
             * Name
             * @example Checkout
             */
            name: string;
            /**
             * Project Id
             * @example shop
             */
            project_id: string;
            /**
             * Repository
             * @description GitHub repository.
             * @example acme/shop
             */
            repository?: string | null;
        };
        /**
         * NewTest
         * @description A test to create.
         */
        NewTest: {
            /**
             * Func Id
             * @example checkout.pay:charge
             */
            func_id?: string | null;
            /**
             * Name
             * @description Default: the test_id.
             * @example pays by card
             */
            name?: string | null;
            /**
             * Project Id
             * @example shop
             */
            project_id: string;
            /** Service Id */
            service_id?: string | null;
            /**
             * Test Id
             * @example tests/test_pay.py::test_card
             */
            test_id: string;
        };
        /**
         * NewUser
         * @description A user to create.
         */
        NewUser: {
            /**
             * Email
             * @example ada@example.org
             */
            email: string;
            /**
             * Name
             * @example Ada Lovelace
             */
            name: string;
            /**
             * Password
             * @description Must be changed at the first sign-in; omitted: generated.
             */
            password?: string | null;
            /** Projects */
            projects?: components["schemas"]["Membership"][];
            /**
             * Role
             * @description `admin` may do everything. Others need memberships in projects.
             * @default member
             * @enum {string}
             */
            role?: "admin" | "member" | "viewer";
        };
        /**
         * OneTimePassword
         * @description Result of a password reset.
         */
        OneTimePassword: {
            /**
             * One Time Password
             * @description The generated password, which is shown only now.
             */
            one_time_password: string | null;
        };
        /**
         * Overview
         * @description What a project holds.
         */
        Overview: {
            /**
             * Api Keys
             * @description Valid keys of the project.
             */
            api_keys: number;
            last_24h: components["schemas"]["RecentLogs"];
            logs: components["schemas"]["StoredLogs"];
            /**
             * Members
             * @description Users with a role in the project.
             */
            members: number;
            /** Metrics */
            metrics: number;
            /**
             * Project Id
             * @example shop
             */
            project_id: string;
            /** Services */
            services: number;
            tests: components["schemas"]["TestCounts"];
        };
        /**
         * PasswordChange
         * @description The old and the new password.
         */
        PasswordChange: {
            /**
             * New Password
             * Format: password
             */
            new_password: string;
            /**
             * Old Password
             * Format: password
             */
            old_password: string;
        };
        /**
         * PasswordReset
         * @description A one-time password for a user.
         */
        PasswordReset: {
            /**
             * Password
             * @description Omitted: generated.
             */
            password?: string | null;
        };
        /**
         * PatternCount
         * @description A message pattern: the message with each word that contains a digit replaced by <*>.
         */
        PatternCount: {
            /**
             * Count
             * @description Number of logs in the time range.
             */
            count: number;
            /**
             * First Seen
             * @description Time of the first log of this pattern in the project.
             */
            first_seen: string | null;
            /** Last Seen */
            last_seen: string | null;
            /**
             * New
             * @description Whether it was first seen at or after `new_since`.
             */
            new: boolean;
            /**
             * Pattern
             * @example payment timed out after <*> s
             */
            pattern: string;
            /**
             * Services
             * @description Services that have sent it.
             */
            services: string[];
            /** Severities */
            severities: string[];
        };
        /**
         * Patterns
         * @description The most frequent patterns of a time range.
         * @example {
         *       "distinct": 1,
         *       "items": [],
         *       "partial": false,
         *       "scanned": {
         *         "bytes": 0,
         *         "logs": 0,
         *         "segments": 40
         *       },
         *       "took_ms": 4.1,
         *       "total": 3
         *     }
         */
        Patterns: {
            /**
             * Distinct
             * @description Number of patterns in the time range.
             */
            distinct: number;
            /** Items */
            items: components["schemas"]["PatternCount"][];
            /**
             * Partial
             * @description True when a limit ended the count early; the numbers are then too low.
             */
            partial: boolean;
            /** Partial Reason */
            partial_reason: ("time" | "bytes") | null;
            scanned: components["schemas"]["Scanned"];
            /** Took Ms */
            took_ms: number;
            /**
             * Total
             * @description Number of logs in the time range.
             */
            total: number;
        };
        /**
         * Point
         * @description A value at a time.
         */
        Point: {
            /**
             * Timestamp
             * @description RFC 3339 with offset; omitted: now.
             */
            timestamp?: string | null;
            /**
             * Value
             * @example 12.5
             */
            value: number;
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
         * Project
         * @description A project.
         */
        Project: {
            /**
             * Created At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            created_at: string;
            /** Description */
            description: string;
            /**
             * Id
             * @example shop
             */
            id: string;
            /**
             * Name
             * @example Shop
             */
            name: string;
            /**
             * Retention Days
             * @example 30
             */
            retention_days: number;
            /**
             * State
             * @description `deleting` until everything in the project is deleted.
             * @enum {string}
             */
            state: "active" | "deleting";
            /**
             * Updated At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            updated_at: string;
        };
        /**
         * ProjectChanges
         * @description Fields to change. Omitted fields stay as they are.
         */
        ProjectChanges: {
            /** Description */
            description?: string;
            /**
             * Name
             * @example Shop
             */
            name?: string;
            /**
             * Retention Days
             * @description Days that logs are kept.
             * @example 30
             */
            retention_days?: number;
        };
        /**
         * ProjectPage
         * @description One page of projects.
         */
        ProjectPage: {
            /** Items */
            items: components["schemas"]["Project"][];
            /**
             * Next Cursor
             * @description Send it as `cursor` to get the next page; null on the last.
             */
            next_cursor?: string | null;
        };
        /**
         * ProjectRole
         * @description A project of the caller.
         */
        ProjectRole: {
            /** Name */
            name: string;
            /** Project Id */
            project_id: string;
            /**
             * Role
             * @description viewer, member or admin; for a key its scopes.
             */
            role: string;
        };
        /**
         * RecentLogs
         * @description The logs of the last 24 hours.
         */
        RecentLogs: {
            /**
             * By Severity
             * @example {
             *       "error": 3,
             *       "info": 1200
             *     }
             */
            by_severity: {
                [key: string]: number;
            };
            /**
             * Partial
             * @description True when a limit ended the count early; the numbers are then too low.
             */
            partial: boolean;
            /** Total */
            total: number;
        };
        /**
         * Report
         * @description The explanation of the logs in a time range.
         */
        Report: {
            /**
             * Baseline Logs Read
             * @default 0
             */
            baseline_logs_read?: number;
            /** Claims */
            claims?: components["schemas"]["Claim"][];
            /**
             * Degraded Reason
             * @description Why no model answered, in the provider's words where available.
             */
            degraded_reason?: string | null;
            /**
             * Dropped Claims
             * @description Number of claims dropped because a citation was invalid.
             * @default 0
             */
            dropped_claims?: number;
            /**
             * Evidence
             * @description Every cited log.
             */
            evidence?: components["schemas"]["EvidenceLine"][];
            /** Findings */
            findings?: components["schemas"]["Finding"][];
            /**
             * Left Out
             * @description What the limits excluded from the analysis.
             */
            left_out?: string | null;
            /**
             * Logs Read
             * @default 0
             */
            logs_read?: number;
            /**
             * Mode
             * @default deterministic
             * @enum {string}
             */
            mode?: "deterministic" | "model";
            /**
             * Next Steps
             * @description Steps that would confirm or refute the explanation.
             */
            next_steps?: string[];
            /** Summary */
            summary: string;
            usage?: components["schemas"]["ModelUsage"] | null;
            /**
             * Verdict
             * @enum {string}
             */
            verdict: "confirmed" | "likely" | "insufficient";
        };
        /**
         * SavedView
         * @description A saved view.
         */
        SavedView: {
            /**
             * Created At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            created_at: string;
            /**
             * Id
             * @example 01KB4C7F3A9W2M5N8P1QRSTVWX
             */
            id: string;
            /** Name */
            name: string;
            options: components["schemas"]["ViewOptions"];
            owner: components["schemas"]["ViewOwner"];
            /** Project Id */
            project_id: string;
            /** Q */
            q: string;
            /** Range */
            range: string;
            /** Shared */
            shared: boolean;
            /**
             * Updated At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            updated_at: string;
        };
        /**
         * SavedViewChanges
         * @description Fields to change. Omitted fields stay as they are.
         */
        SavedViewChanges: {
            /**
             * Name
             * @example failed payments
             */
            name?: string;
            /** @description Replaces all options. */
            options?: components["schemas"]["ViewOptions"];
            /** Q */
            q?: string;
            /**
             * Range
             * @example 1h
             */
            range?: string;
            /** Shared */
            shared?: boolean;
        };
        /**
         * SavedViewPage
         * @description One page of views.
         */
        SavedViewPage: {
            /** Items */
            items: components["schemas"]["SavedView"][];
            /**
             * Next Cursor
             * @description Send it as `cursor` to get the next page; null on the last.
             */
            next_cursor?: string | null;
        };
        /**
         * Scanned
         * @description What a search has read.
         */
        Scanned: {
            /**
             * Bytes
             * @description Compressed bytes read.
             */
            bytes: number;
            /**
             * Logs
             * @description Number of logs in them.
             */
            logs: number;
            /**
             * Segments
             * @description Groups of up to 50,000 logs that were read.
             */
            segments: number;
        };
        /**
         * Scope
         * @description The logs that are explained: a search in [since, until).
         */
        Scope: {
            /** Q */
            q: string;
            /**
             * Since
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            since: string;
            /**
             * Until
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            until: string;
        };
        /**
         * SeriesPoint
         * @description One step of a series.
         */
        SeriesPoint: {
            /**
             * Count
             * @description Number of points in the step.
             */
            count: number;
            /**
             * Timestamp
             * Format: date-time
             * @description Start of the step.
             * @example 2026-11-22T10:00:00.000000Z
             */
            timestamp: string;
            /** Value */
            value: number;
        };
        /**
         * Service
         * @description A service of a project.
         */
        Service: {
            /**
             * Created At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            created_at: string;
            /** Description */
            description: string;
            /**
             * First Seen At
             * @description When the first log was stored.
             */
            first_seen_at?: string | null;
            /**
             * Id
             * @example checkout
             */
            id: string;
            /** Labels */
            labels: {
                [key: string]: string;
            };
            /** @description Only in lists with `with_counts`. */
            last_24h?: components["schemas"]["LogCounts"] | null;
            /**
             * Last Seen At
             * @description When a log was last stored, to the minute.
             */
            last_seen_at?: string | null;
            /**
             * Name
             * @example Checkout
             */
            name: string;
            /**
             * Project Id
             * @example shop
             */
            project_id: string;
            /**
             * Repository
             * @example acme/shop
             */
            repository: string | null;
            /**
             * Updated At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            updated_at: string;
        };
        /**
         * ServiceChanges
         * @description Fields to change. Omitted fields stay as they are.
         */
        ServiceChanges: {
            /** Description */
            description?: string;
            /**
             * Labels
             * @description Names and values of your choice.
             * @example {
             *       "team": "payments"
             *     }
             */
            labels?: {
                [key: string]: string;
            };
            /**
             * Name
             * @example Checkout
             */
            name?: string;
            /** Repository */
            repository?: string | null;
        };
        /**
         * ServicePage
         * @description One page of services.
         */
        ServicePage: {
            /**
             * Counts Partial
             * @description True when a limit ended the count early; null without `with_counts`.
             */
            counts_partial?: boolean | null;
            /** Items */
            items: components["schemas"]["Service"][];
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
         * SignIn
         * @description Credentials of a user.
         */
        SignIn: {
            /**
             * Email
             * @example ada@example.org
             */
            email: string;
            /**
             * Password
             * Format: password
             * @example correct horse battery
             */
            password: string;
        };
        /**
         * StoredLogs
         * @description The stored logs of a project.
         */
        StoredLogs: {
            /**
             * Bytes
             * @description Compressed size.
             */
            bytes: number;
            /**
             * First At
             * @description Time of the oldest log.
             */
            first_at: string | null;
            /**
             * Last At
             * @description Time of the newest log.
             */
            last_at: string | null;
            /** Total */
            total: number;
        };
        /**
         * Test
         * @description A test of a project.
         */
        Test: {
            /**
             * Created At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            created_at: string;
            /** First Seen At */
            first_seen_at?: string | null;
            /** Func Id */
            func_id: string | null;
            /** @description Only in lists with `with_counts`. */
            last_24h?: components["schemas"]["LogCounts"] | null;
            /**
             * Last Run At
             * @description Time of the last run.
             */
            last_run_at?: string | null;
            /**
             * Last Status
             * @description Outcome of the last run.
             * @example passed
             */
            last_status: string | null;
            /** Name */
            name: string;
            /**
             * Project Id
             * @example shop
             */
            project_id: string;
            /**
             * Runs
             * @description Number of runs with an outcome.
             * @example 12
             */
            runs: number;
            /** Service Id */
            service_id: string | null;
            /**
             * Test Id
             * @example tests/test_pay.py::test_card
             */
            test_id: string;
            /**
             * Updated At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            updated_at: string;
        };
        /**
         * TestChanges
         * @description Fields to change. Omitted fields stay as they are.
         */
        TestChanges: {
            /** Func Id */
            func_id?: string | null;
            /**
             * Name
             * @example pays by card
             */
            name?: string;
            /** Service Id */
            service_id?: string | null;
        };
        /**
         * TestCounts
         * @description The tests of a project.
         */
        TestCounts: {
            /**
             * By Last Status
             * @description Number of tests by the outcome of their last run; `none`: without a run.
             * @example {
             *       "failed": 2,
             *       "none": 1,
             *       "passed": 41
             *     }
             */
            by_last_status: {
                [key: string]: number;
            };
            /** Total */
            total: number;
        };
        /**
         * TestPage
         * @description One page of tests.
         */
        TestPage: {
            /**
             * Counts Partial
             * @description True when a limit ended the count early; null without `with_counts`.
             */
            counts_partial?: boolean | null;
            /** Items */
            items: components["schemas"]["Test"][];
            /**
             * Next Cursor
             * @description Send it as `cursor` to get the next page; null on the last.
             */
            next_cursor?: string | null;
        };
        /**
         * User
         * @description A user.
         */
        User: {
            /**
             * Created At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            created_at: string;
            /** Disabled */
            disabled: boolean;
            /** Email */
            email: string;
            /**
             * Id
             * @example u_01KB4C7F3A9W2M5N8P1QRSTVWX
             */
            id: string;
            /** Must Change Password */
            must_change_password: boolean;
            /** Name */
            name: string;
            /** Projects */
            projects: components["schemas"]["Membership"][];
            /**
             * Role
             * @enum {string}
             */
            role: "admin" | "member" | "viewer";
            /**
             * Updated At
             * Format: date-time
             * @example 2026-11-22T10:00:00.000000Z
             */
            updated_at: string;
        };
        /**
         * UserChanges
         * @description Fields to change. Omitted fields stay as they are.
         */
        UserChanges: {
            /**
             * Disabled
             * @description A disabled user is signed out and cannot sign in.
             */
            disabled?: boolean;
            /**
             * Email
             * @example ada@example.org
             */
            email?: string;
            /** Name */
            name?: string;
            /**
             * Projects
             * @description Replaces the whole list.
             */
            projects?: components["schemas"]["Membership"][];
            /**
             * Role
             * @enum {string}
             */
            role?: "admin" | "member" | "viewer";
        };
        /**
         * UserPage
         * @description One page of users.
         */
        UserPage: {
            /** Items */
            items: components["schemas"]["User"][];
            /**
             * Next Cursor
             * @description Send it as `cursor` to get the next page; null on the last.
             */
            next_cursor?: string | null;
        };
        /**
         * ViewOptions
         * @description How the viewer shows the logs.
         */
        ViewOptions: {
            /**
             * Collapse
             * @description Whether equal neighbouring lines are shown as one.
             * @default false
             */
            collapse?: boolean;
            /**
             * Columns
             * @description Fields shown.
             * @example [
             *       "attributes.http.status"
             *     ]
             */
            columns?: string[];
            /**
             * Facets
             * @description Fields counted beside the logs.
             * @example [
             *       "severity"
             *     ]
             */
            facets?: string[];
            /**
             * View
             * @description Presentation, such as `lines`, `json` or `patterns`.
             * @default lines
             */
            view?: string;
        };
        /**
         * ViewOwner
         * @description Who saved a view.
         */
        ViewOwner: {
            /** Id */
            id: string;
            /**
             * Kind
             * @example user
             */
            kind: string;
            /** Name */
            name: string;
        };
        /**
         * WhoAmI
         * @description The caller.
         */
        WhoAmI: {
            /** Email */
            email?: string | null;
            /**
             * Expires At
             * @description When the session ends at the latest.
             */
            expires_at?: string | null;
            /** Id */
            id: string;
            /**
             * Is Admin
             * @description Whether the caller may do everything everywhere.
             */
            is_admin: boolean;
            /**
             * Kind
             * @enum {string}
             */
            kind: "user" | "key" | "service" | "anonymous";
            /**
             * Must Change Password
             * @description Whether the password is a one-time password.
             */
            must_change_password: boolean;
            /** Name */
            name: string;
            /**
             * Projects
             * @description At most 1,000, ordered by id.
             */
            projects: components["schemas"]["ProjectRole"][];
            /**
             * Scopes
             * @description Scopes of a key in its projects; empty for users.
             */
            scopes: string[];
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
    api_key_list: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the previous page; omit it for the first page. */
                cursor?: string | null;
                /** @description Maximum number of items on a page. */
                limit?: number;
                /** @description Omitted: all keys; needs an administrator. */
                project_id?: string | null;
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
                    "application/json": components["schemas"]["ApiKeyPage"];
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
    api_key_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewApiKey"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedApiKey"];
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
    api_key_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The key's public part. */
                key_id: string;
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
                    "application/json": components["schemas"]["ApiKey"];
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
    api_key_revoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The key's public part. */
                key_id: string;
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
                    "application/json": components["schemas"]["ApiKey"];
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
    audit_list: {
        parameters: {
            query?: {
                action?: string | null;
                actor_id?: string | null;
                /** @description `next_cursor` of the previous page; omit it for the first page. */
                cursor?: string | null;
                /** @description Maximum number of items on a page. */
                limit?: number;
                /** @description Only this project. */
                project_id?: string | null;
                resource_id?: string | null;
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
                    "application/json": components["schemas"]["AuditPage"];
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
    audit_verify: {
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
                    "application/json": components["schemas"]["AuditVerification"];
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
    log_search: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the previous page; omit it for the first page. */
                cursor?: string | null;
                /** @description Maximum number of items on a page. */
                limit?: number;
                /** @description Newest or oldest first. */
                order?: "desc" | "asc";
                /** @description The project. May be omitted with an API key of one project. */
                project_id?: string | null;
                /**
                 * @description Search text in Lucene syntax; empty selects every log.
                 *
                 *     A blank means AND. `-term` or `NOT term` excludes logs. NOT binds tightest, then AND and blanks, then OR:
                 *     `a b OR c` is `(a AND b) OR c`. Parentheses group. AND, OR and NOT are capital letters; in lower case they are words
                 *     of the message. A letter with an accent matches in each Unicode form.
                 *
                 *     | write | finds |
                 *     |---|---|
                 *     | `refused` or `"connection refused"` | messages that contain the text, ignoring case |
                 *     | `time*`, `*out`, `t?me` | a word of the message; `*` stands for any non-blank characters, `?` for one |
                 *     | `/time(d )?out/` | messages that match an RE2 regular expression; `(?i)` ignores case |
                 *     | `severity:error`, `severity:>=warn` | logs by severity (debug, info, warn, error) |
                 *     | `service:cart`, `test:"a.py::test_b"`, `func:…`, `source:stdout` | exact values; `cart*` and `/…/` work too |
                 *     | `pattern:"took <*> ms"` | messages of one pattern |
                 *     | `attributes.http.status:500`, `attributes.host:web-*` | a value in the attributes, nested or with dots in its name |
                 *     | `attributes.took_ms:>=250`, `attributes.took_ms:[100 TO 500}` | ranges |
                 *     | `attributes.trace_id:*`, `_exists_:test_id` | logs that have the field |
                 *     | `timestamp:>=2026-11-22T10:00:00Z`, `timestamp:[2h TO now]` | logs by time |
                 *     | `id:…` | one log |
                 */
                q?: string;
                /** @description Start, inclusive: RFC 3339, or an age such as 15m, 2h or 7d. */
                since?: string | null;
                /** @description End, exclusive: RFC 3339, an age, or now. */
                until?: string | null;
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
                    "application/json": components["schemas"]["LogPage"];
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
    log_delete_by_search: {
        parameters: {
            query?: {
                /** @description The project. May be omitted with an API key of one project. */
                project_id?: string | null;
                /**
                 * @description Search text in Lucene syntax; empty selects every log.
                 *
                 *     A blank means AND. `-term` or `NOT term` excludes logs. NOT binds tightest, then AND and blanks, then OR:
                 *     `a b OR c` is `(a AND b) OR c`. Parentheses group. AND, OR and NOT are capital letters; in lower case they are words
                 *     of the message. A letter with an accent matches in each Unicode form.
                 *
                 *     | write | finds |
                 *     |---|---|
                 *     | `refused` or `"connection refused"` | messages that contain the text, ignoring case |
                 *     | `time*`, `*out`, `t?me` | a word of the message; `*` stands for any non-blank characters, `?` for one |
                 *     | `/time(d )?out/` | messages that match an RE2 regular expression; `(?i)` ignores case |
                 *     | `severity:error`, `severity:>=warn` | logs by severity (debug, info, warn, error) |
                 *     | `service:cart`, `test:"a.py::test_b"`, `func:…`, `source:stdout` | exact values; `cart*` and `/…/` work too |
                 *     | `pattern:"took <*> ms"` | messages of one pattern |
                 *     | `attributes.http.status:500`, `attributes.host:web-*` | a value in the attributes, nested or with dots in its name |
                 *     | `attributes.took_ms:>=250`, `attributes.took_ms:[100 TO 500}` | ranges |
                 *     | `attributes.trace_id:*`, `_exists_:test_id` | logs that have the field |
                 *     | `timestamp:>=2026-11-22T10:00:00Z`, `timestamp:[2h TO now]` | logs by time |
                 *     | `id:…` | one log |
                 */
                q?: string;
                /** @description Start, inclusive: RFC 3339, or an age such as 15m, 2h or 7d. */
                since?: string | null;
                /** @description End, exclusive: RFC 3339, an age, or now. */
                until?: string | null;
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
                    "application/json": components["schemas"]["Deleted"];
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
    log_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a log, from a search. */
                id: string;
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
                    "application/json": components["schemas"]["Log"];
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
    log_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a log, from a search. */
                id: string;
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
    log_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a log, from a search. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LogChanges"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Log"];
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
    log_context: {
        parameters: {
            query?: {
                /** @description Number of logs after it. */
                after?: number;
                /** @description Number of logs before it. */
                before?: number;
                /**
                 * @description Search text in Lucene syntax; empty selects every log.
                 *
                 *     A blank means AND. `-term` or `NOT term` excludes logs. NOT binds tightest, then AND and blanks, then OR:
                 *     `a b OR c` is `(a AND b) OR c`. Parentheses group. AND, OR and NOT are capital letters; in lower case they are words
                 *     of the message. A letter with an accent matches in each Unicode form.
                 *
                 *     | write | finds |
                 *     |---|---|
                 *     | `refused` or `"connection refused"` | messages that contain the text, ignoring case |
                 *     | `time*`, `*out`, `t?me` | a word of the message; `*` stands for any non-blank characters, `?` for one |
                 *     | `/time(d )?out/` | messages that match an RE2 regular expression; `(?i)` ignores case |
                 *     | `severity:error`, `severity:>=warn` | logs by severity (debug, info, warn, error) |
                 *     | `service:cart`, `test:"a.py::test_b"`, `func:…`, `source:stdout` | exact values; `cart*` and `/…/` work too |
                 *     | `pattern:"took <*> ms"` | messages of one pattern |
                 *     | `attributes.http.status:500`, `attributes.host:web-*` | a value in the attributes, nested or with dots in its name |
                 *     | `attributes.took_ms:>=250`, `attributes.took_ms:[100 TO 500}` | ranges |
                 *     | `attributes.trace_id:*`, `_exists_:test_id` | logs that have the field |
                 *     | `timestamp:>=2026-11-22T10:00:00Z`, `timestamp:[2h TO now]` | logs by time |
                 *     | `id:…` | one log |
                 */
                q?: string;
                /** @description Only logs of the same service. */
                same_service?: boolean;
            };
            header?: never;
            path: {
                /** @description Id of a log, from a search. */
                id: string;
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
                    "application/json": components["schemas"]["Context"];
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
    analysis_list: {
        parameters: {
            query: {
                /** @description `next_cursor` of the previous page; omit it for the first page. */
                cursor?: string | null;
                /** @description Maximum number of items on a page. */
                limit?: number;
                /** @description The project. */
                project_id: string;
                /** @description Only analyses with this status. */
                status?: ("queued" | "running" | "completed" | "failed" | "cancelled") | null;
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
                    "application/json": components["schemas"]["AnalysisPage"];
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
    analysis_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewAnalysis"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Analysis"];
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
    analysis_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                analysis_id: string;
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
                    "application/json": components["schemas"]["Analysis"];
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
    analysis_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                analysis_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was unfinished and is now cancelled. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Analysis"];
                };
            };
            /** @description It had finished and is now deleted. */
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
    analysis_events: {
        parameters: {
            query?: never;
            header?: {
                /** @description Continue after this event. */
                "last-event-id"?: string | null;
            };
            path: {
                analysis_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events `progress`, `completed`, `failed`, `cancelled`, then `bye`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example event: progress
                     *     data: {"stage":"evidence","text":"7 findings"}
                     *     id: 0.3
                     */
                    "text/event-stream": string;
                };
            };
            /** @description The analysis has finished, and every event was sent before `Last-Event-ID`. */
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
    analysis_message_create: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                analysis_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMessage"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Analysis"];
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
    log_attribute_list: {
        parameters: {
            query?: {
                /** @description Maximum number of attributes. */
                limit?: number;
                /** @description The project. May be omitted with an API key of one project. */
                project_id?: string | null;
                /**
                 * @description Search text in Lucene syntax; empty selects every log.
                 *
                 *     A blank means AND. `-term` or `NOT term` excludes logs. NOT binds tightest, then AND and blanks, then OR:
                 *     `a b OR c` is `(a AND b) OR c`. Parentheses group. AND, OR and NOT are capital letters; in lower case they are words
                 *     of the message. A letter with an accent matches in each Unicode form.
                 *
                 *     | write | finds |
                 *     |---|---|
                 *     | `refused` or `"connection refused"` | messages that contain the text, ignoring case |
                 *     | `time*`, `*out`, `t?me` | a word of the message; `*` stands for any non-blank characters, `?` for one |
                 *     | `/time(d )?out/` | messages that match an RE2 regular expression; `(?i)` ignores case |
                 *     | `severity:error`, `severity:>=warn` | logs by severity (debug, info, warn, error) |
                 *     | `service:cart`, `test:"a.py::test_b"`, `func:…`, `source:stdout` | exact values; `cart*` and `/…/` work too |
                 *     | `pattern:"took <*> ms"` | messages of one pattern |
                 *     | `attributes.http.status:500`, `attributes.host:web-*` | a value in the attributes, nested or with dots in its name |
                 *     | `attributes.took_ms:>=250`, `attributes.took_ms:[100 TO 500}` | ranges |
                 *     | `attributes.trace_id:*`, `_exists_:test_id` | logs that have the field |
                 *     | `timestamp:>=2026-11-22T10:00:00Z`, `timestamp:[2h TO now]` | logs by time |
                 *     | `id:…` | one log |
                 */
                q?: string;
                /** @description Start, inclusive: RFC 3339, or an age such as 15m, 2h or 7d. */
                since?: string | null;
                /** @description End, exclusive: RFC 3339, an age, or now. */
                until?: string | null;
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
                    "application/json": components["schemas"]["AttributeNameList"];
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
    log_export: {
        parameters: {
            query?: {
                /** @description ndjson: one log per line, as in a search. csv: with a header; cells that a spreadsheet would run as a formula start with a quote. parquet and arrow: columns, with the message pattern, and attributes as JSON text. */
                format?: "ndjson" | "csv" | "parquet" | "arrow";
                /** @description The project. May be omitted with an API key of one project. */
                project_id?: string | null;
                /**
                 * @description Search text in Lucene syntax; empty selects every log.
                 *
                 *     A blank means AND. `-term` or `NOT term` excludes logs. NOT binds tightest, then AND and blanks, then OR:
                 *     `a b OR c` is `(a AND b) OR c`. Parentheses group. AND, OR and NOT are capital letters; in lower case they are words
                 *     of the message. A letter with an accent matches in each Unicode form.
                 *
                 *     | write | finds |
                 *     |---|---|
                 *     | `refused` or `"connection refused"` | messages that contain the text, ignoring case |
                 *     | `time*`, `*out`, `t?me` | a word of the message; `*` stands for any non-blank characters, `?` for one |
                 *     | `/time(d )?out/` | messages that match an RE2 regular expression; `(?i)` ignores case |
                 *     | `severity:error`, `severity:>=warn` | logs by severity (debug, info, warn, error) |
                 *     | `service:cart`, `test:"a.py::test_b"`, `func:…`, `source:stdout` | exact values; `cart*` and `/…/` work too |
                 *     | `pattern:"took <*> ms"` | messages of one pattern |
                 *     | `attributes.http.status:500`, `attributes.host:web-*` | a value in the attributes, nested or with dots in its name |
                 *     | `attributes.took_ms:>=250`, `attributes.took_ms:[100 TO 500}` | ranges |
                 *     | `attributes.trace_id:*`, `_exists_:test_id` | logs that have the field |
                 *     | `timestamp:>=2026-11-22T10:00:00Z`, `timestamp:[2h TO now]` | logs by time |
                 *     | `id:…` | one log |
                 */
                q?: string;
                /** @description Start, inclusive: RFC 3339, or an age such as 15m, 2h or 7d. */
                since?: string | null;
                /** @description End, exclusive: RFC 3339, an age, or now. */
                until?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every log that the search selects, oldest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.apache.arrow.stream": string;
                    "application/vnd.apache.parquet": string;
                    /** @example {"id":"…","message":"paid"} */
                    "application/x-ndjson": string;
                    "text/csv": string;
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
    log_facets: {
        parameters: {
            query?: {
                /** @description Fields to count by: severity, service_id, test_id, func_id, source, or `attributes.<name>` as in a search. severity and service_id are fastest. */
                fields?: string[] | null;
                /** @description Maximum number of values per field. */
                limit?: number;
                /** @description The project. May be omitted with an API key of one project. */
                project_id?: string | null;
                /**
                 * @description Search text in Lucene syntax; empty selects every log.
                 *
                 *     A blank means AND. `-term` or `NOT term` excludes logs. NOT binds tightest, then AND and blanks, then OR:
                 *     `a b OR c` is `(a AND b) OR c`. Parentheses group. AND, OR and NOT are capital letters; in lower case they are words
                 *     of the message. A letter with an accent matches in each Unicode form.
                 *
                 *     | write | finds |
                 *     |---|---|
                 *     | `refused` or `"connection refused"` | messages that contain the text, ignoring case |
                 *     | `time*`, `*out`, `t?me` | a word of the message; `*` stands for any non-blank characters, `?` for one |
                 *     | `/time(d )?out/` | messages that match an RE2 regular expression; `(?i)` ignores case |
                 *     | `severity:error`, `severity:>=warn` | logs by severity (debug, info, warn, error) |
                 *     | `service:cart`, `test:"a.py::test_b"`, `func:…`, `source:stdout` | exact values; `cart*` and `/…/` work too |
                 *     | `pattern:"took <*> ms"` | messages of one pattern |
                 *     | `attributes.http.status:500`, `attributes.host:web-*` | a value in the attributes, nested or with dots in its name |
                 *     | `attributes.took_ms:>=250`, `attributes.took_ms:[100 TO 500}` | ranges |
                 *     | `attributes.trace_id:*`, `_exists_:test_id` | logs that have the field |
                 *     | `timestamp:>=2026-11-22T10:00:00Z`, `timestamp:[2h TO now]` | logs by time |
                 *     | `id:…` | one log |
                 */
                q?: string;
                /** @description Start, inclusive: RFC 3339, or an age such as 15m, 2h or 7d. */
                since?: string | null;
                /** @description End, exclusive: RFC 3339, an age, or now. */
                until?: string | null;
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
                    "application/json": components["schemas"]["Facets"];
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
    log_histogram: {
        parameters: {
            query?: {
                /** @description Approximate number of intervals without `interval`. */
                buckets?: number;
                /** @description Field to count by. */
                by?: "severity" | "service_id";
                /** @description Length of an interval in seconds; omitted: chosen for you. */
                interval?: number | null;
                /** @description The project. May be omitted with an API key of one project. */
                project_id?: string | null;
                /**
                 * @description Search text in Lucene syntax; empty selects every log.
                 *
                 *     A blank means AND. `-term` or `NOT term` excludes logs. NOT binds tightest, then AND and blanks, then OR:
                 *     `a b OR c` is `(a AND b) OR c`. Parentheses group. AND, OR and NOT are capital letters; in lower case they are words
                 *     of the message. A letter with an accent matches in each Unicode form.
                 *
                 *     | write | finds |
                 *     |---|---|
                 *     | `refused` or `"connection refused"` | messages that contain the text, ignoring case |
                 *     | `time*`, `*out`, `t?me` | a word of the message; `*` stands for any non-blank characters, `?` for one |
                 *     | `/time(d )?out/` | messages that match an RE2 regular expression; `(?i)` ignores case |
                 *     | `severity:error`, `severity:>=warn` | logs by severity (debug, info, warn, error) |
                 *     | `service:cart`, `test:"a.py::test_b"`, `func:…`, `source:stdout` | exact values; `cart*` and `/…/` work too |
                 *     | `pattern:"took <*> ms"` | messages of one pattern |
                 *     | `attributes.http.status:500`, `attributes.host:web-*` | a value in the attributes, nested or with dots in its name |
                 *     | `attributes.took_ms:>=250`, `attributes.took_ms:[100 TO 500}` | ranges |
                 *     | `attributes.trace_id:*`, `_exists_:test_id` | logs that have the field |
                 *     | `timestamp:>=2026-11-22T10:00:00Z`, `timestamp:[2h TO now]` | logs by time |
                 *     | `id:…` | one log |
                 */
                q?: string;
                /** @description Start, inclusive: RFC 3339, or an age such as 15m, 2h or 7d. */
                since?: string | null;
                /** @description End, exclusive: RFC 3339, an age, or now. */
                until?: string | null;
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
                    "application/json": components["schemas"]["Histogram"];
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
    log_patterns: {
        parameters: {
            query?: {
                /** @description Maximum number of patterns. */
                limit?: number;
                /** @description Mark patterns first seen since this time: RFC 3339 or an age. */
                new_since?: string | null;
                /** @description Omit patterns that were first seen before `new_since`. */
                only_new?: boolean;
                /** @description The project. May be omitted with an API key of one project. */
                project_id?: string | null;
                /**
                 * @description Search text in Lucene syntax; empty selects every log.
                 *
                 *     A blank means AND. `-term` or `NOT term` excludes logs. NOT binds tightest, then AND and blanks, then OR:
                 *     `a b OR c` is `(a AND b) OR c`. Parentheses group. AND, OR and NOT are capital letters; in lower case they are words
                 *     of the message. A letter with an accent matches in each Unicode form.
                 *
                 *     | write | finds |
                 *     |---|---|
                 *     | `refused` or `"connection refused"` | messages that contain the text, ignoring case |
                 *     | `time*`, `*out`, `t?me` | a word of the message; `*` stands for any non-blank characters, `?` for one |
                 *     | `/time(d )?out/` | messages that match an RE2 regular expression; `(?i)` ignores case |
                 *     | `severity:error`, `severity:>=warn` | logs by severity (debug, info, warn, error) |
                 *     | `service:cart`, `test:"a.py::test_b"`, `func:…`, `source:stdout` | exact values; `cart*` and `/…/` work too |
                 *     | `pattern:"took <*> ms"` | messages of one pattern |
                 *     | `attributes.http.status:500`, `attributes.host:web-*` | a value in the attributes, nested or with dots in its name |
                 *     | `attributes.took_ms:>=250`, `attributes.took_ms:[100 TO 500}` | ranges |
                 *     | `attributes.trace_id:*`, `_exists_:test_id` | logs that have the field |
                 *     | `timestamp:>=2026-11-22T10:00:00Z`, `timestamp:[2h TO now]` | logs by time |
                 *     | `id:…` | one log |
                 */
                q?: string;
                /** @description Start, inclusive: RFC 3339, or an age such as 15m, 2h or 7d. */
                since?: string | null;
                /** @description End, exclusive: RFC 3339, an age, or now. */
                until?: string | null;
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
                    "application/json": components["schemas"]["Patterns"];
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
    log_tail: {
        parameters: {
            query?: {
                /** @description The project. May be omitted with an API key of one project. */
                project_id?: string | null;
                /**
                 * @description Search text in Lucene syntax; empty selects every log.
                 *
                 *     A blank means AND. `-term` or `NOT term` excludes logs. NOT binds tightest, then AND and blanks, then OR:
                 *     `a b OR c` is `(a AND b) OR c`. Parentheses group. AND, OR and NOT are capital letters; in lower case they are words
                 *     of the message. A letter with an accent matches in each Unicode form.
                 *
                 *     | write | finds |
                 *     |---|---|
                 *     | `refused` or `"connection refused"` | messages that contain the text, ignoring case |
                 *     | `time*`, `*out`, `t?me` | a word of the message; `*` stands for any non-blank characters, `?` for one |
                 *     | `/time(d )?out/` | messages that match an RE2 regular expression; `(?i)` ignores case |
                 *     | `severity:error`, `severity:>=warn` | logs by severity (debug, info, warn, error) |
                 *     | `service:cart`, `test:"a.py::test_b"`, `func:…`, `source:stdout` | exact values; `cart*` and `/…/` work too |
                 *     | `pattern:"took <*> ms"` | messages of one pattern |
                 *     | `attributes.http.status:500`, `attributes.host:web-*` | a value in the attributes, nested or with dots in its name |
                 *     | `attributes.took_ms:>=250`, `attributes.took_ms:[100 TO 500}` | ranges |
                 *     | `attributes.trace_id:*`, `_exists_:test_id` | logs that have the field |
                 *     | `timestamp:>=2026-11-22T10:00:00Z`, `timestamp:[2h TO now]` | logs by time |
                 *     | `id:…` | one log |
                 */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events. `log`: {items: logs}; `dropped`: {count} logs omitted since the last event; `bye`: {reason: stopping | signed_out | too_slow}. Reconnect after `stopping`. After `too_slow`, simplify the regular expressions of the search. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example event: log
                     *     data: {"items":[{"id":"…","message":"paid"}]}
                     *
                     *     event: dropped
                     *     data: {"count":120}
                     */
                    "text/event-stream": string;
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
    metric_list: {
        parameters: {
            query: {
                /** @description `next_cursor` of the previous page; omit it for the first page. */
                cursor?: string | null;
                /** @description Maximum number of items on a page. */
                limit?: number;
                /** @description Only metrics with this name. */
                name?: string | null;
                /** @description The project. */
                project_id: string;
                /** @description Only metrics of this service. */
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
                    "application/json": components["schemas"]["MetricPage"];
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
    metric_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMetric"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Metric"];
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
    metric_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                metric_id: string;
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
                    "application/json": components["schemas"]["Metric"];
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
    metric_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                metric_id: string;
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
    metric_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                metric_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MetricChanges"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Metric"];
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
    metric_points_add: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                metric_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Point"] | components["schemas"]["Point"][];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AddedPoints"];
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
    metric_series: {
        parameters: {
            query?: {
                /** @description p95 is the nearest-rank 95th percentile. */
                aggregate?: "avg" | "min" | "max" | "sum" | "count" | "last" | "p95";
                /** @description RFC 3339 or an age such as 1h. */
                since?: string;
                /** @description Such as 30s, 5m or 1h; default: at most 300 steps. */
                step?: string | null;
                /** @description RFC 3339, an age or now; exclusive. */
                until?: string;
            };
            header?: never;
            path: {
                metric_id: string;
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
                    "application/json": components["schemas"]["MetricSeries"];
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
    project_list: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the previous page; omit it for the first page. */
                cursor?: string | null;
                /** @description Maximum number of items on a page. */
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
                    "application/json": components["schemas"]["ProjectPage"];
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
    project_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewProject"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
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
    project_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
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
                    "application/json": components["schemas"]["Project"];
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
    project_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
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
    project_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectChanges"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
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
    project_overview_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
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
                    "application/json": components["schemas"]["Overview"];
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
    saved_view_list: {
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
                    "application/json": components["schemas"]["SavedViewPage"];
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
    saved_view_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSavedView"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedView"];
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
    saved_view_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                view_id: string;
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
                    "application/json": components["schemas"]["SavedView"];
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
    saved_view_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                view_id: string;
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
    saved_view_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                view_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SavedViewChanges"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedView"];
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
    service_list: {
        parameters: {
            query: {
                /** @description `next_cursor` of the previous page; omit it for the first page. */
                cursor?: string | null;
                /** @description Maximum number of items on a page. */
                limit?: number;
                /** @description The project. */
                project_id: string;
                /** @description Add the number of logs and errors of the last 24 hours. */
                with_counts?: boolean;
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
                    "application/json": components["schemas"]["ServicePage"];
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
    service_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewService"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Service"];
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
    service_read: {
        parameters: {
            query: {
                /** @description The project. */
                project_id: string;
            };
            header?: never;
            path: {
                service_id: string;
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
                    "application/json": components["schemas"]["Service"];
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
    service_delete: {
        parameters: {
            query: {
                /** @description The project. */
                project_id: string;
            };
            header?: never;
            path: {
                service_id: string;
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
    service_update: {
        parameters: {
            query: {
                /** @description The project. */
                project_id: string;
            };
            header?: never;
            path: {
                service_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ServiceChanges"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Service"];
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
    session_read: {
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
                    "application/json": components["schemas"]["WhoAmI"];
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
    session_begin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhoAmI"];
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
    session_end: {
        parameters: {
            query?: {
                /** @description End all sessions of the user, on all devices. */
                everywhere?: boolean;
            };
            header?: never;
            path?: never;
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
    session_password_change: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhoAmI"];
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
    settings_read: {
        parameters: {
            query?: {
                /** @description A project; omitted: the default of the instance. */
                project_id?: string | null;
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
                    "application/json": components["schemas"]["AllSettings"];
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
    settings_github_update: {
        parameters: {
            query?: {
                /** @description A project; omitted: the default of the instance. */
                project_id?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewGithubSettings"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GithubSettings"];
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
    settings_github_delete: {
        parameters: {
            query?: {
                /** @description A project; omitted: the default of the instance. */
                project_id?: string | null;
            };
            header?: never;
            path?: never;
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
    settings_github_test: {
        parameters: {
            query?: {
                /** @description A project; omitted: the default of the instance. */
                project_id?: string | null;
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
                    "application/json": components["schemas"]["CheckedSettings"];
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
    settings_llm_update: {
        parameters: {
            query?: {
                /** @description A project; omitted: the default of the instance. */
                project_id?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewLlmSettings"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LlmSettings"];
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
    settings_llm_delete: {
        parameters: {
            query?: {
                /** @description A project; omitted: the default of the instance. */
                project_id?: string | null;
            };
            header?: never;
            path?: never;
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
    settings_llm_test: {
        parameters: {
            query?: {
                /** @description A project; omitted: the default of the instance. */
                project_id?: string | null;
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
                    "application/json": components["schemas"]["CheckedSettings"];
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
    test_list: {
        parameters: {
            query: {
                /** @description `next_cursor` of the previous page; omit it for the first page. */
                cursor?: string | null;
                /** @description Only tests with this last outcome. */
                last_status?: ("passed" | "failed" | "skipped" | "error" | "xfailed" | "xpassed") | null;
                /** @description Maximum number of items on a page. */
                limit?: number;
                /** @description The project. */
                project_id: string;
                /** @description Only tests of this service. */
                service_id?: string | null;
                /** @description Add the number of logs and errors of the last 24 hours. */
                with_counts?: boolean;
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
                    "application/json": components["schemas"]["TestPage"];
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
    test_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTest"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Test"];
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
    test_read: {
        parameters: {
            query: {
                /** @description The project. */
                project_id: string;
            };
            header?: never;
            path: {
                /** @description URL-encoded. */
                test_id: string;
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
                    "application/json": components["schemas"]["Test"];
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
    test_delete: {
        parameters: {
            query: {
                /** @description The project. */
                project_id: string;
            };
            header?: never;
            path: {
                /** @description URL-encoded. */
                test_id: string;
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
    test_update: {
        parameters: {
            query: {
                /** @description The project. */
                project_id: string;
            };
            header?: never;
            path: {
                /** @description URL-encoded. */
                test_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TestChanges"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Test"];
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
    user_list: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the previous page; omit it for the first page. */
                cursor?: string | null;
                /** @description Maximum number of items on a page. */
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
                    "application/json": components["schemas"]["UserPage"];
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
    user_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewUser"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedUser"];
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
    user_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
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
                    "application/json": components["schemas"]["User"];
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
    user_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
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
    user_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserChanges"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
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
    user_password_reset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordReset"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneTimePassword"];
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
