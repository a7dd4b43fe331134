// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.
//
// A flaky network: jitter PORT COUNT PATH UP DOWN [HEADER…]
//
// COUNT clients over TLS, each cut after about UP seconds (half to one and a half times that) without a goodbye and back after
// about DOWN, with `&since=` and the id of the last frame it handled. Events carry {"n":1,2,3…}: each client checks that every
// number comes once and in order. Replay is what passes from connect() until the client has what any other had by then.
//
// Each line on standard input is answered with "events E repeated R missing M gaps G cuts C refused F behind B p50 p99 max" since
// the line before, times in milliseconds; `s` stops the cutting. Ends with its input. One thread, epoll, OpenSSL.

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum phase { AWAY, CONNECTING, TLS, ANSWER, OPEN };

struct client {
    int fd;
    enum phase phase;
    SSL *ssl;
    double due;         // when it is cut, or comes back
    double since;       // when it last connected
    long last, target;  // number handled; number that ends its replay, 0 when done
    char id[65];
    int have;           // bytes of a frame, or of the answer's head
    unsigned char part[4096];
};

static struct client *all;
static int count, epoll, cutting = 1;
static double up, down;
static long newest, events, repeated, missing, gaps, cuts, refused;
static double replays[1 << 20];
static int replay_count;
static char fields[4096];
static const char *path;
static SSL_CTX *context;
static struct sockaddr_in address;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

/// About as long: half to one and a half times.
static double about(double seconds) { return seconds * (0.5 + drand48()); }

static void watch(struct client *c, int operation, unsigned wanted) {
    struct epoll_event event = {.events = wanted, .data.ptr = c};
    epoll_ctl(epoll, operation, c->fd, &event);
}

static void leave(struct client *c) {
    SSL_free(c->ssl);  // without close_notify: it never got to say goodbye
    c->ssl = NULL;
    close(c->fd);
    c->phase = AWAY;
    c->due = now() + about(down);
}

static void come(struct client *c) {
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) { perror("socket"); exit(1); }
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) { perror("connect"); exit(1); }
    c->phase = CONNECTING;
    c->since = now();
    c->target = c->last ? newest : 0;
    c->have = 0;
    watch(c, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

/// A frame of ours is handled: text without what follows it.
static void handle(struct client *c, char *text) {
    char *id = strstr(text, "\"id\":\""), *data = strstr(text, "\"data\":{\"n\":");
    if (id && (!data || id < data)) sscanf(id, "\"id\":\"%64[0-9.-]", c->id);
    if (!data) {
        if (strncmp(text, "{\"op\":\"gap\"", 11) == 0) { gaps++; c->last = 0; c->target = 0; }
        return;
    }
    long number = atol(data + 12);
    events++;
    if (number > newest) newest = number;
    if (c->last && number <= c->last) { repeated++; return; }
    if (c->last && number > c->last + 1) missing += number - c->last - 1;
    c->last = number;
    if (c->target && number >= c->target) {
        if (replay_count < (int)(sizeof replays / sizeof *replays)) replays[replay_count++] = (now() - c->since) * 1000;
        c->target = 0;
    }
}

/// Whole frames at the beginning of `part`; a server's are unmasked, and ours below 64 KiB.
static void take_frames(struct client *c) {
    int used = 0;
    for (;;) {
        unsigned char *frame = c->part + used;
        int rest = c->have - used, head = 2;
        if (rest < 2) break;
        int length = frame[1];
        if (length == 126) {
            if (rest < 4) break;
            head = 4; length = frame[2] << 8 | frame[3];
        }
        if (rest < head + length) break;
        unsigned char after = frame[head + length];
        frame[head + length] = 0;
        if ((frame[0] & 15) == 1) handle(c, (char *)frame + head);
        frame[head + length] = after;
        used += head + length;
    }
    memmove(c->part, c->part + used, c->have - used);
    c->have -= used;
}

static void receive(struct client *c) {
    for (;;) {
        int size = SSL_read(c->ssl, c->part + c->have, (int)sizeof c->part - 1 - c->have);
        if (size <= 0) {
            if (SSL_get_error(c->ssl, size) == SSL_ERROR_WANT_READ) return;
            refused++;
            leave(c);
            return;
        }
        c->have += size;
        if (c->phase == ANSWER) {
            c->part[c->have] = 0;
            char *end = strstr((char *)c->part, "\r\n\r\n");
            if (!end) continue;
            if (memcmp(c->part, "HTTP/1.1 101", 12) != 0) { refused++; leave(c); return; }
            int head = (int)(end + 4 - (char *)c->part);
            memmove(c->part, end + 4, c->have - head);
            c->have -= head;
            c->phase = OPEN;
            c->due = now() + about(up);
            // Nothing was missed: there is nothing to replay.
            if (c->target <= c->last) c->target = 0;
        }
        take_frames(c);
    }
}

static void step(struct client *c) {
    if (c->phase == CONNECTING) {
        c->ssl = SSL_new(context); SSL_set_fd(c->ssl, c->fd); SSL_set_connect_state(c->ssl);
        c->phase = TLS;
    }
    if (c->phase == TLS) {
        int done = SSL_do_handshake(c->ssl);
        if (done != 1) {
            int why = SSL_get_error(c->ssl, done);
            if (why == SSL_ERROR_WANT_READ) watch(c, EPOLL_CTL_MOD, EPOLLIN);
            else if (why != SSL_ERROR_WANT_WRITE) { refused++; leave(c); }
            return;
        }
        char request[8192];
        int used = snprintf(request, sizeof request, "GET %s&since=%s HTTP/1.1\r\n%s", path, c->id, fields);
        if (SSL_write(c->ssl, request, used) != used) { refused++; leave(c); return; }
        c->phase = ANSWER;
        watch(c, EPOLL_CTL_MOD, EPOLLIN);
        return;
    }
    if (c->phase == ANSWER || c->phase == OPEN) receive(c);
}

static void look_at_clocks(void) {
    double time = now();
    for (int i = 0; i < count; i++) {
        struct client *c = &all[i];
        if (time < c->due) continue;
        if (c->phase == AWAY) come(c);
        else if (c->phase == OPEN && cutting) { cuts++; leave(c); }
    }
}

static int by_size(const void *a, const void *b) { return (*(double *)a > *(double *)b) - (*(double *)a < *(double *)b); }

static void report(void) {
    int behind = 0;
    for (int i = 0; i < count; i++) behind += all[i].phase != OPEN || all[i].last < newest;
    qsort(replays, replay_count, sizeof *replays, by_size);
    int n = replay_count;
    printf("events %ld repeated %ld missing %ld gaps %ld cuts %ld refused %ld behind %d replays %d p50 %.1f p99 %.1f max %.1f\n",
        events, repeated, missing, gaps, cuts, refused, behind, n,
        n ? replays[n / 2] : 0, n ? replays[n - 1 - n / 100] : 0, n ? replays[n - 1] : 0);
    fflush(stdout);
    events = repeated = missing = gaps = cuts = refused = replay_count = 0;
}

int main(int argc, char **argv) {
    if (argc < 6) { fprintf(stderr, "jitter PORT COUNT PATH UP DOWN [HEADER...]\n"); return 64; }
    struct rlimit limit; getrlimit(RLIMIT_NOFILE, &limit); limit.rlim_cur = limit.rlim_max; setrlimit(RLIMIT_NOFILE, &limit);
    count = atoi(argv[2]); path = argv[3]; up = atof(argv[4]); down = atof(argv[5]);
    all = calloc(count, sizeof *all);
    address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int used = snprintf(fields, sizeof fields, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    for (int i = 6; i < argc; i++) used += snprintf(fields + used, sizeof fields - used, "%s\r\n", argv[i]);
    snprintf(fields + used, sizeof fields - used, "\r\n");
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384");  // in the order of browsers
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);  // loopback, a certificate of this run
    srand48(1);
    // The first time all come within a second or so, a few at a time.
    for (int i = 0; i < count; i++) all[i].due = now() + 2.0 * i / count;
    epoll = epoll_create1(0);
    struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &input);
    fcntl(0, F_SETFL, O_NONBLOCK);
    double looked = 0;
    for (;;) {
        struct epoll_event found[256];
        int size = epoll_wait(epoll, found, 256, 5);
        for (int i = 0; i < size; i++) {
            if (found[i].data.ptr) { step(found[i].data.ptr); continue; }
            char line[256];
            long length = read(0, line, sizeof line);
            if (length == 0) return 0;
            for (long at = 0; at < length; at++) {
                if (line[at] == 's') cutting = 0;
                if (line[at] == '\n') report();
            }
        }
        if (now() - looked > 0.005) { looked = now(); look_at_clocks(); }
    }
}
