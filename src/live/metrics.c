/* metrics.c: names and help of the counters. */
#include "live/metrics.h"

static const struct {
    const char *name;
    const char *type;
    const char *help;
} names[METRICS_COUNT] = {
    [METRIC_HTTP_REQUESTS] = { "im_http_requests_total", "counter", "HTTP requests taken." },
    [METRIC_HTTP_UNAUTHORIZED] = { "im_http_unauthorized_total", "counter", "Requests without a valid token." },
    [METRIC_HTTP_REFUSED] = { "im_http_refused_total", "counter", "Requests refused by a limit (429, 503)." },
    [METRIC_HTTP_CONNECTIONS] = { "im_http_connections", "gauge", "Open HTTP connections." },
    [METRIC_WS_SESSIONS] = { "im_ws_sessions", "gauge", "Open WebSocket sessions." },
    [METRIC_WS_V2_SESSIONS] = { "im_ws_v2_sessions", "gauge", "Those of them that speak v2." },
    [METRIC_WS_OPENED] = { "im_ws_opened_total", "counter", "WebSocket sessions opened." },
    [METRIC_WS_SLOW_CLOSED] = { "im_ws_slow_closed_total", "counter",
                                "Sessions closed because their outbox was full." },
    [METRIC_WS_DEAD_CLOSED] = { "im_ws_dead_closed_total", "counter", "Sessions closed after silence." },
    [METRIC_WS_PROTOCOL_CLOSED] = { "im_ws_protocol_closed_total", "counter",
                                    "Sessions closed for breaking the WebSocket protocol or its limits." },
    [METRIC_FRAMES_IN] = { "im_frames_in_total", "counter", "Text frames received." },
    [METRIC_FRAMES_OUT] = { "im_frames_out_total", "counter", "Text frames queued to sessions." },
    [METRIC_FRAMES_REJECTED] = { "im_frames_rejected_total", "counter", "Frames that were refused." },
    [METRIC_RATE_LIMITED] = { "im_rate_limited_total", "counter",
                              "Frames and calls beyond a user's rate: refused, or v1 read from more slowly." },
    [METRIC_ACTIONS] = { "im_actions_total", "counter", "Requests of v2 beyond messages, by frame or call." },
    [METRIC_MESSAGES_STORED] = { "im_messages_stored_total", "counter", "Messages on disk, by this process." },
    [METRIC_MESSAGES_REPEATED] = { "im_messages_repeated_total", "counter",
                                   "Messages sent again under the cid of a stored one." },
    [METRIC_BACKLOG_PUSHED] = { "im_backlog_pushed_total", "counter", "Messages pushed after a reconnect." },
    [METRIC_FILES_STORED] = { "im_files_stored_total", "counter", "Uploads stored." },
    [METRIC_FILES_DIRECT] = { "im_files_direct_total", "counter",
                              "Uploads that clients sent to the bucket themselves." },
    [METRIC_FILES_KNOWN] = { "im_files_known_total", "counter", "Uploads whose content was there and was not sent." },
    [METRIC_FILE_PARTS] = { "im_file_parts_total", "counter", "Parts of uploads stored." },
    [METRIC_FILES_SENT] = { "im_files_sent_total", "counter", "Files, or parts of them, sent." },
    [METRIC_FILES_OVER_QUOTA] = { "im_files_over_quota_total", "counter", "Uploads refused by a user's quota." },
    [METRIC_FILES_REMOVED] = { "im_files_removed_total", "counter", "Files removed: nothing referred to them." },
    [METRIC_FILE_BYTES_IN] = { "im_file_bytes_in_total", "counter", "Bytes of uploads." },
    [METRIC_FILE_BYTES_OUT] = { "im_file_bytes_out_total", "counter", "Bytes of files sent." },
};

void metric_line_append(struct buf *out, const char *name, const char *type, const char *help, double value)
{
    buf_append_format(out, "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n", name, help, name, type, name, value);
}

void metrics_append(struct buf *out, struct metrics *const *loops, unsigned count)
{
    for (unsigned metric = 0; metric < METRICS_COUNT; metric++) {
        uint64_t sum = 0;
        for (unsigned i = 0; i < count; i++)
            sum += atomic_load_explicit(&loops[i]->values[metric], memory_order_relaxed);
        metric_line_append(out, names[metric].name, names[metric].type, names[metric].help, (double)(int64_t)sum);
    }
}
