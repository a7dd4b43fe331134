// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Observability

/// What each metric means, as `/metrics` says it. Names are those of the modules that count; docs/operations.md tells more.
enum MetricHelp {
    static let texts: [(label: String, text: String)] = [
        ("gatecast_requests_total", "Requests answered, by route, upstream and class of status."),
        ("gatecast_request_duration_seconds", "From the request's head to the last byte of the answer."),
        ("gatecast_request_body_bytes_total", "Bytes of request bodies."),
        ("gatecast_response_body_bytes_total", "Bytes of response bodies."),
        (
            "gatecast_request_fields_dropped_total",
            "Header fields with a reserved or aliased name, deleted on the way in."
        ),
        ("gatecast_rate_limited_total", "Requests refused by a rate limit, by limit."),
        ("gatecast_rate_limit_fallbacks_total", "Shared counts that Redis did not answer in time."),
        ("gatecast_config_reloads_total", "Reloads of the configuration, by result."),
        ("gatecast_config_loaded_timestamp_seconds", "When the configuration in force was loaded."),
        ("gatecast_certificate_expiry_timestamp_seconds", "When each certificate in use expires."),
        ("gatecast_refusals_total", "Answers of the gateway's own that are errors, and clients that left, by code."),
        ("gatecast_client_connections", "Connections of clients now, idle ones included."),
        ("gatecast_connections_refused_total", "Connections closed at once since a cap was reached, by cap."),
        ("gatecast_accept_failures_total", "Connections that could not be accepted and wait, by listener and reason."),
        ("gatecast_cache_lookups_total", "Credentials looked up in the loops' caches, by cache and outcome."),
        ("gatecast_loop_lag_seconds", "How much later than asked for an event loop's tick came."),
        ("gatecast_trace_spans_exported_total", "Spans the collector took."),
        ("gatecast_trace_spans_dropped_total", "Spans nobody will see, by reason."),
        ("gatecast_build_info", "1, by version."),
        ("gatecast_upstream_connects_total", "Connections made to upstreams."),
        ("gatecast_upstream_reuses_total", "Requests sent on a kept connection."),
        ("gatecast_upstream_refreshes_total", "Requests sent again at once because a kept connection was closed."),
        ("gatecast_upstream_retries_total", "Requests tried once more after a failure."),
        ("gatecast_upstream_retries_refused_total", "Retries the budget did not allow."),
        ("gatecast_upstream_head_seconds", "From forwarding to the answer's head, waits and retries included."),
        ("gatecast_upstream_wait_seconds", "Time in line for a place at the upstream."),
        ("gatecast_upstream_in_flight", "Exchanges under way at the upstream."),
        ("gatecast_upstream_waiting", "Exchanges in line for the upstream."),
        ("gatecast_upstream_answers_total", "Answers of an endpoint, by class of status."),
        (
            "gatecast_upstream_endpoint_failures_total",
            "Failures that count against an endpoint, 502, 503 and 504 included."
        ),
        ("gatecast_upstream_endpoint_up", "1 while an endpoint is used, 0 while it is out."),
        ("gatecast_upstream_endpoint_in_flight", "Exchanges under way at an endpoint."),
        ("gatecast_upstream_ejections_total", "Times an endpoint was put out for its failures."),
        ("gatecast_upstream_lookups_total", "Look-ups of endpoint names, by outcome."),
        ("gatecast_upstream_failures_total", "Exchanges that failed, by code."),
        ("gatecast_upstream_dropped_fields_total", "Fields of answers that were not passed on."),
        ("gatecast_tunnels_open", "WebSocket tunnels to upstreams, open now."),
        ("gatecast_tunnel_bytes_total", "Bytes through WebSocket tunnels, by direction."),
        ("gatecast_tunnel_closes_total", "WebSocket tunnels closed, by reason."),
        ("gatecast_logins_total", "Logins by outcome."),
        ("gatecast_sessions_ended_total", "Sessions ended, by reason."),
        ("gatecast_session_refreshes_total", "Token refreshes, by outcome."),
        ("gatecast_session_store_errors_total", "Calls the session store did not answer."),
        ("gatecast_revocations_given_up_total", "Refresh tokens that could not be revoked at the back end."),
        ("gatecast_tokens_verified_total", "Bearer tokens accepted."),
        ("gatecast_tokens_refused_total", "Bearer tokens refused, by reason."),
        ("gatecast_tokens_with_header_key_total", "Tokens that offered a key of their own, which nobody looked at."),
        ("gatecast_key_set_fetches_total", "Fetches of key sets, by outcome."),
        ("gatecast_keys_skipped_total", "Keys of fetched sets that cannot serve, by reason."),
        ("gatecast_live_connections", "Live connections now, by transport."),
        ("gatecast_live_subscriptions", "Topics that live connections hold."),
        ("gatecast_live_reading", "Live connections that are behind and fed from the ring."),
        ("gatecast_live_joins_total", "Live connections that joined."),
        ("gatecast_live_closes_total", "Live connections that ended, by close code."),
        ("gatecast_live_events_total", "Events read, by lane."),
        ("gatecast_live_rejected_total", "Events dropped or told as unreadable, by reason."),
        (
            "gatecast_live_deliveries_total",
            "Writes of events to clients, by transport; live or replayed from the ring."
        ),
        ("gatecast_live_bytes_out_total", "Bytes of events written to clients."),
        ("gatecast_live_delivery_seconds", "From reading an event to writing it."),
        ("gatecast_live_gaps_total", "Gaps told to clients, by reason."),
        ("gatecast_live_ring_bytes", "Frames kept in memory for resuming."),
        ("gatecast_live_inflight_bytes", "Bytes that live sockets have not taken yet."),
        ("gatecast_live_ring_span_seconds", "How far back the ring goes."),
        ("gatecast_live_replay_seconds", "From the hello of a resuming connection until it is live."),
        ("gatecast_live_session_close_seconds", "From hearing of an end to the close frame."),
        ("gatecast_live_loop_turn_seconds", "One look of an event loop into its inbox."),
        ("gatecast_live_drain_remaining", "Live connections a drain has still to close."),
        ("gatecast_live_log_age_seconds", "Age of the newest entry when it was read."),
        ("gatecast_live_log_append_seconds", "From appending to the answer."),
        ("gatecast_live_probe_seconds", "From sending a probe to its return, by path."),
        ("gatecast_live_log_reconnects_total", "Times the log's reader connected again."),
        ("gatecast_live_log_marks_total", "Times the log turned out to be another one."),
        ("gatecast_live_log_missed_total", "Times entries were trimmed before they were read."),
        ("gatecast_live_probe_failures_total", "Own probes that did not come back."),
    ]

    static func install(in registry: PrometheusRegistry) {
        for (label, text) in texts { registry.describe(label, text) }
    }
}
